"""What is recorded of a call: what was told, and an estimate of what was not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..estimate import asked_characters, estimated_tokens
from ..event import Tokens
from ..usage import Reading
from .answer_events import Failure
from .call import Call


@dataclass(frozen=True)
class Evidence:
    reading: Reading | None
    characters: int
    """Of the text that arrived."""
    failure: Failure | None
    is_whole: bool
    """The answer came to its end, or what it used was told after its text."""
    is_estimable: bool
    """Nobody will tell it later."""

    @property
    def is_told(self) -> bool:
        return self.reading is not None and self.reading.sum() > 0


@dataclass(frozen=True)
class Conclusion:
    tokens: Tokens | None = None
    """None: nothing is recorded."""
    is_estimated: bool = False
    details: Mapping[str, int] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    """The app is told of them."""


def conclude_usage(call: Call, evidence: Evidence) -> Conclusion:
    reading, failure = evidence.reading, evidence.failure
    faults = reading.faults if reading else ()
    if reading and evidence.is_told and _is_exact(call, reading, evidence):
        return _exact(reading)
    if failure == "for_good" or (failure and evidence.characters == 0):
        return Conclusion()
    if not evidence.is_estimable:
        return Conclusion(faults=faults)
    if not call.is_counted_by_tokens:
        is_told = reading is not None and evidence.is_told
        return _exact(reading) if reading and is_told else Conclusion(faults=faults)
    return Conclusion(
        tokens=_estimate(call, reading, evidence.characters),
        is_estimated=True,
        details=reading.details if reading else {},
        faults=(*faults, *([_untold(reading)] if evidence.is_whole and not failure else [])),
    )


def _is_exact(call: Call, reading: Reading, evidence: Evidence) -> bool:
    """Every pool was told, and of the whole answer."""
    if evidence.failure == "for_good":
        return True
    if not evidence.is_whole:
        return False
    tokens = reading.tokens or Tokens()
    if call.endpoint == "embeddings":
        return tokens.input is not None or reading.total is not None
    return tokens.input is not None and tokens.output is not None


def _exact(reading: Reading) -> Conclusion:
    unexplained = reading.unexplained
    told = (
        f"{unexplained} tokens are in the provider's total and in none of its parts: they are "
        "recorded as reasoning"
    )
    return Conclusion(
        # The total of an embedding is what was asked.
        tokens=reading.tokens or Tokens(input=reading.total),
        details={**reading.details, **({"unexplained": unexplained} if unexplained else {})},
        faults=(*reading.faults, *([told] if unexplained else [])),
    )


def _estimate(call: Call, reading: Reading | None, characters: int) -> Tokens:
    """What was told is not made less, and what was not is one token for four characters."""
    asked = estimated_tokens(asked_characters(call.body))
    if call.endpoint == "embeddings":
        return Tokens(input=asked)
    answered = estimated_tokens(characters)
    if reading and reading.total is not None:
        prompt = min(asked, reading.total)
        return Tokens(input=prompt, output=reading.total - prompt)
    tokens = (reading and reading.tokens) or Tokens()
    is_zero = reading is None or reading.sum() == 0
    told_input = None if is_zero else tokens.input
    return replace(
        tokens,
        input=asked if told_input is None else told_input,
        output=max(tokens.output or 0, answered - (tokens.reasoning or 0)),
    )


def _untold(reading: Reading | None) -> str:
    told = "it was answered without its usage"
    if reading and reading.total is not None:
        told = f"it was answered with a total of {reading.total} alone"
    elif reading:
        part = "no tokens" if reading.sum() == 0 else "a part of its usage"
        told = f"it was answered with {part}"
    return f"{told}; what was not told is estimated"
