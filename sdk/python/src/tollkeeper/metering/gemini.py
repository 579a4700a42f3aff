"""Meters a client of `google-genai` where all of its modules, sync and async, ask their API:
`models`, `chats`, `aio`, whichever HTTP library is below."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .call import call_of
from .meter import Meter
from .watch import CallWatch

_METHODS = ("request", "request_streamed", "async_request", "async_request_streamed")


def is_gemini(client: object) -> bool:
    api = getattr(client, "_api_client", None)
    return all(callable(getattr(api, name, None)) for name in _METHODS)


def meter_gemini(client: Any, meter: Meter) -> None:
    api = client._api_client
    # What the class has, though the client be metered already.
    own = {name: getattr(type(api), name).__get__(api) for name in _METHODS}
    made = _metered(own, meter)
    for name, method in zip(_METHODS, made, strict=True):
        setattr(api, name, method)


def _metered(own: Mapping[str, Callable[..., Any]], meter: Meter) -> list[Callable[..., Any]]:
    def request(http_method: str, path: str, request_dict: Any, *args: Any, **kw: Any) -> Any:
        watch = _watch(meter, http_method, path, request_dict)
        response = own["request"](http_method, path, request_dict, *args, **kw)
        _answered(watch, response)
        return response

    def request_streamed(
        http_method: str, path: str, request_dict: Any, *args: Any, **kw: Any
    ) -> Any:
        watch = _watch(meter, http_method, path, request_dict)
        chunks = own["request_streamed"](http_method, path, request_dict, *args, **kw)
        return chunks if watch is None else _watched(chunks, watch)

    async def async_request(
        http_method: str, path: str, request_dict: Any, *args: Any, **kw: Any
    ) -> Any:
        watch = _watch(meter, http_method, path, request_dict)
        response = await own["async_request"](http_method, path, request_dict, *args, **kw)
        _answered(watch, response)
        return response

    async def async_request_streamed(
        http_method: str, path: str, request_dict: Any, *args: Any, **kw: Any
    ) -> Any:
        watch = _watch(meter, http_method, path, request_dict)
        chunks = await own["async_request_streamed"](http_method, path, request_dict, *args, **kw)
        return chunks if watch is None else _watched_async(chunks, watch)

    return [request, request_streamed, async_request, async_request_streamed]


def _watch(meter: Meter, method: str, path: str, body: Any) -> CallWatch | None:
    asked = body if isinstance(body, Mapping) else {}
    call = call_of(method.upper(), f"/{path}".partition("?")[0], asked)
    return None if call is None else meter.watch(call)


def _answered(watch: CallWatch | None, response: Any) -> None:
    if watch is not None:
        watch.answered(_body_of(response))


def _watched(chunks: Iterator[Any], watch: CallWatch) -> Iterator[Any]:
    with _streaming(watch) as see:
        for chunk in chunks:
            see(chunk)
            yield chunk


async def _watched_async(chunks: AsyncIterator[Any], watch: CallWatch) -> AsyncIterator[Any]:
    with _streaming(watch) as see:
        async for chunk in chunks:
            see(chunk)
            yield chunk


@contextmanager
def _streaming(watch: CallWatch) -> Iterator[Callable[[Any], None]]:
    """Shows the watch each chunk that is seen, and how the stream ends."""
    is_begun = False

    def see(chunk: Any) -> None:
        nonlocal is_begun
        is_begun = True
        watch.streamed(_body_of(chunk))

    try:
        yield see
        watch.ended(is_whole=True)
    except Exception:
        # What fails before it answers is no call that is paid for.
        if is_begun:
            watch.ended(is_whole=False)
        raise
    except BaseException:
        watch.ended(is_whole=False)
        raise


def _body_of(response: Any) -> Mapping[str, Any]:
    body = getattr(response, "body", response)
    if isinstance(body, str | bytes):
        try:
            body = json.loads(body)
        except ValueError:
            return {}
    # Who does not stream may be answered with a list of one.
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    return body if isinstance(body, Mapping) else {}
