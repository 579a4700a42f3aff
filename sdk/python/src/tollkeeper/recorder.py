"""Records usage durably: into a spool first, and from there to whoever takes it in. It belongs to
the process that made it."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from .errors import OnError, TollkeeperError, reason
from .sender import BYTES_MAX, EVENTS_MAX, Pace, Sender, UsageTaker
from .spool.disk import DiskStore
from .spool.lock import TOUCH_SECONDS
from .spool.memory import MemoryStore
from .spool.queue import Spool, SpoolOptions
from .spool.store import SpoolStore

_log = logging.getLogger("tollkeeper")

# Children of a process that holds a directory have theirs in here, numbered.
CHILDREN = "children"
CHILDREN_MAX = 1_000


class Recorder:
    """Raises `spool_in_use` or `spool_failed`. What an earlier process left is sent at once."""

    def __init__(
        self, api: UsageTaker, options: SpoolOptions, on_error: OnError, pace: Pace, is_child: bool
    ) -> None:
        self._on_error = _safely(on_error)
        self._directory = None if options.directory is None else Path(options.directory)
        self._is_child = is_child
        self.spool = Spool(self._open_store(options), options, self._dropped)
        self.sender = Sender(self.spool, api, self._on_error, pace)
        self._closing = threading.Event()
        if self._directory is not None:
            self.adopt_orphans()
            threading.Thread(target=self._keep_house, name="tollkeeper-spool", daemon=True).start()
        if self.spool.has_events:
            self.sender.wake()

    def add(self, lines: list[str], *, waits: bool = True) -> None:
        self.spool.add([line.encode() for line in lines], waits=waits)
        self.sender.wake()

    def report(self, error: TollkeeperError) -> None:
        self._on_error(error)

    def close(self, timeout: float) -> None:
        self.sender.flush(timeout)
        self.sender.stop()
        self._closing.set()
        lost = self.spool.close()
        if lost:
            self._lose("unsent_at_close", "never acknowledged, and kept in memory only", lost)

    def _open_store(self, options: SpoolOptions) -> SpoolStore:
        if self._directory is None:
            return MemoryStore()
        if not self._is_child:
            return self._open_disk(self._directory, options.max_bytes)
        for number in range(1, CHILDREN_MAX + 1):
            try:
                return self._open_disk(self._directory / CHILDREN / str(number), options.max_bytes)
            except TollkeeperError as error:
                if error.code != "spool_in_use":
                    raise
        children = self._directory / CHILDREN
        raise TollkeeperError("spool_in_use", f"All {CHILDREN_MAX} of {children} are in use.")

    def _open_disk(self, directory: Path, bytes_max: int) -> DiskStore:
        def torn(text: str) -> None:
            message = f"A crash left {len(text)} characters of a line in {directory}: cut off."
            self._on_error(TollkeeperError("spool_torn", message))

        try:
            return DiskStore(directory, bytes_max, torn)
        except OSError as error:
            message = f"The spool {directory} can't be used: {reason(error)}."
            raise TollkeeperError("spool_failed", message, cause=error) from error

    def _keep_house(self) -> None:
        while not self._closing.wait(TOUCH_SECONDS):
            self.spool.touch()
            self.adopt_orphans()

    def adopt_orphans(self) -> None:
        """Takes over what forked children of an earlier or this process left when they ended."""
        if self._directory is None or self._is_child:
            return
        for child in sorted((self._directory / CHILDREN).glob("*/")):
            if not any(child.glob("[0-9]*.ndjson")):
                continue
            try:
                self._adopt(child)
            except TollkeeperError as error:
                if error.code != "spool_in_use":
                    self._on_error(error)

    def _adopt(self, child: Path) -> None:
        store = self._open_disk(child, SpoolOptions.max_bytes)
        try:
            while batch := store.oldest(EVENTS_MAX, BYTES_MAX):
                self.spool.add(batch.lines, waits=False)
                self.spool.sync()
                # A crash before this sends them twice, and ids make it once.
                store.acknowledge(batch)
                self.sender.wake()
        finally:
            store.close()

    def _dropped(self, lines: Sequence[bytes]) -> None:
        self._lose("spool_dropped", "given up because the spool is full", lines)

    def _lose(
        self, code: Literal["spool_dropped", "unsent_at_close"], why: str, lines: Sequence[bytes]
    ) -> None:
        message = f"{len(lines)} usage event(s) are lost: {why}."
        events = [event for line in lines for event in _parsed_event(line)]
        self._on_error(TollkeeperError(code, message, events=events))


def _parsed_event(line: bytes) -> list[dict[str, Any]]:
    """None for what a disk has garbled."""
    try:
        return [json.loads(line)]
    except ValueError:
        return []


def _safely(on_error: OnError) -> OnError:
    """An app's handler that raises must not stop the sender."""

    def tell(error: TollkeeperError) -> None:
        try:
            on_error(error)
        except Exception:
            _log.exception("on_error of Tollkeeper raised")

    return tell
