"""A stand-in for Tollkeeper's API that a test can break: it counts each id once, as the ledger
does, and answers what the test wants instead. Whoever is asked about has access."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Any, dict[str, str]]
Fault = Callable[[list[dict[str, Any]]], Answer | None]


def down(_events: list[dict[str, Any]]) -> Answer:
    return 500, {}, {}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_args: object) -> None:
        """Apps hang up when they like."""


class Ledger:
    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        """What was acknowledged, in order, each id once."""
        self.requests: list[int] = []
        """Sizes of the requests."""
        self.duplicates = 0
        self.access: dict[str, Any] = {"state": "ok", "reasons": []}
        self.questions: list[str] = []
        self.fault: Fault | None = None
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def ids(self) -> list[str]:
        return [event["id"] for event in self.events]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, events: list[dict[str, Any]]) -> Answer:
        with self._lock:
            self.requests.append(len(events))
            answer = self.fault(events) if self.fault else None
            return answer or (202, {"results": [self._result_of(event) for event in events]}, {})

    def _result_of(self, event: dict[str, Any]) -> dict[str, str]:
        if event["customer"] == "nobody":
            return {"status": "rejected", "code": "customer_not_found", "message": "No such."}
        if event["id"] in self.ids:
            self.duplicates += 1
            return {"status": "duplicate"}
        self.events.append(event)
        return {"status": "accepted"}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        ledger = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                self._say(*ledger.take(json.loads(body)["events"]))

            def do_GET(self) -> None:
                ledger.questions.append(self.path)
                answer = ledger.fault([]) if ledger.fault else None
                self._say(*(answer or (200, ledger.access, {})))

            def _say(self, status: int, body: Any, headers: dict[str, str]) -> None:
                text = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in {"content-length": str(len(text)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_args: object) -> None:
                """Says nothing."""

        return Handler
