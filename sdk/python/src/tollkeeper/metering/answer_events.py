"""What an event of a stream, or a plain answer, says of how the call goes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

Event = Mapping[str, Any]

Failure = Literal["for_good", "broken"]
"""`for_good`: nothing follows, and nobody is billed but for what is told. `broken`: something did,
and what had arrived was made."""

_TEXT_ENDS = re.compile(
    r"\.(done|completed|incomplete|failed)$|^content_block_stop$|^message_(delta|stop)$"
)
_LAST = re.compile(r"\.(completed|incomplete|failed|cancelled|done)$|^message_stop$")


def failure_of(event: Event) -> Failure | None:
    """None: it does not fail."""
    kind, response = event.get("type"), event.get("response")
    has_status = kind is None or isinstance(response, Mapping)
    holder = response if isinstance(response, Mapping) else event
    status = holder.get("status") if has_status else None
    if kind in ("response.failed", "response.cancelled") or status in ("failed", "cancelled"):
        return "for_good"
    if event.get("error") or kind == "error":
        return "broken"
    is_broken = any(choice.get("finish_reason") == "error" for choice in _parts(event, "choices"))
    return "broken" if is_broken else None


def ends_text(event: Event) -> bool:
    """The text is over, and what may still come is its usage."""
    kind = event.get("type")
    if isinstance(kind, str):
        return bool(_TEXT_ENDS.search(kind))
    if event.get("done") is True or "messageStop" in event or "contentBlockStop" in event:
        return True
    parts = [*_parts(event, "choices"), *_parts(event, "candidates")]
    return any(part.get("finish_reason") or part.get("finishReason") for part in parts)


def is_last(event: Event) -> bool:
    """The event that ends a response, a message or a transcription."""
    return bool(_LAST.search(str(event.get("type"))))


def is_only_usage(event: Event) -> bool:
    """A chunk that an app which did not ask for usage would never have got."""
    return event.get("choices") == [] and isinstance(event.get("usage"), Mapping)


def _parts(event: Event, name: str) -> list[Mapping[str, Any]]:
    listed = event.get(name)
    return (
        [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    )
