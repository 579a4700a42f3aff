"""LiteLLM: a logger that records what its calls use, with all details, in apps and in its proxy."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from litellm.integrations.custom_logger import CustomLogger

from ..client import Tollkeeper
from ..customers import current_customer
from ..metering import default_tollkeeper
from ..metering.call import Call
from ..metering.meter import Meter

CUSTOMER_KEY = "tollkeeper_customer"
"""Names the customer of one call: `metadata={CUSTOMER_KEY: "ada"}`."""
# Calls under way, whose callers' context is remembered.
CALLS_MAX = 10_000
_ENDPOINTS = (
    ("embedding", "embeddings"),
    ("responses", "responses"),
    ("transcription", "audio"),
    ("speech", "audio"),
    ("image", "images"),
    ("text_completion", "completions"),
)


class TollkeeperLogger(CustomLogger):
    """`litellm.callbacks = [TollkeeperLogger(...)]`: one in a process, LiteLLM takes no other. The
    customer is whom `metadata` of the call names, else `current_customer()`, else its `user`, else
    `customer`."""

    def __init__(
        self,
        tollkeeper: Tollkeeper | None = None,
        *,
        customer: str | Callable[[Call], str] | None = None,
        vendor: str | None = None,
        model: Callable[[Call, str | None], str] | None = None,
    ) -> None:
        super().__init__()
        self._meter = Meter(tollkeeper or default_tollkeeper(), customer, vendor, model)
        self._payers: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def log_pre_api_call(self, model: Any, messages: Any, kwargs: Mapping[str, Any]) -> None:
        """Later it is another thread's or task's context."""
        payer, call_id = current_customer(), kwargs.get("litellm_call_id")
        if payer is None or not isinstance(call_id, str):
            return
        with self._lock:
            self._payers[call_id] = payer
            if len(self._payers) > CALLS_MAX:
                self._payers.popitem(last=False)

    def log_success_event(
        self, kwargs: Mapping[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        # What it had in its own cache nobody was asked for.
        if kwargs.get("cache_hit") is not True:
            self._record(kwargs, response_obj)

    async def async_log_success_event(
        self, kwargs: Mapping[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        self.log_success_event(kwargs, response_obj, start_time, end_time)

    def _record(self, kwargs: Mapping[str, Any], response: Any) -> None:
        call_id = kwargs.get("litellm_call_id")
        asked = {
            "messages": kwargs.get("messages"),
            "input": kwargs.get("input"),
        }
        call = Call(_endpoint_of(kwargs), str(kwargs.get("model") or ""), asked)
        watch = self._meter.watch(call, self._payer_of(kwargs), own_id=call_id)
        if watch is not None:
            # It puts other usage into an answer than the answer's own model knows.
            usage = _dumped(getattr(response, "usage", None))
            watch.answered({**_dumped(response), **({"usage": usage} if usage else {})})

    def _payer_of(self, kwargs: Mapping[str, Any]) -> str | None:
        params = kwargs.get("litellm_params") or {}
        metadata = params.get("metadata") or {}
        with self._lock:
            remembered = self._payers.pop(str(kwargs.get("litellm_call_id")), None)
        told = kwargs.get("standard_logging_object") or {}
        payers = (
            metadata.get(CUSTOMER_KEY),
            remembered,
            kwargs.get("user"),
            told.get("end_user"),
        )
        return next((payer for payer in payers if isinstance(payer, str) and payer), None)


def _dumped(value: Any) -> dict[str, Any]:
    dumped = value.model_dump(warnings=False) if hasattr(value, "model_dump") else value
    return dict(dumped) if isinstance(dumped, Mapping) else {}


def _endpoint_of(kwargs: Mapping[str, Any]) -> str:
    kind = str(kwargs.get("call_type") or "")
    return next((endpoint for name, endpoint in _ENDPOINTS if name in kind), "chat")
