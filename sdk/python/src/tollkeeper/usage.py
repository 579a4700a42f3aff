"""The one reader of usage: pools that exclude each other out of what any provider tells. A prompt
mostly contains its cached tokens and an answer its reasoning, and some providers count them beside:
the total tells which. What nobody told is left out, and never zero.

It comes to the same as the TypeScript SDK's: test/providers/ holds both to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .counts import Count, ToldCounts, Usage, read_counts
from .event import Tokens
from .usage_details import read_details

_NUMBERS = (int, float)


@dataclass(frozen=True)
class Reading:
    tokens: Tokens | None = None
    """Without `input` or `output` where these were not told; None where neither was."""
    total: int | None = None
    """The sum alone was told: what it is of, the caller may know."""
    unexplained: int = 0
    """So many tokens are in the provider's total and in nothing else. They are in `reasoning`."""
    details: Mapping[str, int] = field(default_factory=dict)
    """Tokens of sound and pictures, among those of the pools."""
    faults: tuple[str, ...] = ()
    """What contradicts itself or is no number, as sentences without their end."""

    def sum(self) -> int:
        return (self.tokens.total() if self.tokens else 0) + (self.total or 0)


def read_usage(usage: Usage) -> Reading:
    faults: list[str] = []
    told = read_counts(usage, faults)
    details = read_details(usage)
    alone = told.total_alone()
    if alone is not None:
        return Reading(total=alone, details=details, faults=tuple(faults))
    whole, prompt = _read_prompt(told, faults)
    answer, unexplained = _read_answer(told, whole, faults)
    tokens = Tokens(**prompt, **answer)
    is_told = tokens.input is not None or tokens.output is not None
    return Reading(
        tokens=tokens if is_told else None,
        unexplained=unexplained,
        details=details,
        faults=tuple(faults),
    )


class ToldUsage:
    """What a stream has told of its usage so far: the last and the largest. Some tell it once, some
    in every event, some in parts (what was asked first, what was answered last), some in zeros at
    first."""

    def __init__(self) -> None:
        self.usage: dict[str, Any] = {}
        """As the provider has written it."""
        self._is_told = False
        # None: what was told last was not read yet.
        self._known: Reading | None = None

    @property
    def reading(self) -> Reading | None:
        """None: nothing was told yet."""
        if self._is_told and self._known is None:
            self._known = read_usage(self.usage)
        return self._known

    def add(self, usage: Usage) -> None:
        told = {name: value for name, value in usage.items() if value is not None}
        merged = {**self.usage, **told}
        later = None
        # Some tell it in every chunk, and it grows: nobody needs to know what it was in between.
        if self._is_told and not _is_grown(self.usage, told):
            later = read_usage(merged)
            if self.reading is not None and later.sum() < self.reading.sum():
                return
        self.usage, self._known, self._is_told = merged, later, True

    def is_any(self) -> bool:
        """It is more than zeros."""
        return self.reading is not None and self.reading.sum() > 0


def _is_grown(usage: Usage, told: Usage) -> bool:
    """No count has become less. Details are of the counts beside them."""
    for name, value in told.items():
        before = usage.get(name)
        if type(value) in _NUMBERS and type(before) in _NUMBERS:
            if not value >= before:
                return False
        elif value != before and not (_is_detail(value) and (before is None or _is_detail(before))):
            return False
    return True


def _is_detail(value: object) -> bool:
    return isinstance(value, Mapping | list)


def _of(count: Count | None) -> int:
    return count.tokens if count else 0


def _read_prompt(told: ToldCounts, faults: list[str]) -> tuple[int | None, dict[str, int]]:
    """The prompt with all that is beside it, and its pools."""
    read, write = _of(told.cache_read), _of(told.cache_write)
    prompt = told.prompt or told.prompt_of_total()
    if prompt is None:
        return None, _above_zero(cache_read=read, cache_write=write)
    beside = read + write if _are_caches_beside(told, read + write, faults) else 0
    whole = prompt.tokens + beside + _of(told.tool_prompt)
    kept_read = min(whole, read)
    kept_write = min(whole - kept_read, write)
    if kept_read + kept_write < read + write:
        name = told.prompt.name if told.prompt else "the prompt"
        parts = " and ".join(str(part) for part in (told.cache_read, told.cache_write) if part)
        faults.append(f"{name} is {prompt.tokens}, but {parts}")
    pools = _above_zero(cache_read=kept_read, cache_write=kept_write)
    return whole, {"input": whole - kept_read - kept_write, **pools}


def _are_caches_beside(told: ToldCounts, cached: int, faults: list[str]) -> bool:
    prompt = told.prompt
    if cached == 0 or told.caches == "within" or prompt is None:
        return False
    others = prompt.tokens + _of(told.answer) + _of(told.tool_prompt)

    def is_total(sum_: int) -> bool:
        return any(told.total and told.total.tokens == sum_ + more for more in thoughts)

    thoughts = (0, _of(told.reasoning))
    if is_total(others + cached):
        return True
    if is_total(others) and cached <= prompt.tokens:
        return False
    if told.caches == "beside" or cached > prompt.tokens:
        return True
    cache = told.cache_read or told.cache_write
    faults.append(f"{cache}, which may be within {prompt.name} or beside it")
    return False


def _read_answer(
    told: ToldCounts, prompt: int | None, faults: list[str]
) -> tuple[dict[str, int], int]:
    """The answer's pools, and what of the total is in nothing that was told."""
    reasoning = _of(told.reasoning)
    rest = told.total.tokens - prompt if told.total and prompt is not None else None
    answer = told.answer.tokens if told.answer else rest if rest is not None and rest >= 0 else None
    if answer is None:
        return _above_zero(reasoning=reasoning), 0
    hidden = None if rest is None else rest - answer
    if hidden is None or hidden < 0:
        if hidden is not None:
            parts = [told.prompt or Count("the prompt", prompt or 0), told.answer]
            shown = " and ".join(str(part) for part in parts if part)
            faults.append(f"{told.total}, but {shown}")
        is_beside = told.are_thoughts_beside or reasoning > answer
        return _answer_pools(answer, reasoning, is_beside=is_beside), 0
    if hidden == reasoning:
        return _answer_pools(answer, reasoning, is_beside=True), 0
    if hidden == 0 and reasoning > answer:
        faults.append(f"{told.answer or 'the total'}, but {told.reasoning}")
        return _answer_pools(answer, answer, is_beside=False), 0
    inside = reasoning if reasoning <= answer else 0
    pools = {"output": answer - inside, **_above_zero(reasoning=inside + hidden)}
    return pools, hidden


def _answer_pools(answer: int, reasoning: int, *, is_beside: bool) -> dict[str, int]:
    output = answer if is_beside else answer - reasoning
    return {"output": output, **_above_zero(reasoning=reasoning)}


def _above_zero(**pools: int) -> dict[str, int]:
    return {name: tokens for name, tokens in pools.items() if tokens > 0}
