"""The numbers of a provider's usage object, read strictly and by every name that they have: what is
no whole number of tokens is none, and is told."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Usage = Mapping[str, Any]

# A single count is never larger, as the API has it too.
TOKENS_PER_COUNT_MAX = 10_000_000_000

_Kind = Literal[
    "prompt",
    "answer",
    "total",
    "tool_prompt",
    "reasoning",
    "thoughts",
    "read_within",
    "write_within",
    "read_beside",
    "write_beside",
]
_Kinds = Mapping[str, _Kind]


def _named(kind: _Kind, *names: str) -> _Kinds:
    return dict.fromkeys(names, kind)


_CACHES_WITHIN: _Kinds = {
    **_named("read_within", "cached_tokens", "prompt_cache_hit_tokens", "num_cached_tokens"),
    **_named("read_within", "cachedContentTokenCount", "cached_content_token_count"),
    **_named("write_within", "cache_write_tokens", "cache_creation_tokens"),
}
_REASONING = _named("reasoning", "reasoning_tokens", "thinking_tokens")
# Anthropic tells apart how long what was written stays.
_LIVES = _named("write_beside", "ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
_OWN: _Kinds = {
    **_named("prompt", "prompt_tokens", "input_tokens", "inputTokens", "inputTokenCount"),
    **_named("prompt", "promptTokenCount", "prompt_token_count", "prompt_eval_count"),
    **_named("answer", "completion_tokens", "output_tokens", "outputTokens", "outputTokenCount"),
    **_named("answer", "eval_count", "candidatesTokenCount", "candidates_token_count"),
    **_named("answer", "responseTokenCount"),
    **_named("total", "total_tokens", "totalTokens", "totalTokenCount", "total_token_count"),
    **_CACHES_WITHIN,
    # Anthropic and Bedrock count these beside the prompt, gateways that speak for them within it.
    **_named("read_beside", "cache_read_input_tokens", "cacheReadInputTokens"),
    **_named("read_beside", "cacheReadInputTokenCount"),
    **_named("write_beside", "cache_creation_input_tokens", "cacheWriteInputTokens"),
    **_named("write_beside", "cacheWriteInputTokenCount"),
    **_REASONING,
    **_named("thoughts", "thoughtsTokenCount", "thoughts_token_count"),
    **_named("tool_prompt", "toolUsePromptTokenCount", "tool_use_prompt_token_count"),
}
_DETAILS: Mapping[str, _Kinds] = {
    **dict.fromkeys(("prompt_tokens_details", "input_tokens_details"), _CACHES_WITHIN),
    **dict.fromkeys(("prompt_token_details", "input_token_details"), _CACHES_WITHIN),
    **dict.fromkeys(("completion_tokens_details", "output_tokens_details"), _REASONING),
}
_DIGITS = re.compile(r"[0-9]{1,13}")


class Count(NamedTuple):
    """One number as its provider calls it: faults speak of it by that name."""

    name: str
    tokens: int

    def __str__(self) -> str:
        return f"{self.name} is {self.tokens}"


class ToldCounts(NamedTuple):
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
    found = _counts_by_kind(usage, faults)

    def largest(*kinds: _Kind) -> Count | None:
        counts = [count for kind in kinds for count in found.get(kind, ())]
        if len(counts) < 2:
            return counts[0] if counts else None
        ordered = sorted(counts, key=lambda count: -count.tokens)
        other = next((each for each in ordered if 0 < each.tokens != ordered[0].tokens), None)
        if other:
            faults.append(f"{ordered[0]}, but {other}")
        return ordered[0]

    prompt = largest("prompt")
    return ToldCounts(
        prompt=prompt,
        answer=largest("answer"),
        total=largest("total"),
        cache_read=largest("read_within", "read_beside"),
        cache_write=largest("write_within", "write_beside"),
        reasoning=largest("reasoning", "thoughts"),
        tool_prompt=largest("tool_prompt"),
        caches=_place_of(prompt, found),
        are_thoughts_beside="thoughts" in found,
    )


def _counts_by_kind(usage: Usage, faults: list[str]) -> dict[_Kind, list[Count]]:
    """Streams of some tell their usage in every chunk: each name is looked up once."""
    found: dict[_Kind, list[Count]] = {}
    for name, kinds in _DETAILS.items():
        details = usage.get(name)
        if isinstance(details, Mapping):
            for kind, count in _counts_in(details, kinds, f"{name}.", faults):
                found.setdefault(kind, []).append(count)
    for kind, count in _counts_in(usage, _OWN, "", faults):
        found.setdefault(kind, []).append(count)
    lives = usage.get("cache_creation")
    if isinstance(lives, Mapping):
        written = [count for _, count in _counts_in(lives, _LIVES, "cache_creation.", faults)]
        if written:
            whole = Count("cache_creation", sum(count.tokens for count in written))
            found.setdefault("write_beside", []).append(whole)
    return found


def _place_of(
    prompt: Count | None, found: Mapping[_Kind, list[Count]]
) -> Literal["within", "beside", "unknown"]:
    """Who says the same number by the name of a part has it within, whatever else it says."""
    within = [*found.get("read_within", ()), *found.get("write_within", ())]
    beside = [*found.get("read_beside", ()), *found.get("write_beside", ())]
    parts = {part.tokens for part in within}
    if all(count.tokens in parts for count in beside if count.tokens > 0):
        return "within"
    return "unknown" if prompt and prompt.name == "prompt_tokens" else "beside"


def _counts_in(
    holder: Usage, kinds: _Kinds, path: str, faults: list[str]
) -> list[tuple[_Kind, Count]]:
    counts: list[tuple[_Kind, Count]] = []
    for name, kind in kinds.items():
        value = holder.get(name)
        if value is None:
            continue
        tokens = whole_tokens(value)
        if tokens is None:
            shown = json.dumps(value, default=repr)
            faults.append(f"{path}{name} is {shown}, which is no whole number of tokens")
        else:
            counts.append((kind, Count(f"{path}{name}", tokens)))
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
