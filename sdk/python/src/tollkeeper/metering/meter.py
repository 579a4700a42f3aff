"""Makes usage events of the calls of one client: who pays, under which name, and with which id."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

from ..client import Tollkeeper
from ..customers import current_customer
from ..errors import TollkeeperError, reason
from ..event import UsageEvent
from .call import Call
from .watch import CallUsage, CallWatch

# A provider's clock that is further off is not believed.
CREATED_AHEAD_MAX = timedelta(minutes=1)
CREATED_AGO_MAX = timedelta(days=1)


@dataclass(frozen=True)
class Meter:
    tollkeeper: Tollkeeper
    customer: str | Callable[[Call], str] | None = None
    vendor: str | None = None
    model: Callable[[Call, str | None], str] | None = None
    id: Literal["call", "provider"] = "call"
    strict: bool = False

    def watch(
        self, call: Call, named: str | None = None, own_id: str | None = None
    ) -> CallWatch | None:
        """None: nobody pays for it, which `on_error` is told, or who called, if it is `strict`."""
        try:
            payer = self._payer(call, named)
        except Exception as error:
            fault = error if isinstance(error, TollkeeperError) else None
            message = f"A call can't be metered: {reason(error).rstrip('.')}."
            fault = fault or TollkeeperError("meter_failed", message, cause=error)
            if self.strict:
                raise fault from error
            self.report(fault)
            return None
        call_id = own_id or str(uuid.uuid4())

        def settle(usage: CallUsage) -> None:
            self.tollkeeper.record_soon(lambda: self._event(call, usage, payer, call_id))

        return CallWatch(call, settle, self.report)

    def report(self, error: TollkeeperError) -> None:
        self.tollkeeper.report(error)

    def _payer(self, call: Call, named: str | None) -> str:
        payer = named or current_customer()
        if payer is None:
            payer = self.customer(call) if callable(self.customer) else self.customer
        if isinstance(payer, str) and payer:
            return payer
        raise TollkeeperError(
            "meter_failed",
            f"A call of {call.model or 'a model'} can't be metered: its customer is {payer!r}. "
            "Give meter a customer, or call within `with customer(...)`.",
        )

    def _event(self, call: Call, usage: CallUsage, payer: str, call_id: str) -> UsageEvent:
        facts = usage.facts
        id = self._id_of(usage, call_id)
        reported = facts.model
        asked = self.model(call, reported) if self.model else call.model or reported or "unknown"
        metadata: dict[str, Any] = {
            "endpoint": call.endpoint,
            "reportedModel": reported,
            # They find the call there.
            "responseId": facts.id if facts.id != id else None,
            "requestId": facts.request_id if facts.id is None and facts.request_id != id else None,
            "serviceTier": facts.tier,
            "estimated": "true" if usage.is_estimated else None,
            **usage.details,
        }
        return UsageEvent(
            customer=payer,
            model=asked,
            tokens=usage.tokens,
            id=id,
            occurred_at=self._time_of(facts.created_at),
            vendor=self.vendor,
            metadata={name: value for name, value in metadata.items() if value is not None},
        )

    def _id_of(self, usage: CallUsage, call_id: str) -> str:
        facts = usage.facts
        # It is recorded by each who looks it up: once.
        if usage.is_background and facts.id:
            return facts.id
        if self.id == "provider":
            return facts.id or facts.request_id or call_id
        return facts.proxied_id or call_id

    def _time_of(self, created_at: float | None) -> datetime:
        """The provider's own time of a response, which is the same however often it is read, if
        that can be; else it is now."""
        now = self.tollkeeper.now()
        if created_at is None or not 0 < created_at < 2**40:
            return now
        created = datetime.fromtimestamp(created_at, timezone.utc)
        is_likely = now - CREATED_AGO_MAX < created < now + CREATED_AHEAD_MAX
        return created if is_likely else now
