"""What can go wrong in the SDK, told by one class with a stable code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

ErrorCode = Literal[
    # The usage event can't be one: raised by `record`, nothing was spooled.
    "invalid_usage_event",
    # The spool is full and its policy is `reject`.
    "spool_full",
    # The spool is full and its policy is `drop_oldest`: `events` are lost.
    "spool_dropped",
    # Another process, or another client of this one, has the directory.
    "spool_in_use",
    # The directory can't be read or written.
    "spool_failed",
    # A line that a crash left half written was cut off: `record` had not returned for it.
    "spool_torn",
    # The client was closed.
    "closed",
    # Usage in memory was not acknowledged when the client was closed: `events` are lost.
    "unsent_at_close",
    # `flush` took longer than it was given.
    "flush_timeout",
    # The API did not take a batch; it is sent again. `status` when it answered.
    "send_failed",
    # The API rejected usage events for good: `rejections`. They are kept aside.
    "usage_rejected",
    # A question to the API was refused or had no answer: `status` and `problem`.
    "request_failed",
    # A call of a model could not be metered; the call itself went on.
    "meter_failed",
]


@dataclass(frozen=True)
class Rejection:
    """A usage event that the API will never take, as it was sent."""

    event: Any
    code: str
    message: str


class TollkeeperError(Exception):
    """Raised by the client, or told to its `on_error`: `code` says which it is."""

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        *,
        status: int | None = None,
        problem: str | None = None,
        events: Sequence[Mapping[str, Any]] = (),
        rejections: Sequence[Rejection] = (),
        cause: BaseException | None = None,
    ) -> None:
        super().__init__(message)
        self.code: ErrorCode = code
        self.message = message
        self.status = status
        """HTTP status of the API's answer."""
        self.problem = problem
        """The `code` of the API's problem+json."""
        self.events = tuple(events)
        self.rejections = tuple(rejections)
        self.__cause__ = cause


OnError = Callable[[TollkeeperError], None]


def reason(error: BaseException) -> str:
    """What to say of an error: some have no words of their own."""
    return str(error) or type(error).__name__
