"""What was tried of public reports on other products, and what is right of each: the reader alone.
test/providers/ has whole answers."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tollkeeper import Tokens
from tollkeeper.estimate import estimated_tokens, text_length
from tollkeeper.find_usage import usage_in
from tollkeeper.usage import Reading, ToldUsage, read_usage


def openai(prompt: Any, completion: Any, total: Any = None, **more: Any) -> dict[str, Any]:
    told = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}
    return {name: value for name, value in {**told, **more}.items() if value is not None}


def details(cached: int | None = None, written: int | None = None, **more: Any) -> dict[str, Any]:
    return {
        "prompt_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
        **more,
    }


def thought(tokens: int) -> dict[str, Any]:
    return {"completion_tokens_details": {"reasoning_tokens": tokens}}


CASES: list[tuple[str, dict[str, Any], Tokens | None]] = [
    (
        "reasoning is beside the completion where the total says so (xAI)",
        openai(32, 9, 135, **details(6), **thought(94)),
        Tokens(26, 9, cache_read=6, reasoning=94),
    ),
    (
        "reasoning is inside where the total says so",
        openai(500, 500, 1_000, **thought(500)),
        Tokens(500, 0, reasoning=500),
    ),
    (
        "what only the total has was thought",
        openai(20, 198, 623),
        Tokens(20, 198, reasoning=405),
    ),
    (
        "a completion of nothing but thoughts",
        openai(21, 0, 81, **thought(60)),
        Tokens(21, 0, reasoning=60),
    ),
    (
        "cached tokens of DeepSeek",
        openai(2_000, 5, prompt_cache_hit_tokens=1_920),
        Tokens(80, 5, cache_read=1_920),
    ),
    ("cached tokens of Moonshot", openai(1_000, 5, cached_tokens=900), Tokens(100, 5, 900)),
    (
        "tokens written to OpenAI's cache",
        openai(10_032, 5, **details(0, 10_017)),
        Tokens(15, 5, cache_write=10_017),
    ),
    (
        "LiteLLM has Anthropic's names beside OpenAI's, of the same tokens",
        openai(800, 20, 820, cache_read_input_tokens=500, cache_creation_input_tokens=200),
        Tokens(100, 20, 500, 200),
    ),
    (
        "Anthropic's caches are beside its prompt",
        {
            "input_tokens": 100,
            "output_tokens": 20,
            "cache_read_input_tokens": 500,
            "cache_creation_input_tokens": 200,
        },
        Tokens(100, 20, 500, 200),
    ),
    (
        "Gemini's thoughts and its tools' prompts are beside, its cache is inside",
        {
            "promptTokenCount": 100,
            "cachedContentTokenCount": 40,
            "candidatesTokenCount": 20,
            "thoughtsTokenCount": 7,
            "toolUsePromptTokenCount": 3,
            "totalTokenCount": 130,
        },
        Tokens(63, 20, cache_read=40, reasoning=7),
    ),
    (
        "Bedrock's caches are beside its input",
        {
            "inputTokens": 100,
            "outputTokens": 20,
            "totalTokens": 820,
            "cacheReadInputTokens": 500,
            "cacheWriteInputTokens": 200,
        },
        Tokens(100, 20, 500, 200),
    ),
    ("counts as text", openai("100", "20"), Tokens(100, 20)),
    ("floats that are whole", openai(100.0, 20.0), Tokens(100, 20)),
    ("one that was not told is not zero", openai(100, None), Tokens(100)),
    ("the total tells the one that was not told", openai(100, None, 120), Tokens(100, 20)),
    ("nothing is told", {"cost": 1}, None),
    ("Ollama's own names", {"prompt_eval_count": 26, "eval_count": 290}, Tokens(26, 290)),
]


@pytest.mark.parametrize(
    ("usage", "tokens"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_the_pools_are_what_the_provider_bills(
    usage: dict[str, Any], tokens: Tokens | None
) -> None:
    reading = read_usage(usage)
    assert reading.tokens == tokens
    assert reading.faults == ()


@pytest.mark.parametrize("wrong", [20.5, -5, True, "20 tokens", 10**13, [], float("nan")])
def test_what_is_no_count_is_told_and_not_taken_for_zero(wrong: Any) -> None:
    reading = read_usage(openai(100, wrong))
    assert reading.tokens == Tokens(input=100)
    assert "completion_tokens is" in reading.faults[0]


def test_a_total_alone_is_that_and_no_pool() -> None:
    assert read_usage(openai(0, 0, 77)) == Reading(total=77)


def test_the_last_and_largest_that_a_stream_tells_counts() -> None:
    told = ToldUsage()
    for usage in (openai(0, 0, 0), openai(100, 8, 108), openai(100, 20, 120), openai(0, 0, 0)):
        told.add(usage)
    assert told.reading == Reading(tokens=Tokens(100, 20))


def test_what_is_told_in_parts_is_put_together() -> None:
    told = ToldUsage()
    told.add({"input_tokens": 100, "cache_read_input_tokens": 500, "output_tokens": 1})
    told.add({"input_tokens": None, "output_tokens": 20})
    assert told.reading == Reading(tokens=Tokens(100, 20, 500))


def read_one_by_one(usages: list[dict[str, Any]]) -> tuple[dict[str, Any], Reading | None]:
    """The rule as it is said, each chunk read as it comes."""
    kept: dict[str, Any] = {}
    reading: Reading | None = None
    for usage in usages:
        merged = {**kept, **{name: value for name, value in usage.items() if value is not None}}
        later = read_usage(merged)
        if reading is None or later.sum() >= reading.sum():
            kept, reading = merged, later
    return kept, reading


def chunk_by_chance(chance: random.Random) -> dict[str, Any]:
    prompt, answer = chance.randrange(99), chance.randrange(99)
    return chance.choice(
        [
            openai(prompt, answer, prompt + answer),
            openai(prompt, None),
            openai(None, "7"),
            {"input_tokens": prompt, "output_tokens": chance.choice([answer, -1, 1.5, True])},
            {
                "promptTokenCount": 50,
                "candidatesTokenCount": answer,
                "totalTokenCount": 50 + answer,
                "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 50}],
            },
            {"cost": 1},
        ]
    )


@pytest.mark.parametrize("seed", range(300))
def test_whatever_chunks_tell_it_comes_to_what_each_read_by_itself_does(seed: int) -> None:
    chance = random.Random(seed)
    chunks = [chunk_by_chance(chance) for _ in range(chance.randrange(12))]
    told = ToldUsage()
    for usage in chunks:
        told.add(usage)
    assert (told.usage, told.reading) == read_one_by_one(chunks)


@pytest.mark.parametrize(
    "answer",
    [
        {"usage": {"a": 1}},
        {"usage": None, "x_groq": {"usage": {"a": 1}}},
        {"choices": [{"usage": {"a": 1}}]},
        {"response": {"usage": {"a": 1}}},
        {"message": {"usage": {"a": 1}}},
        {"usageMetadata": {"a": 1}},
        {"metadata": {"usage": {"a": 1}}},
        {"amazon-bedrock-invocationMetrics": {"a": 1}},
        {"meta": {"billed_units": {"a": 1}}},
    ],
)
def test_usage_is_found_where_providers_have_it(answer: dict[str, Any]) -> None:
    assert usage_in(answer) == {"a": 1}


def test_an_estimate_knows_scripts_without_spaces() -> None:
    assert estimated_tokens(text_length("def f(x): return x + 1")) == 6
    assert estimated_tokens(text_length("今天天气很好")) == 6
    assert text_length({"role": "user", "content": [{"type": "text", "text": "four"}]}) == 4
