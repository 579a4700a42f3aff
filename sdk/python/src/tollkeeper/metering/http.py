"""Meters whatever calls models by httpx, at the one place where all of a client's requests pass:
copies by `with_options`, raw and streamed responses, parsers and tool runners are metered alike.

A client's own HTTP client stays what it is, with its settings, connections and subclass: another
object of the same state stands before it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from ..errors import TollkeeperError, reason
from .body import async_body, sync_body
from .call import Call, call_of
from .meter import Meter
from .usage_filter import UsageFilter
from .watch import CallWatch

CUSTOMER_HEADER = "x-tollkeeper-customer"
"""Names the customer of one call: `extra_headers={CUSTOMER_HEADER: "ada"}`. Never sent on."""
CALL_HEADER = "x-tollkeeper-call"
"""Our proxy says in it under which id it records the call that it answers. A meter in the app takes
the same, so that a call which both record is one usage event."""
_FORM_MODEL = re.compile(rb'name="model"\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]{1,200})\r\n')


def is_http_client(client: object) -> bool:
    """Of httpx, or of a library that is made like it."""
    return _library_of(client, "Client", "AsyncClient") is not None


def metered_http(client: Any, meter: Meter) -> Any:
    inner = getattr(client, "_tollkeeper_inner", client)
    kind: Any = type(inner)
    metered: Any = object.__new__(_metered_class(kind))
    metered.__dict__ = inner.__dict__
    metered._tollkeeper_inner = inner
    metered._tollkeeper_meter = meter
    return metered


@cache
def _metered_class(base: Any) -> Any:
    is_async = _is_subclass(base, "AsyncClient")

    class Metered(base):  # type: ignore[misc]
        __slots__ = ("_tollkeeper_inner", "_tollkeeper_meter")

        def __del__(self) -> None:
            """The inner one closes what is open, when it goes."""

    def send(self: Any, request: Any, *, stream: bool = False, **kwargs: Any) -> Any:
        exchange = _Exchange(self._tollkeeper_meter, request)
        return exchange.send(lambda each: base.send(self, each, stream=stream, **kwargs))

    async def send_async(self: Any, request: Any, *, stream: bool = False, **kwargs: Any) -> Any:
        exchange = _Exchange(self._tollkeeper_meter, request)
        if exchange.needs_form:
            await request.aread()
        return await exchange.send_async(
            lambda each: base.send(self, each, stream=stream, **kwargs)
        )

    metered: Any = Metered
    metered.send = send_async if is_async else send
    metered.__name__ = metered.__qualname__ = f"Metered{base.__name__}"
    return metered


class _Exchange:
    """One request, and the answer to it."""

    def __init__(self, meter: Meter, request: Any) -> None:
        self._meter = meter
        self._request = request
        # What was signed must not be changed.
        is_signed = request.headers.get("authorization", "").startswith("AWS4-")
        self._named = request.headers.get(CUSTOMER_HEADER)
        if self._named is not None and not is_signed:
            del request.headers[CUSTOMER_HEADER]
        self.needs_form = request.method == "POST" and request.headers.get(
            "content-type", ""
        ).startswith("multipart/")

    def send(self, send: Callable[[Any], Any]) -> Any:
        if self.needs_form:
            self._request.read()
        plan = self._plan()
        if plan is None:
            return send(self._request)
        response = send(plan.asking or self._request)
        if plan.is_refused(response):
            response.close()
            response = send(self._request)
            plan = plan.unasked()
        return _watched(response, plan, self._meter)

    async def send_async(self, send: Callable[[Any], Awaitable[Any]]) -> Any:
        plan = self._plan()
        if plan is None:
            return await send(self._request)
        response = await send(plan.asking or self._request)
        if plan.is_refused(response):
            await response.aclose()
            response = await send(self._request)
            plan = plan.unasked()
        return _watched(response, plan, self._meter)

    def _plan(self) -> _Plan | None:
        """None: there is nothing to be metered, or nobody who pays for it."""
        try:
            call = _read_call(self._request, is_form=self.needs_form)
            asking = None if call is None else _asking_for_usage(call, self._request)
        except Exception as error:
            message = f"A call can't be metered: {reason(error).rstrip('.')}."
            self._meter.report(TollkeeperError("meter_failed", message, cause=error))
            return None
        watch = None if call is None else self._meter.watch(call, self._named)
        return None if watch is None else _Plan(watch, asking)


@dataclass(frozen=True)
class _Plan:
    watch: CallWatch
    asking: Any = None
    """The request that asks a stream for its usage, where the app's own does not."""

    def is_refused(self, response: Any) -> bool:
        """Who does not know what we ask for gets the request as the app made it: whatever it
        answers to that, it would have answered the app."""
        return self.asking is not None and response.status_code in (400, 422)

    def unasked(self) -> _Plan:
        return _Plan(self.watch)


def _read_call(request: Any, *, is_form: bool) -> Call | None:
    content: bytes = b""
    if request.headers.get("content-type", "").startswith("application/json") or is_form:
        content = request.content
    uploaded = _FORM_MODEL.search(content) if is_form else None
    body = {} if is_form or not content else json.loads(content)
    return call_of(
        request.method,
        request.url.path,
        body if isinstance(body, dict) else {},
        uploaded[1].decode("utf-8", "replace") if uploaded else "",
    )


def _asking_for_usage(call: Call, request: Any) -> Any:
    """None if it does so already, or is no stream that has to be asked. What can stay of the body
    does, to the digit."""
    if call.endpoint not in ("chat", "completions") or call.body.get("stream") is not True:
        return None
    options = call.body.get("stream_options")
    if isinstance(options, dict) and options.get("include_usage") is True:
        return None
    if "stream_options" in call.body:
        asked = {**(options if isinstance(options, dict) else {}), "include_usage": True}
        content = json.dumps({**call.body, "stream_options": asked}).encode()
    else:
        asking = b'{"stream_options":{"include_usage":true},'
        content = request.content.replace(b"{", asking, 1)
    headers = request.headers.copy()
    headers["content-length"] = str(len(content))
    return type(request)(
        request.method,
        request.url,
        headers=headers,
        content=content,
        extensions=request.extensions,
    )


def _watched(response: Any, plan: _Plan, meter: Meter) -> Any:
    if not 200 <= response.status_code < 300:
        return response
    plan.watch.facts.proxied_id = response.headers.get(CALL_HEADER)
    plan.watch.facts.request_id = response.headers.get("x-request-id")
    usage_filter = UsageFilter(
        plan.watch,
        meter,
        response.headers.get("content-type", ""),
        is_streamed=plan.watch.call.body.get("stream") is True,
        hides_usage=plan.asking is not None,
    )
    library = _library_of(response, "Response")
    if response.is_stream_consumed or library is None:
        usage_filter.pass_on(response.content)
        usage_filter.end()
    elif isinstance(response.stream, library.SyncByteStream):
        response.stream = sync_body(library, response, usage_filter)
    else:
        response.stream = async_body(library, response, usage_filter)
    return response


def _library_of(value: object, *names: str) -> Any:
    """The module of httpx that it is of: there are more than one by now."""
    for each in type(value).__mro__:
        library = sys.modules.get(each.__module__.partition(".")[0])
        if each.__name__ in names and hasattr(library, "SyncByteStream"):
            return library
    return None


def _is_subclass(kind: type, name: str) -> bool:
    return any(each.__name__ == name for each in kind.__mro__)
