"""The bounded queue of usage events that the API has not acknowledged, over a store."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import TollkeeperError, reason
from .store import SpooledBatch, SpoolStore, text_of

WhenFull = Literal["block", "drop_oldest", "reject"]
"""What `record` does when the spool is full: `block` waits until there is room, `drop_oldest` loses
the oldest and says so to `on_error`, `reject` raises `spool_full`."""


@dataclass(frozen=True)
class SpoolOptions:
    """Where usage waits until the API has acknowledged it, and how much of it."""

    directory: str | Path | None = None
    """One for each process; there it survives the end of the process and of the machine's power.
    In memory (None) it survives outages of the API only."""
    max_bytes: int = 64 * 1024 * 1024
    """Of usage that was not acknowledged yet: about 250,000 usage events."""
    when_full: WhenFull = "block"


class Spool:
    """Safe for threads: `changed` is told of what leaves it, and of its end."""

    def __init__(
        self,
        store: SpoolStore,
        options: SpoolOptions,
        dropped: Callable[[Sequence[bytes]], None],
    ) -> None:
        self._store = store
        self._bytes_max = options.max_bytes
        self._when_full = options.when_full
        self._dropped = dropped
        self._waiting: deque[list[bytes]] = deque()
        self._is_closed = False
        self.changed = threading.Condition(threading.RLock())
        # It counts since the start; what was there before counts as added.
        self.added_events = store.events
        self.removed_events = 0

    @property
    def is_durable(self) -> bool:
        return self._store.is_durable

    @property
    def has_events(self) -> bool:
        with self.changed:
            return self._store.events > 0

    def add(self, lines: list[bytes], *, waits: bool = True) -> None:
        """Written when this returns. Who must not wait for room has it wait in memory."""
        with self.changed:
            self._check_size(lines)
            while self._waiting or not self._has_room(lines):
                if self._when_full == "reject":
                    raise _full(f"it has its {self._bytes_max} bytes of usage not sent yet")
                if self._when_full == "drop_oldest":
                    self._drop_oldest()
                elif not waits:
                    self._waiting.append(lines)
                    return
                else:
                    self.changed.wait()
                    self._check_open()
            self._append(lines)

    def sync(self) -> None:
        try:
            self._store.sync()
        except OSError as error:
            raise _failed(error) from error

    def oldest(self, events_max: int, bytes_max: int) -> SpooledBatch | None:
        with self.changed:
            return None if self._is_closed else self._store.oldest(events_max, bytes_max)

    def acknowledge(self, batch: SpooledBatch) -> None:
        with self.changed:
            # The next client sends it again, as duplicates.
            if not self._is_closed:
                self._removed(self._store.acknowledge(batch))

    def set_aside(self, lines: Sequence[bytes]) -> None:
        with self.changed:
            self._store.set_aside(lines)

    def touch(self) -> None:
        self._store.touch()

    def close(self) -> list[bytes]:
        """What is in memory only comes back, as lost."""
        with self.changed:
            if self._is_closed:
                return []
            self._is_closed = True
            lost = [line for lines in self._waiting for line in lines]
            self._waiting.clear()
            while not self._store.is_durable and self._store.events > 0:
                lost[:0] = self._store.drop_oldest()
            self._store.close()
            self.changed.notify_all()
            return lost

    def _check_open(self) -> None:
        if self._is_closed:
            raise TollkeeperError("closed", "The Tollkeeper client was closed.")

    def _check_size(self, lines: list[bytes]) -> None:
        self._check_open()
        size = len(text_of(lines))
        if size > self._bytes_max:
            raise _full(f"{size} bytes at once are more than the spool's {self._bytes_max}")

    def _has_room(self, lines: list[bytes]) -> bool:
        store = self._store
        return store.events == 0 or store.size + len(text_of(lines)) <= self._bytes_max

    def _append(self, lines: list[bytes]) -> None:
        try:
            self._store.append(lines)
        except OSError as error:
            raise _failed(error) from error
        self.added_events += len(lines)

    def _drop_oldest(self) -> None:
        lines = self._store.drop_oldest()
        self._dropped(lines)
        self._removed(len(lines))

    def _removed(self, events: int) -> None:
        self.removed_events += events
        while self._waiting and self._has_room(self._waiting[0]):
            self._append(self._waiting[0])
            self._waiting.popleft()
        self.changed.notify_all()


def _full(why: str) -> TollkeeperError:
    return TollkeeperError("spool_full", f"The spool can't take the usage: {why}.")


def _failed(error: OSError) -> TollkeeperError:
    message = f"The spool can't be written: {reason(error)}."
    return TollkeeperError("spool_failed", message, cause=error)
