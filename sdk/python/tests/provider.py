"""A stand-in for every provider of models: it answers what a test has written down, as HTTP has it.
A case is one of test/providers/answers."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Case = dict[str, Any]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_args: object) -> None:
        """Apps hang up when they like."""


class Provider:
    def __init__(self) -> None:
        self.case: Case = {}
        self.asked: list[dict[str, Any]] = []
        """Method, path, headers and body of each request."""
        self.left = threading.Event()
        """The app has read what it wants, and may hang up."""
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def play(self, case: Case) -> None:
        self.left.clear()
        self.case = case

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                self._take(self.rfile.read(length) if length else self._chunked())

            def do_GET(self) -> None:
                self._take(b"")

            def _take(self, body: bytes) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                provider.asked.append(
                    {"method": self.command, "path": self.path, "headers": headers, "body": body}
                )
                case = provider.case
                if "choose" in case:
                    case = case["choose"](provider.asked[-1])
                try:
                    _Answer(self, case, provider.left).say(self.path)
                except OSError:
                    # The app has hung up.
                    self.close_connection = True

            def _chunked(self) -> bytes:
                parts = []
                while size := int(self.rfile.readline() or b"0", 16):
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                return b"".join(parts)

            def log_message(self, *_args: object) -> None:
                """Says nothing."""

        return Handler


class _Answer:
    def __init__(self, to: BaseHTTPRequestHandler, case: Case, left: threading.Event) -> None:
        self._to = to
        self._case = case
        self._left = left

    def say(self, path: str) -> None:
        case = self._case
        if "error" in case:
            self._plain(case["error"]["status"], case["error"]["body"])
        elif "chunks" in case:
            is_named = case.get("namesEvents") or "/messages" in path
            self._stream(names_events=is_named or path.endswith("/responses"))
        else:
            self._plain(200, case.get("answer", {}))

    def _plain(self, status: int, body: Any) -> None:
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._head(status, "application/json", {"content-length": str(len(text))})
        self._to.wfile.write(text)

    def _stream(self, *, names_events: bool) -> None:
        case = self._case
        self._head(200, "text/event-stream", {"transfer-encoding": "chunked"})
        for number, chunk in enumerate(case["chunks"]):
            if number == case.get("breaksAfter"):
                self._to.connection.close()
                raise ConnectionResetError
            if number == case.get("leftAfter"):
                self._left.wait(10)
                time.sleep(case.get("restAfterMs", 0) / 1000)
            self._chunk(_written(chunk, names_events=names_events))
        if case.get("breaksAfter") == len(case["chunks"]):
            self._to.connection.close()
            raise ConnectionResetError
        self._to.wfile.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        self._to.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self._to.wfile.flush()

    def _head(self, status: int, content_type: str, headers: dict[str, str]) -> None:
        self._to.send_response(status)
        told = {"content-type": self._case.get("contentType", content_type), **headers}
        for name, value in {**told, **self._case.get("headers", {})}.items():
            self._to.send_header(name, value)
        self._to.end_headers()


def _written(chunk: Any, *, names_events: bool) -> bytes:
    if isinstance(chunk, bytes):
        return chunk
    if chunk == "[DONE]":
        return b"data: [DONE]\n\n"
    if isinstance(chunk, str):
        return chunk.encode()
    name = f"event: {chunk['type']}\n" if names_events and "type" in chunk else ""
    return f"{name}data: {json.dumps(chunk)}\n\n".encode()
