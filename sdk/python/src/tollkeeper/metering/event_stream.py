"""Amazon's binary event stream, as `application/vnd.amazon.eventstream` is: what its messages say
of a model's answer."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from typing import Any

# The length of all, the length of the headers, and a checksum; another one ends the message.
_PRELUDE = struct.Struct(">III")
_CHECKSUM_BYTES = 4


class EventStreamReader:
    def __init__(self) -> None:
        self._rest = b""

    def events(self, chunk: bytes) -> Iterator[dict[str, Any]]:
        self._rest += chunk
        while len(self._rest) >= _PRELUDE.size:
            length, headers_length, _checksum = _PRELUDE.unpack_from(self._rest)
            if length <= _PRELUDE.size or len(self._rest) < length:
                return
            message, self._rest = self._rest[:length], self._rest[length:]
            payload = message[_PRELUDE.size + headers_length : -_CHECKSUM_BYTES]
            event = _event_of(payload)
            if event is not None:
                yield event


def _event_of(payload: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(payload)
        # A model's own event is wrapped, as text.
        if isinstance(event, dict) and isinstance(event.get("bytes"), str):
            event = json.loads(base64.b64decode(event["bytes"]))
    except ValueError:
        return None
    return event if isinstance(event, dict) else None
