"""What an earlier process left in a spool's directory, repaired: whole lines, and where it was."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

_SEGMENT = re.compile(r"(\d{12})\.ndjson")


@dataclass
class Segment:
    number: int
    path: Path
    bytes: int = 0
    acknowledged_bytes: int = 0
    events: int = 0
    """They are not acknowledged."""


class Cursor(NamedTuple):
    """How far everything was acknowledged."""

    segment: int
    bytes: int


def segment_path(directory: Path, number: int) -> Path:
    return directory / f"{number:012}.ndjson"


def recover_segments(directory: Path, torn: Callable[[str], None]) -> list[Segment]:
    """Oldest first. `torn` gets what a crash left half written, which nobody was promised."""
    cursor = read_cursor(directory)
    matches = (_SEGMENT.fullmatch(name) for name in os.listdir(directory))
    segments = []
    for number in sorted(int(match[1]) for match in matches if match):
        path = segment_path(directory, number)
        data = _repaired(path, torn)
        start = _acknowledged_bytes(data, number, cursor)
        events = data.count(b"\n", start)
        if events > 0:
            segments.append(Segment(number, path, len(data), start, events))
        else:
            path.unlink()
    return segments


def _repaired(path: Path, torn: Callable[[str], None]) -> bytes:
    """A last line without its end is cut off, or ended if nothing but the end is missing."""
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole == len(data):
        return data
    rest = data[whole:].decode("utf-8", "replace")
    if _is_json(rest):
        with path.open("ab") as file:
            file.write(b"\n")
        return data + b"\n"
    os.truncate(path, whole)
    torn(rest)
    return data[:whole]


def _acknowledged_bytes(data: bytes, number: int, cursor: Cursor) -> int:
    if number != cursor.segment:
        return len(data) if number < cursor.segment else 0
    count = min(cursor.bytes, len(data))
    # The cursor is not between two lines: better send all again, as duplicates, than miss a part.
    return count if count <= 0 or data[count - 1 : count] == b"\n" else 0


def read_cursor(directory: Path) -> Cursor:
    # There is none yet, or it is garbled.
    with suppress(OSError, ValueError):
        segment, count = (directory / "acknowledged").read_text("ascii").split()
        cursor = Cursor(int(segment), int(count))
        if cursor.segment >= 0 and cursor.bytes >= 0:
            return cursor
    return Cursor(0, 0)


def write_cursor(directory: Path, cursor: Cursor) -> None:
    """It is not forced to the disk: an older cursor only sends duplicates."""
    draft = directory / "acknowledged.new"
    # The disk is full, for instance: the older one stays.
    with suppress(OSError):
        draft.write_text(f"{cursor.segment} {cursor.bytes}\n", "ascii")
        draft.replace(directory / "acknowledged")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
