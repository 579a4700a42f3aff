"""A spool in memory: usage survives outages of the API, and not the end of the process."""

from __future__ import annotations

from collections.abc import Sequence

from .store import SpooledBatch, text_of

# One of so many parts is given up at once when the spool is full.
DROPPED_PART = 16


class MemoryStore:
    is_durable = False

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._size = 0
        # Lines that were dropped since the start: tells whether a batch is still there.
        self._dropped = 0

    @property
    def size(self) -> int:
        return self._size

    @property
    def events(self) -> int:
        return len(self._lines)

    def append(self, lines: Sequence[bytes]) -> None:
        self._lines.extend(lines)
        self._size += len(text_of(lines))

    def sync(self) -> None:
        """There is no disk."""

    def oldest(self, events_max: int, bytes_max: int) -> SpooledBatch | None:
        taken: list[bytes] = []
        size = 0
        for line in self._lines[:events_max]:
            if taken and size + len(line) + 1 > bytes_max:
                break
            taken.append(line)
            size += len(line) + 1
        return SpooledBatch(taken, self._dropped, size) if taken else None

    def acknowledge(self, batch: SpooledBatch) -> int:
        missing = min(len(batch.lines), self._dropped - batch.segment)
        return len(self._remove(len(batch.lines) - missing))

    def drop_oldest(self) -> list[bytes]:
        removed = self._remove(-(-len(self._lines) // DROPPED_PART))
        self._dropped += len(removed)
        return removed

    def set_aside(self, lines: Sequence[bytes]) -> None:
        """Told to `on_error` by who sets them aside; there is no place to keep them."""

    def touch(self) -> None:
        """Nobody else can see it."""

    def close(self) -> None:
        """Nothing is held."""

    def _remove(self, count: int) -> list[bytes]:
        removed, self._lines = self._lines[:count], self._lines[count:]
        self._size -= len(text_of(removed))
        return removed
