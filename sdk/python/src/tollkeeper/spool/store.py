"""What keeps a spool's lines: the shape that disk and memory share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class SpooledBatch(NamedTuple):
    """The oldest lines that were not acknowledged yet."""

    lines: list[bytes]
    segment: int
    """How the store finds them again: meaningless to others."""
    bytes: int


class SpoolStore(Protocol):
    """All but `sync` is called by one thread at a time."""

    is_durable: bool
    """Says whether what was appended survives this process."""

    @property
    def size(self) -> int:
        """Of lines that were not acknowledged."""

    @property
    def events(self) -> int: ...

    def append(self, lines: Sequence[bytes]) -> None:
        """Takes lines of JSON. A killed process has not lost them when this returns."""

    def sync(self) -> None:
        """A power cut has not lost what was appended before, when this returns."""

    def oldest(self, events_max: int, bytes_max: int) -> SpooledBatch | None: ...

    def acknowledge(self, batch: SpooledBatch) -> int:
        """Forgets them. A batch that was dropped meanwhile is none any more: 0 comes back."""

    def drop_oldest(self) -> list[bytes]:
        """Gives up some of the oldest lines, and returns them."""

    def set_aside(self, lines: Sequence[bytes]) -> None:
        """Keeps lines that can never be acknowledged where an operator finds them."""

    def touch(self) -> None:
        """Shows others that the store is in use."""

    def close(self) -> None: ...


def text_of(lines: Sequence[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)
