"""What a provider's answer tells of usage, read as it passes, and what of it the app is shown. How
an answer is to be read is told by its first bytes: not all gateways name its type rightly."""

from __future__ import annotations

import json
import re
from typing import Any

from ..errors import TollkeeperError, reason
from .event_stream import EventStreamReader
from .meter import Meter
from .watch import CallWatch

# Any two ends of lines after each other. At the end of a chunk there may be half of one.
_EVENT_END = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r)")
# One less than the longest of them, which a chunk may cut in two.
_CUT_END = 3
# Events are UTF-8, and `json.loads` would find out each time.
_decode = json.JSONDecoder().decode
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NOT_TEXT = re.compile(r"^\s*(audio|image|video)/|octet-stream", re.IGNORECASE)


class UsageFilter:
    """`pass_on` and `end` give what the app may see. Nothing is raised into the app's call."""

    def __init__(
        self,
        watch: CallWatch,
        meter: Meter,
        content_type: str,
        *,
        is_streamed: bool,
        hides_usage: bool,
    ) -> None:
        self.watch = watch
        self._meter = meter
        self._hides_usage = hides_usage
        self._is_streamed = is_streamed
        self._rest = b""
        self._body: list[bytes] = []
        self._kind = _kind_of_type(content_type)
        self._binary = EventStreamReader()

    def pass_on(self, chunk: bytes) -> bytes:
        try:
            return self._pass_on(chunk)
        except Exception as error:
            self._give_up(error)
            return chunk

    def end(self) -> bytes:
        try:
            return self._end()
        except Exception as error:
            self._give_up(error)
            return b""

    def broken(self) -> None:
        """A plain answer that breaks off is a failed call."""
        if self._kind in ("events", "lines", "binary") or (not self._kind and self._is_streamed):
            self.watch.ended(is_whole=False)

    def _pass_on(self, chunk: bytes) -> bytes:
        if not self._kind:
            chunk, self._rest = self._rest + chunk, b""
            self._kind = _kind_of_bytes(chunk)
            if not self._kind:
                self._rest = chunk
                return b""
        if self._kind == "json":
            self._body.append(chunk)
        elif self._kind == "lines":
            self._read_lines(chunk)
        elif self._kind == "binary":
            for event in self._binary.events(chunk):
                self.watch.streamed(event)
        elif self._kind == "events":
            return self._pass_events(chunk)
        return chunk

    def _pass_events(self, chunk: bytes) -> bytes:
        if not self._rest and _is_one_event(chunk):
            return self._event(chunk)
        # Pictures are long events of many chunks: what was looked through is not again.
        looked = max(0, len(self._rest) - _CUT_END)
        data = self._rest + chunk
        passed = []
        start = 0
        for end in _EVENT_END.finditer(data, looked):
            passed.append(self._event(data[start : end.end()]))
            start = end.end()
        self._rest = data[start:]
        return b"".join(passed)

    def _event(self, text: bytes) -> bytes:
        data = _data_of(text)
        # Nothing follows, and who reads on may be gone before the connection says so.
        if data == b"[DONE]":
            self.watch.ended(is_whole=True)
        event = _parsed(data)
        is_only_usage = isinstance(event, dict) and self.watch.streamed(event)
        return b"" if is_only_usage and self._hides_usage else text

    def _read_lines(self, chunk: bytes) -> None:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            event = _parsed(line)
            if isinstance(event, dict):
                self.watch.streamed(event)

    def _end(self) -> bytes:
        rest, self._rest = self._rest, b""
        if self._kind == "json":
            self._read_body(_parsed_body(b"".join(self._body)))
        elif self._kind == "events":
            rest = self._event(rest)
            self.watch.ended(is_whole=True)
            return rest
        elif self._kind == "lines":
            self._read_lines(rest + b"\n")
            self.watch.ended(is_whole=True)
            return b""
        elif self._kind == "binary":
            self.watch.ended(is_whole=True)
        return rest

    def _read_body(self, body: Any) -> None:
        if isinstance(body, dict):
            self.watch.answered(body)
        elif isinstance(body, list):
            # Gemini streams so to who does not ask for events.
            for event in body:
                if isinstance(event, dict):
                    self.watch.streamed(event)
            self.watch.ended(is_whole=True)

    def _give_up(self, error: Exception) -> None:
        self._kind = "other"
        message = f"An answer can't be read for its usage: {reason(error).rstrip('.')}."
        self._meter.report(TollkeeperError("meter_failed", message, cause=error))


def _kind_of_type(content_type: str) -> str:
    """Empty: the first bytes tell."""
    if _NOT_TEXT.search(content_type):
        return "other"
    if "amazon.eventstream" in content_type.lower():
        return "binary"
    return "lines" if "ndjson" in content_type.lower() else ""


def _kind_of_bytes(data: bytes) -> str:
    first = data.removeprefix(_BYTE_ORDER_MARK).lstrip()[:1]
    if not first or data == _BYTE_ORDER_MARK[: len(data)]:
        return ""
    return "json" if first in b"{[" else "events"


def _is_one_event(chunk: bytes) -> bool:
    """Most servers send each by itself."""
    return chunk.find(b"\n\n") == len(chunk) - 2 and b"\r" not in chunk


def _data_of(text: bytes) -> bytes:
    """What an event carries: JSON, or `[DONE]`; nothing, of comments."""
    if text.startswith(b"data: ") and text.find(b"\n") == len(text) - 2 and b"\r" not in text:
        return text[len(b"data: ") : -2].lstrip()
    lines = text.removeprefix(_BYTE_ORDER_MARK).splitlines()
    data = [line[len(b"data:") :].lstrip() for line in lines if line.startswith(b"data:")]
    return b"\n".join(data)


def _parsed(data: bytes) -> Any:
    try:
        return _decode(data.decode("utf-8", "surrogatepass"))
    except ValueError:
        return None


def _parsed_body(data: bytes) -> Any:
    """It may be of any encoding that JSON has had."""
    try:
        return json.loads(data)
    except ValueError:
        return None
