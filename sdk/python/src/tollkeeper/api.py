"""Tollkeeper's HTTP API as the SDK speaks it: one request each, no retries."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from .errors import TollkeeperError, reason

REFUSED_FOR_GOOD = (400, 413, 422)


@dataclass(frozen=True)
class Taken:
    """What became of each usage event, in order."""

    results: list[dict[str, Any]]


@dataclass(frozen=True)
class Refused:
    """The body as a whole is refused for good."""

    code: str
    message: str


@dataclass(frozen=True)
class Failed:
    message: str
    status: int | None = None
    retry_after: float = 0
    cause: BaseException | None = None


@dataclass(frozen=True)
class _Answer:
    status: int
    text: bytes
    retry_after: str | None


class UsageApi:
    def __init__(self, url: str, api_key: str, timeout: float) -> None:
        self._url = url.rstrip("/")
        self._timeout = timeout
        self._headers = {
            "authorization": f"Bearer {api_key}",
            "content-type": "application/json",
            "user-agent": "tollkeeper-python",
        }

    def send(self, lines: Sequence[bytes]) -> Taken | Refused | Failed:
        """It never raises. `lines` are usage events as JSON."""
        body = b'{"events":[' + b",".join(lines) + b"]}"
        try:
            answer = self._request("/v1/usage", body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Failed(reason(error), cause=error)
        return _outcome_of(answer, len(lines))

    def get(self, path: str) -> dict[str, Any]:
        """Raises `request_failed`."""
        asked = f"GET {self._url}{path}"
        try:
            answer = self._request(path)
        except (OSError, http.client.HTTPException, ValueError) as error:
            message = f"{asked}: {reason(error)}"
            raise TollkeeperError("request_failed", message, cause=error) from error
        body = _parsed(answer.text)
        if 200 <= answer.status < 300 and isinstance(body, dict):
            return body
        code, told = _problem_of(body)
        raise TollkeeperError(
            "request_failed",
            f"{asked} answered {answer.status}. {told or ''}".rstrip(),
            status=answer.status,
            problem=code or "none",
        )

    def _request(self, path: str, body: bytes | None = None) -> _Answer:
        request = urllib.request.Request(self._url + path, body, self._headers)
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as response:
                return _answer_of(response)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return _answer_of(refusal)
        except urllib.error.URLError as error:
            raise error.reason if isinstance(error.reason, OSError) else error from None


def customer_path(customer: str) -> str:
    return f"/v1/customers/{quote(customer, safe='')}"


def _answer_of(response: Any) -> _Answer:
    return _Answer(response.status, response.read(), response.headers.get("retry-after"))


def _outcome_of(answer: _Answer, count: int) -> Taken | Refused | Failed:
    body = _parsed(answer.text)
    if answer.status == 202:
        results = body.get("results") if isinstance(body, dict) else None
        if isinstance(results, list) and len(results) == count:
            return Taken(results)
        # A proxy's page is no acknowledgement.
        return Failed("The API answered 202 without results", answer.status)
    code, message = _problem_of(body)
    if code is not None and answer.status in REFUSED_FOR_GOOD:
        return Refused(code, message or code)
    told = f": {message}" if message else ""
    text = f"The API answered {answer.status}{told}"
    return Failed(text, answer.status, _seconds_of(answer.retry_after))


def _problem_of(body: object) -> tuple[str | None, str | None]:
    if not isinstance(body, dict):
        return None, None
    code, message = body.get("code"), body.get("detail") or body.get("title")
    return (
        code if isinstance(code, str) else None,
        message if isinstance(message, str) else None,
    )


def _seconds_of(retry_after: str | None) -> float:
    """They are told as seconds, or as an HTTP date."""
    if retry_after is None:
        return 0
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return 0


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
