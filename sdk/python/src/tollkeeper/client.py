"""Tollkeeper: records usage durably, and asks what a customer used and may do."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from .access import Access, Throttle
from .api import UsageApi, customer_path
from .errors import OnError, TollkeeperError, reason
from .event import UsageEvent, completed_event
from .recorder import Recorder
from .sender import Pace
from .spool import SpoolOptions

CLOSE_SECONDS = 5.0
REQUEST_TIMEOUT_SECONDS = 30.0
_log = logging.getLogger("tollkeeper")
_forking = threading.Lock()


def _log_error(error: TollkeeperError) -> None:
    _log.error("%s: %s", error.code, error.message)


class Tollkeeper:
    """Raises `spool_in_use` or `spool_failed`. What an earlier process left is sent at once.

    Safe for threads and for asyncio. After a fork the child records into a spool of its own.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        spool: str | Path | SpoolOptions | None = None,
        on_error: OnError = _log_error,
        pace: Pace | None = None,
        timeout: float = REQUEST_TIMEOUT_SECONDS,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        """`url` and `api_key` are those of TOLLKEEPER_URL and TOLLKEEPER_KEY when left out. `spool`
        is a directory, one for each process; left out, usage waits in memory. `on_error` is told
        what goes wrong in the background; left out, it is logged."""
        self._api = UsageApi(
            _given("url", url, "TOLLKEEPER_URL"),
            _given("api_key", api_key, "TOLLKEEPER_KEY"),
            timeout,
        )
        self._options = spool if isinstance(spool, SpoolOptions) else SpoolOptions(spool)
        if self._options.directory is not None:
            # The app may go elsewhere before it forks.
            directory = Path(self._options.directory).absolute()
            self._options = replace(self._options, directory=directory)
        self._on_error = on_error
        self._pace = pace or Pace()
        self._now = now
        self._is_closed = False
        self._throttle = Throttle(self.access, self.report)
        self._pid = os.getpid()
        self._recorder = self._new_recorder(is_child=False)
        atexit.register(_close_at_exit, weakref.ref(self))

    def record(self, event: UsageEvent | Mapping[str, Any]) -> None:
        """Written to the spool and on the disk, where there is one, when this returns; sent in the
        background. Raises `invalid_usage_event`, `spool_full`, `spool_failed` or `closed`: then
        nothing was recorded."""
        self.record_many([event])

    def record_many(self, events: Iterable[UsageEvent | Mapping[str, Any]]) -> None:
        """All of them, or none. The disk is waited for once."""
        lines = self._lines_of(events)
        recorder = self._recorder_of_process()
        if lines:
            recorder.add(lines)
            recorder.spool.sync()

    async def record_async(self, event: UsageEvent | Mapping[str, Any]) -> None:
        """As `record`, while the event loop goes on."""
        await self.record_many_async([event])

    async def record_many_async(self, events: Iterable[UsageEvent | Mapping[str, Any]]) -> None:
        await asyncio.to_thread(self.record_many, list(events))

    def record_soon(self, make: Callable[[], UsageEvent]) -> None:
        """What meters calls records by it: written when this returns, so that it survives the end
        of the process, without waiting for disk or room. Never raises: `on_error` is told."""
        try:
            self._recorder_of_process().add(self._lines_of([make()]), waits=False)
        except Exception as error:
            message = f"Usage was not recorded: {reason(error).rstrip('.')}."
            self.report(TollkeeperError("meter_failed", message, cause=error))

    @property
    def waiting_events(self) -> int:
        """These are not acknowledged yet."""
        spool = self._recorder_of_process().spool
        return spool.added_events - spool.removed_events

    def flush(self, timeout: float | None = None) -> None:
        """Waits until the API has acknowledged what was recorded so far; else `flush_timeout`."""
        recorder = self._recorder_of_process()
        recorder.adopt_orphans()
        if not recorder.sender.flush(timeout):
            message = f"Usage was not acknowledged within {timeout} s; it is sent later."
            raise TollkeeperError("flush_timeout", message)

    async def flush_async(self, timeout: float | None = None) -> None:
        await asyncio.to_thread(self.flush, timeout)

    def close(self, timeout: float = CLOSE_SECONDS) -> None:
        """Sends what it can within `timeout`, then lets the spool go. What is on disk is sent by
        the next client of the directory; what is in memory only is told as lost."""
        recorder = self._recorder_of_process()
        recorder.adopt_orphans()
        self._is_closed = True
        recorder.close(timeout)

    async def close_async(self, timeout: float = CLOSE_SECONDS) -> None:
        await asyncio.to_thread(self.close, timeout)

    def access(self, customer: str) -> Access:
        """What to do for the customer's calls, as of now. Raises `request_failed`."""
        return Access.read(self._api.get(f"{customer_path(customer)}/access"))

    async def access_async(self, customer: str) -> Access:
        return await asyncio.to_thread(self.access, customer)

    def throttle(self, customer: str) -> Access | None:
        """Returns when the customer's next call may go, with their access as last heard; None while
        the API can't be asked. Never refuses a call, and never raises."""
        return self._throttle.wait(customer)

    async def throttle_async(self, customer: str) -> Access | None:
        return await self._throttle.wait_async(customer)

    def usage(self, customer: str, period: str = "current") -> dict[str, Any]:
        """What a customer used in a period: `current`, `previous`, or a start (ISO 8601). As the
        API has it (docs/reference/api.md). Raises `request_failed`."""
        return self._api.get(f"{customer_path(customer)}/usage?period={quote(period, safe='')}")

    async def usage_async(self, customer: str, period: str = "current") -> dict[str, Any]:
        return await asyncio.to_thread(self.usage, customer, period)

    def report(self, error: TollkeeperError) -> None:
        """What meters calls tells `on_error` by it."""
        self._recorder.report(error)

    def now(self) -> datetime:
        return self._now()

    def __enter__(self) -> Tollkeeper:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Tollkeeper:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close_async()

    def _lines_of(self, events: Iterable[UsageEvent | Mapping[str, Any]]) -> list[str]:
        now = self._now()
        return [completed_event(event, now) for event in events]

    def _recorder_of_process(self) -> Recorder:
        """The parent's goes on in the parent: its lock, its files and its thread are not here."""
        if self._pid != os.getpid():
            with _forking:
                if self._pid != os.getpid():
                    self._recorder = self._new_recorder(is_child=True)
                    self._pid = os.getpid()
                    if self._is_closed:
                        self._recorder.close(0)
        return self._recorder

    def _new_recorder(self, *, is_child: bool) -> Recorder:
        return Recorder(self._api, self._options, self._on_error, self._pace, is_child)


def _given(name: str, value: str | None, variable: str) -> str:
    found = value or os.environ.get(variable)
    if found:
        return found
    raise TypeError(f"{name} is missing: give it to Tollkeeper, or set {variable}")


def _close_at_exit(client: weakref.ref[Tollkeeper]) -> None:
    """A child that recorded nothing has nothing to send."""
    found = client()
    if found is not None and found._pid == os.getpid() and not found._is_closed:
        found.close()


def _free_lock() -> None:
    """Another thread may have held it when this process was forked off."""
    global _forking
    _forking = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_free_lock)
