"""Sends what is spooled, in order and in batches, until the API has acknowledged it."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Protocol

from .api import Failed, Refused, Taken
from .errors import OnError, Rejection, TollkeeperError, reason
from .spool.queue import Spool
from .spool.store import SpooledBatch

# The API takes so many usage events, and 2 MiB, a request.
EVENTS_MAX = 1_000
BYTES_MAX = 1_500_000
# A wait that the API asks for is honoured up to here.
RETRY_AFTER_SECONDS_MAX = 3_600.0


class UsageTaker(Protocol):
    def send(self, lines: list[bytes]) -> Taken | Refused | Failed: ...


@dataclass(frozen=True)
class Pace:
    """How long things wait, in seconds."""

    gather: float = 0.2
    """A first usage event waits so long for others to be sent with it."""
    retry_min: float = 0.25
    """Between attempts it is doubled from here …"""
    retry_max: float = 60.0
    """… to here."""


class Sender:
    """A thread of its own, begun when there is something to send."""

    def __init__(self, spool: Spool, api: UsageTaker, on_error: OnError, pace: Pace) -> None:
        self._spool = spool
        self._api = api
        self._on_error = on_error
        self._pace = pace
        self._changed = spool.changed
        self._events_max = EVENTS_MAX
        self._failures = 0
        self._is_stopping = False
        self._is_idle = False
        self._flushers = 0
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """There is something to send."""
        with self._changed:
            if self._thread is None and not self._is_stopping:
                self._thread = threading.Thread(
                    target=self._run, name="tollkeeper-sender", daemon=True
                )
                self._thread.start()
            # While it gathers or sends it need not know: each call of a model would wake it.
            if self._is_idle:
                self._changed.notify_all()

    def flush(self, timeout: float | None) -> bool:
        """Waits until what is spooled by now was acknowledged; False if it was not in time. A wait
        for the API is not cut short."""
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            until = self._spool.added_events
            self._flushers += 1
            self._changed.notify_all()
            try:
                if self._spool.removed_events < until:
                    self.wake()
                while self._spool.removed_events < until and not self._is_stopping:
                    left = None if deadline is None else deadline - time.monotonic()
                    if left is not None and left <= 0:
                        break
                    self._changed.wait(left)
            finally:
                self._flushers -= 1
            return self._spool.removed_events >= until

    def stop(self) -> None:
        """A request that is under way is given up; what it carried stays spooled."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._is_stopping and not self._spool.has_events:
                    self._is_idle = True
                    self._changed.wait()
                self._is_idle = False
                if self._is_stopping:
                    return
            self._sync()
            self._pause(self._pace.gather, lambda: self._flushers > 0)
            while not self._is_stopping and self._spool.has_events:
                self._pause(self._attempt())

    def _attempt(self) -> float:
        """How long to wait before the next."""
        try:
            batch = self._spool.oldest(self._events_max, BYTES_MAX)
            return 0 if batch is None else self._send(batch)
        except (OSError, TollkeeperError) as error:
            message = f"The spool can't be read or written: {reason(error)}."
            self._on_error(TollkeeperError("spool_failed", message, cause=error))
            return self._backoff()

    def _send(self, batch: SpooledBatch) -> float:
        outcome = self._api.send(batch.lines)
        if isinstance(outcome, Failed):
            return self._failed(outcome)
        if isinstance(outcome, Refused) and len(batch.lines) > 1:
            # Half as many: in the end the one that is to blame is alone.
            self._events_max = -(-len(batch.lines) // 2)
            return 0
        if isinstance(outcome, Refused):
            refusal = {"status": "rejected", "code": outcome.code, "message": outcome.message}
            self._keep_rejected(batch, [refusal])
        else:
            self._keep_rejected(batch, outcome.results)
        self._spool.acknowledge(batch)
        self._failures = 0
        self._events_max = min(EVENTS_MAX, self._events_max * 2)
        return 0

    def _failed(self, outcome: Failed) -> float:
        if self._is_stopping:
            return 0
        wait = self._backoff()
        if outcome.retry_after > 0:
            # Apps should not all come at the same moment.
            asked = min(outcome.retry_after, RETRY_AFTER_SECONDS_MAX)
            wait = asked + random.uniform(0, 0.1)
        message = f"{outcome.message}. Sent again in {wait * 1000:.0f} ms."
        self._on_error(
            TollkeeperError("send_failed", message, status=outcome.status, cause=outcome.cause)
        )
        return wait

    def _backoff(self) -> float:
        """Doubles from the least to the most, and between half of it and all by chance."""
        most = min(self._pace.retry_max, self._pace.retry_min * 2 ** min(self._failures, 30))
        self._failures += 1
        return random.uniform(most / 2, most)

    def _keep_rejected(self, batch: SpooledBatch, results: list[dict[str, Any]]) -> None:
        rejections = [
            Rejection(_parsed(line), result.get("code", "unknown"), result.get("message", ""))
            for line, result in zip(batch.lines, results, strict=True)
            if result.get("status") == "rejected"
        ]
        if not rejections:
            return
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        told = {"rejectedAt": now.replace("+00:00", "Z")}
        kept = [json.dumps({**vars(rejection), **told}) for rejection in rejections]
        self._spool.set_aside([line.encode() for line in kept])
        codes = ", ".join(dict.fromkeys(rejection.code for rejection in rejections))
        message = f"The API rejected {len(rejections)} usage event(s): {codes}."
        self._on_error(TollkeeperError("usage_rejected", message, rejections=rejections))

    def _sync(self) -> None:
        """What metered calls have written, without waiting for the disk."""
        try:
            self._spool.sync()
        except TollkeeperError as error:
            self._on_error(error)

    def _pause(self, seconds: float, is_over: Callable[[], bool] = lambda: False) -> None:
        deadline = time.monotonic() + seconds
        with self._changed:
            while not self._is_stopping and not is_over():
                left = deadline - time.monotonic()
                if left <= 0:
                    return
                self._changed.wait(left)


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return line.decode("utf-8", "replace")
