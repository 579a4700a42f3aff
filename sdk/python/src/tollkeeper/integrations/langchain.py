"""LangChain: a callback that records what chat models and LLMs of any provider use."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import BaseMessage
from langchain_core.outputs import LLMResult

from ..client import Tollkeeper
from ..metering import default_tollkeeper
from ..metering.call import Call
from ..metering.meter import Meter
from ..metering.watch import CallWatch

CUSTOMER_KEY = "tollkeeper_customer"
"""Names the customer of one run: `config={"metadata": {CUSTOMER_KEY: "ada"}}`."""


class TollkeeperCallback(BaseCallbackHandler):
    """`config={"callbacks": [TollkeeperCallback(...)]}`, or `callbacks` of a model. A model whose
    client is metered, too, would be recorded twice."""

    run_inline = True

    def __init__(
        self,
        tollkeeper: Tollkeeper | None = None,
        *,
        customer: str | Callable[[Call], str] | None = None,
        vendor: str | None = None,
        model: Callable[[Call, str | None], str] | None = None,
    ) -> None:
        self._meter = Meter(tollkeeper or default_tollkeeper(), customer, vendor, model)
        self._watches: dict[UUID, CallWatch] = {}
        self._lock = threading.Lock()

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        texts = [message.content for batch in messages for message in batch]
        self._begin(run_id, "chat", texts, metadata or {}, kwargs)

    def on_llm_start(
        self,
        serialized: dict[str, Any],
        prompts: list[str],
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self._begin(run_id, "completions", prompts, metadata or {}, kwargs)

    def on_llm_new_token(self, token: Any, *, run_id: UUID, **_: Any) -> None:
        with self._lock:
            watch = self._watches.get(run_id)
        if watch is not None:
            watch.streamed({"type": "token", "delta": token})

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **_: Any) -> None:
        watch = self._taken(run_id)
        if watch is not None:
            watch.answered(_answer_of(response))

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A stream that was left ends here, too."""
        watch = self._taken(run_id)
        response = kwargs.get("response")
        if watch is None or not watch.has_text:
            return
        if isinstance(response, LLMResult):
            usage = _answer_of(response)["usage"]
            if usage:
                watch.told(usage)
        watch.ended(is_whole=False)

    def _begin(
        self,
        run_id: UUID,
        endpoint: str,
        asked: Sequence[Any],
        metadata: Mapping[str, Any],
        kwargs: Mapping[str, Any],
    ) -> None:
        params = kwargs.get("invocation_params") or {}
        names = (params.get("model"), params.get("model_name"), metadata.get("ls_model_name"))
        name = next((each for each in names if isinstance(each, str)), "")
        watch = self._meter.watch(
            Call(endpoint, name, {"messages": list(asked)}), metadata.get(CUSTOMER_KEY)
        )
        if watch is not None:
            with self._lock:
                self._watches[run_id] = watch

    def _taken(self, run_id: UUID) -> CallWatch | None:
        with self._lock:
            return self._watches.pop(run_id, None)


def _answer_of(response: LLMResult) -> dict[str, Any]:
    """As a provider would have answered it."""
    generations = [each for batch in response.generations for each in batch]
    messages = [message for each in generations if (message := getattr(each, "message", None))]
    told = [dict(getattr(message, "response_metadata", None) or {}) for message in messages]
    facts = told[-1] if told else {}
    output = response.llm_output or {}
    sums = [each for message in messages if (each := getattr(message, "usage_metadata", None))]
    usage: Any = _usage_of(sums[-1]) if sums else None
    for holder in (facts, output):
        usage = usage or holder.get("token_usage") or holder.get("usage")
    return {
        "object": "answer",
        "id": facts.get("id") or (messages[-1].id if messages else None),
        "model": facts.get("model_name") or facts.get("model") or output.get("model_name"),
        "service_tier": facts.get("service_tier"),
        "usage": usage,
        "content": [each.text for each in generations],
    }


def _usage_of(told: Mapping[str, Any]) -> dict[str, Any]:
    """LangChain's own, whose sums contain all of their details. A tier is put before a name."""
    prompt = told.get("input_token_details") or {}
    answer = told.get("output_token_details") or {}
    return {
        "prompt_tokens": told.get("input_tokens"),
        "completion_tokens": told.get("output_tokens"),
        "total_tokens": told.get("total_tokens"),
        "prompt_tokens_details": {
            "cached_tokens": _sum_of(prompt, "cache_read"),
            "cache_write_tokens": _sum_of(prompt, "cache_creation", "_input_tokens"),
            "audio_tokens": prompt.get("audio"),
        },
        "completion_tokens_details": {
            "reasoning_tokens": _sum_of(answer, "reasoning"),
            "audio_tokens": answer.get("audio"),
        },
    }


def _sum_of(details: Mapping[str, Any], *ends: str) -> int:
    counts = (count for name, count in details.items() if name.endswith(ends))
    return sum(count for count in counts if isinstance(count, int))
