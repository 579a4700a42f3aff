"""The numbers of a provider's usage object, read strictly and by every name that they have: what is
no whole number of tokens is none, and is told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Usage = Mapping[str, Any]

# A single count is never larger, as the API has it too.
TOKENS_PER_COUNT_MAX = 10_000_000_000

_PROMPT = (
    *("prompt_tokens", "input_tokens", "inputTokens", "inputTokenCount"),
    *("promptTokenCount", "prompt_token_count", "prompt_eval_count"),
)
_ANSWER = (
    *("completion_tokens", "output_tokens", "outputTokens", "outputTokenCount", "eval_count"),
    *("candidatesTokenCount", "candidates_token_count", "responseTokenCount"),
)
_TOTAL = ("total_tokens", "totalTokens", "totalTokenCount", "total_token_count")
_PROMPT_DETAILS = (
    *("prompt_tokens_details", "input_tokens_details"),
    *("prompt_token_details", "input_token_details"),
)
_ANSWER_DETAILS = ("completion_tokens_details", "output_tokens_details")
_CACHE_READ_WITHIN = (
    *("cached_tokens", "prompt_cache_hit_tokens", "num_cached_tokens"),
    *("cachedContentTokenCount", "cached_content_token_count"),
)
_CACHE_WRITE_WITHIN = ("cache_write_tokens", "cache_creation_tokens")
# Anthropic and Bedrock count these beside the prompt, gateways that speak for them within it.
_CACHE_READ_BESIDE = (
    *("cache_read_input_tokens", "cacheReadInputTokens", "cacheReadInputTokenCount"),
)
_CACHE_WRITE_BESIDE = (
    *("cache_creation_input_tokens", "cacheWriteInputTokens", "cacheWriteInputTokenCount"),
)
_REASONING = ("reasoning_tokens", "thinking_tokens")
_THOUGHTS = ("thoughtsTokenCount", "thoughts_token_count")
_TOOL_PROMPT = ("toolUsePromptTokenCount", "tool_use_prompt_token_count")
_DIGITS = re.compile(r"[0-9]{1,13}")


class Count(NamedTuple):
    """One number as its provider calls it: faults speak of it by that name."""

    name: str
    tokens: int

    def __str__(self) -> str:
        return f"{self.name} is {self.tokens}"


@dataclass(frozen=True)
class ToldCounts:
    """The numbers of a usage object, read strictly and by every name that they have."""

    prompt: Count | None
    answer: Count | None
    total: Count | None
    cache_read: Count | None
    cache_write: Count | None
    reasoning: Count | None
    tool_prompt: Count | None
    """What tools gave to the prompt, which is beside it."""
    caches: Literal["within", "beside", "unknown"]
    """Where the names say that the caches are; a total may know better."""
    are_thoughts_beside: bool

    def total_alone(self) -> int | None:
        """Some tell nothing else, and some fill in zeros for the rest."""
        parts = (self.prompt, self.answer, self.reasoning, self.cache_read, self.cache_write)
        is_alone = all(part is None or part.tokens == 0 for part in parts)
        return self.total.tokens if is_alone and self.total and self.total.tokens > 0 else None

    def prompt_of_total(self) -> Count | None:
        """What the answer leaves of the total."""
        if not self.total or not self.answer or self.total.tokens < self.answer.tokens:
            return None
        return Count(self.total.name, self.total.tokens - self.answer.tokens)


def read_counts(usage: Usage, faults: list[str]) -> ToldCounts:
    def top(names: Iterable[str]) -> list[Count]:
        return _counts_in(usage, names, "", faults)

    def within(objects: Iterable[str], names: Iterable[str]) -> list[Count]:
        return [
            count
            for name in objects
            for count in _counts_in(usage.get(name), names, f"{name}.", faults)
        ]

    def largest(counts: Sequence[Count]) -> Count | None:
        ordered = sorted(counts, key=lambda count: -count.tokens)
        first = ordered[0] if ordered else None
        other = next((each for each in ordered if 0 < each.tokens != ordered[0].tokens), None)
        if first and other:
            faults.append(f"{first}, but {other}")
        return first

    prompt = largest(top(_PROMPT))
    read_within = [*within(_PROMPT_DETAILS, _CACHE_READ_WITHIN), *top(_CACHE_READ_WITHIN)]
    write_within = [*within(_PROMPT_DETAILS, _CACHE_WRITE_WITHIN), *top(_CACHE_WRITE_WITHIN)]
    read_beside = top(_CACHE_READ_BESIDE)
    write_beside = [*top(_CACHE_WRITE_BESIDE), *_written_by_life(usage, faults)]
    thoughts = top(_THOUGHTS)
    return ToldCounts(
        prompt=prompt,
        answer=largest(top(_ANSWER)),
        total=largest(top(_TOTAL)),
        cache_read=largest([*read_within, *read_beside]),
        cache_write=largest([*write_within, *write_beside]),
        reasoning=largest([*within(_ANSWER_DETAILS, _REASONING), *top(_REASONING), *thoughts]),
        tool_prompt=largest(top(_TOOL_PROMPT)),
        caches=_place_of(prompt, read_within + write_within, read_beside + write_beside),
        are_thoughts_beside=bool(thoughts),
    )


def _place_of(
    prompt: Count | None, within: list[Count], beside: list[Count]
) -> Literal["within", "beside", "unknown"]:
    """Who says the same number by the name of a part has it within, whatever else it says."""
    parts = {part.tokens for part in within}
    if all(count.tokens in parts for count in beside if count.tokens > 0):
        return "within"
    return "unknown" if prompt and prompt.name == "prompt_tokens" else "beside"


def _written_by_life(usage: Usage, faults: list[str]) -> list[Count]:
    """Anthropic tells apart how long what was written stays."""
    names = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
    counts = _counts_in(usage.get("cache_creation"), names, "cache_creation.", faults)
    return [Count("cache_creation", sum(count.tokens for count in counts))] if counts else []


def _counts_in(holder: object, names: Iterable[str], path: str, faults: list[str]) -> list[Count]:
    counts: list[Count] = []
    if not isinstance(holder, Mapping):
        return counts
    for name in names:
        value = holder.get(name)
        if value is None:
            continue
        tokens = whole_tokens(value)
        if tokens is None:
            shown = json.dumps(value, default=repr)
            faults.append(f"{path}{name} is {shown}, which is no whole number of tokens")
        else:
            counts.append(Count(f"{path}{name}", tokens))
    return counts


def whole_tokens(value: object) -> int | None:
    """Digits as text are read; None: it is no count."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or not 0 <= value <= TOKENS_PER_COUNT_MAX:
        return None
    return value
