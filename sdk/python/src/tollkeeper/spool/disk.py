"""A spool on disk: numbered segment files of one usage event a line, appended to and never changed,
removed when all of their lines were acknowledged."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from .lock import SpoolLock
from .recovery import Cursor, Segment, read_cursor, recover_segments, segment_path, write_cursor
from .segment_file import SegmentFile
from .store import SpooledBatch, text_of

SEGMENT_BYTES_MAX = 1024 * 1024
# One of so many segments is given up at once when the spool is full.
SEGMENTS_MIN = 8


class DiskStore:
    """Raises `spool_in_use`, and what the file system raises."""

    is_durable = True

    def __init__(self, directory: Path, bytes_max: int, torn: Callable[[str], None]) -> None:
        self._directory = directory
        self._segment_bytes = min(SEGMENT_BYTES_MAX, -(-bytes_max // SEGMENTS_MIN))
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = SpoolLock(directory)
        try:
            # Oldest first; the last may be the one that is written to.
            self._segments = recover_segments(directory, torn)
        except BaseException:
            self._lock.release()
            raise
        self._writer: SegmentFile | None = None
        # The number is above the cursor's, too, which must not be taken for one in a segment that
        # came later.
        last = self._segments[-1].number if self._segments else 0
        self._next_number = max(last, read_cursor(directory).segment) + 1

    @property
    def size(self) -> int:
        return sum(segment.bytes - segment.acknowledged_bytes for segment in self._segments)

    @property
    def events(self) -> int:
        return sum(segment.events for segment in self._segments)

    def append(self, lines: Sequence[bytes]) -> None:
        if self._writer and self._writer.bytes >= self._segment_bytes:
            self._rotate()
        writer = self._writer or self._start_segment()
        segment = self._segments[-1]
        writer.append(text_of(lines))
        segment.bytes = writer.bytes
        segment.events += len(lines)

    def sync(self) -> None:
        # One that was retired meanwhile was synced by that.
        writer = self._writer
        if writer is not None:
            writer.sync()

    def oldest(self, events_max: int, bytes_max: int) -> SpooledBatch | None:
        segment = next((each for each in self._segments if each.events > 0), None)
        if segment is None:
            return None
        data = _read_part(segment)
        size = 0
        for count in range(events_max):
            end = data.find(b"\n", size) + 1
            if end == 0 or (count > 0 and end > bytes_max):
                break
            size = end
        return SpooledBatch(_lines_of(data[:size]), segment.number, size)

    def acknowledge(self, batch: SpooledBatch) -> int:
        segment = next((each for each in self._segments if each.number == batch.segment), None)
        if segment is None:
            return 0
        segment.acknowledged_bytes += batch.bytes
        segment.events -= len(batch.lines)
        write_cursor(self._directory, Cursor(segment.number, segment.acknowledged_bytes))
        if segment.events == 0 and not self._is_written(segment):
            self._remove(segment)
        return len(batch.lines)

    def drop_oldest(self) -> list[bytes]:
        segment = next((each for each in self._segments if each.events > 0), None)
        if segment is None:
            return []
        lines = _lines_of(_read_part(segment))
        if self._is_written(segment):
            self._rotate()
        self._remove(segment)
        return lines

    def set_aside(self, lines: Sequence[bytes]) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        file = os.open(self._directory / "rejected.ndjson", flags, 0o600)
        try:
            os.write(file, text_of(lines))
            os.fsync(file)
        finally:
            os.close(file)

    def touch(self) -> None:
        self._lock.touch()

    def close(self) -> None:
        try:
            if self._writer:
                self._writer.retire()
                self._writer = None
            for segment in [each for each in self._segments if each.events == 0]:
                self._remove(segment)
        finally:
            self._lock.release()

    def _start_segment(self) -> SegmentFile:
        number = self._next_number
        self._next_number += 1
        path = segment_path(self._directory, number)
        self._writer = SegmentFile(path)
        self._segments.append(Segment(number, path))
        return self._writer

    def _rotate(self) -> None:
        segment = self._segments[-1]
        writer, self._writer = self._writer, None
        if writer:
            writer.retire()
        if segment.events == 0:
            self._remove(segment)

    def _is_written(self, segment: Segment) -> bool:
        return self._writer is not None and self._writer.path == segment.path

    def _remove(self, segment: Segment) -> None:
        self._segments = [other for other in self._segments if other is not segment]
        segment.path.unlink(missing_ok=True)


def _read_part(segment: Segment) -> bytes:
    with segment.path.open("rb") as file:
        file.seek(segment.acknowledged_bytes)
        return file.read(segment.bytes - segment.acknowledged_bytes)


def _lines_of(data: bytes) -> list[bytes]:
    return data.split(b"\n")[:-1]
