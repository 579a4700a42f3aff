"""Slows a customer's calls down to what their access advises. Never refuses one."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .errors import OnError, TollkeeperError

CACHE_SECONDS = 5.0
DELAY_SECONDS_MAX = 30.0
CUSTOMERS_MAX = 10_000


@dataclass(frozen=True)
class AccessReason:
    code: str
    message: str


@dataclass(frozen=True)
class Access:
    """What an app is advised to do. Advice only: usage is recorded in every state."""

    state: Literal["ok", "warned", "throttled", "revoked"]
    reasons: tuple[AccessReason, ...] = ()
    requests_per_minute: float | None = None
    """A customer who is `throttled` should have so many calls a minute."""
    upgrade: str | None = None
    """The plan that would help."""

    @staticmethod
    def read(body: Mapping[str, Any]) -> Access:
        return Access(
            state=body["state"],
            reasons=tuple(
                AccessReason(each["code"], each["message"]) for each in body.get("reasons", [])
            ),
            requests_per_minute=body.get("requestsPerMinute"),
            upgrade=body.get("upgrade"),
        )


@dataclass
class _Known:
    asked_at: float
    access: Access | None
    next_at: float = 0.0
    """The customer's next call may go then."""


class Throttle:
    """An answer is used for five seconds, and a call is held for thirty at most."""

    def __init__(self, ask: Callable[[str], Access], report: OnError) -> None:
        self._ask = ask
        self._report = report
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, customer: str) -> Access | None:
        known = self._fresh(customer) or self._heard(customer, self._asked(customer))
        time.sleep(self._turn(known))
        return known.access

    async def wait_async(self, customer: str) -> Access | None:
        known = self._fresh(customer)
        if known is None:
            answer = await asyncio.to_thread(self._asked, customer)
            known = self._heard(customer, answer)
        await asyncio.sleep(self._turn(known))
        return known.access

    def _fresh(self, customer: str) -> _Known | None:
        with self._lock:
            known = self._known.get(customer)
            if known and time.monotonic() - known.asked_at < CACHE_SECONDS:
                return known
            return None

    def _asked(self, customer: str) -> Access | None:
        try:
            return self._ask(customer)
        except TollkeeperError as error:
            self._report(error)
        except (KeyError, TypeError) as error:
            message = f"The access of {customer} can't be read: {error!r}."
            self._report(TollkeeperError("request_failed", message, cause=error))
        return None

    def _heard(self, customer: str, access: Access | None) -> _Known:
        with self._lock:
            before = self._known.pop(customer, None)
            known = _Known(time.monotonic(), access, before.next_at if before else 0.0)
            self._known[customer] = known
            if len(self._known) > CUSTOMERS_MAX:
                self._known.popitem(last=False)
            return known

    def _turn(self, known: _Known) -> float:
        """Seconds until this call may go; the next has to come after it."""
        access = known.access
        per_minute = access.requests_per_minute if access and access.state == "throttled" else None
        if not per_minute or per_minute <= 0:
            return 0.0
        with self._lock:
            now = time.monotonic()
            goes_at = min(max(now, known.next_at), now + DELAY_SECONDS_MAX)
            known.next_at = goes_at + 60 / per_minute
            return goes_at - now
