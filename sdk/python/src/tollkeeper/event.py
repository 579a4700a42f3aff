"""A usage event, completed and checked before it is kept: what would be refused is refused now."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from .errors import TollkeeperError

NAME_LENGTH_MAX = 200
METADATA_BYTES_MAX = 4_096
# What is larger is no whole number to JavaScript, which reads it.
COUNT_MAX = 2**53 - 1
TOKEN_TYPES = ("input", "output", "cacheRead", "cacheWrite", "reasoning")
FIELDS = frozenset(("id", "customer", "model", "tokens", "occurredAt", "vendor", "metadata"))


@dataclass(frozen=True)
class Tokens:
    """Whole tokens by type. Exclusive pools: the call's total is their sum; None is left out."""

    input: int | None = None
    """Of the prompt, without those of a cache."""
    output: int | None = None
    """Of the answer, without reasoning."""
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None

    def total(self) -> int:
        return sum(self.counts().values())

    def counts(self) -> dict[str, int]:
        """By the names that the API has for the pools."""
        pools = (self.input, self.output, self.cache_read, self.cache_write, self.reasoning)
        named = zip(TOKEN_TYPES, pools, strict=True)
        return {name: count for name, count in named if count is not None}


@dataclass(frozen=True)
class UsageEvent:
    """One metered call. The id is made when it is left out, and the time is then now."""

    customer: str
    """Your own id of the customer."""
    model: str
    tokens: Tokens | Mapping[str, int]
    id: str | None = None
    """The customer's own, for ever: the same id with the same content counts once."""
    occurred_at: datetime | str | None = None
    vendor: str | None = None
    metadata: Mapping[str, Any] | None = None
    """JSON of at most 4,096 bytes, kept with the usage event."""


def completed_event(event: UsageEvent | Mapping[str, Any], now: datetime) -> str:
    """The event as a line of JSON. It has an id and a time from now on, so that whatever is sent
    again is a duplicate. Raises `invalid_usage_event` for what the API would refuse whole."""
    fields = _fields_of(event)
    unknown = sorted(set(fields) - FIELDS)
    if unknown:
        raise _invalid(f"it has {', '.join(map(repr, unknown))}, which is not known")
    given = {name: value for name, value in fields.items() if value is not None}
    complete: dict[str, Any] = {
        "id": given.get("id") or str(uuid.uuid4()),
        "customer": given.get("customer"),
        "model": given.get("model"),
        "tokens": _checked_tokens(given.get("tokens")),
        "occurredAt": _checked_time(given.get("occurredAt", now)),
        **{name: given[name] for name in ("vendor", "metadata") if name in given},
    }
    for name in ("id", "customer", "model", *(["vendor"] if "vendor" in given else [])):
        _check_name(name, complete[name])
    if "metadata" in given and len(_json(given["metadata"]).encode()) > METADATA_BYTES_MAX:
        raise _invalid(f"metadata has more than {METADATA_BYTES_MAX} bytes as JSON")
    return _json(complete)


def _fields_of(event: UsageEvent | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(event, UsageEvent):
        return {
            "id": event.id,
            "customer": event.customer,
            "model": event.model,
            "tokens": event.tokens,
            "occurredAt": event.occurred_at,
            "vendor": event.vendor,
            "metadata": event.metadata,
        }
    if isinstance(event, Mapping):
        return dict(event)
    raise _invalid(f"it is {event!r}: expected a UsageEvent, or a mapping as the API takes it")


def _check_name(field: str, value: object) -> None:
    if isinstance(value, str) and 0 < len(value) <= NAME_LENGTH_MAX:
        return
    raise _invalid(f"{field} is {value!r}: expected text of 1 to {NAME_LENGTH_MAX} characters")


def _checked_tokens(tokens: object) -> dict[str, int]:
    counts = tokens.counts() if isinstance(tokens, Tokens) else tokens
    if not isinstance(counts, Mapping):
        raise _invalid(f"tokens is {tokens!r}: expected Tokens, or a mapping of {TOKEN_TYPES}")
    given = {name: count for name, count in counts.items() if count is not None}
    for name, count in given.items():
        if name not in TOKEN_TYPES:
            raise _invalid(f"tokens has {name!r}: expected some of {', '.join(TOKEN_TYPES)}")
        # True is an int to Python, and none to anybody who counts.
        if type(count) is not int or not 0 <= count <= COUNT_MAX:
            raise _invalid(f"tokens.{name} is {count!r}: expected a whole number of 0 or more")
    if not given:
        raise _invalid(f"tokens has none of {', '.join(TOKEN_TYPES)}")
    return given


def _checked_time(time: object) -> str:
    try:
        at = datetime.fromisoformat(time.replace("Z", "+00:00")) if isinstance(time, str) else time
        if isinstance(at, datetime):
            # A time without an offset is the machine's own, as everywhere in Python.
            in_utc = at.astimezone(timezone.utc)
            return in_utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        pass
    raise _invalid(f"occurred_at is {time!r}: expected a datetime, or ISO 8601")


def _json(value: object) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise _invalid(f"it is no JSON: {error}") from error
    try:
        text.encode()
    except UnicodeEncodeError:
        # Half of a surrogate pair can be escaped, but not encoded.
        return json.dumps(value, separators=(",", ":"))
    return text


def _invalid(fault: str) -> TollkeeperError:
    return TollkeeperError("invalid_usage_event", f"The usage event can't be recorded: {fault}.")
