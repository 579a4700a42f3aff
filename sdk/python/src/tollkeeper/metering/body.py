"""The body of a streamed answer: the app reads it through a filter, which is told before the app
that it is over, or left."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

from .ahead import AsyncReader, Reader
from .usage_filter import UsageFilter

# Usage comes a moment after the last text; an app that has seen the end may not come for it. It
# sees the end, or is let go, when the usage is there, or so long after.
USAGE_SECONDS_MAX = 1.0


def sync_body(library: Any, response: Any, usage_filter: UsageFilter) -> Any:
    if _is_packed(response):
        response = _unpacking(response)
        return _sync_class(library)(response.iter_bytes(), response.close, usage_filter)
    stream = response.stream
    return _sync_class(library)(iter(stream), stream.close, usage_filter)


def async_body(library: Any, response: Any, usage_filter: UsageFilter) -> Any:
    if _is_packed(response):
        response = _unpacking(response)
        return _async_class(library)(response.aiter_bytes(), response.aclose, usage_filter)
    stream = response.stream
    return _async_class(library)(aiter(stream), stream.aclose, usage_filter)


def _is_packed(response: Any) -> bool:
    return "content-encoding" in response.headers


def _unpacking(response: Any) -> Any:
    """A response of the same body, whose bytes are those that the app is to read."""
    headers = {"content-encoding": response.headers["content-encoding"]}
    del response.headers["content-encoding"]
    return type(response)(response.status_code, headers=headers, stream=response.stream)


@cache
def _sync_class(library: Any) -> type:
    class MeteredBody(library.SyncByteStream):  # type: ignore[misc]
        def __init__(self, chunks: Any, close: Any, usage_filter: UsageFilter) -> None:
            self._reader = Reader(chunks, close)
            self._filter = usage_filter

        def __iter__(self) -> Any:
            try:
                while (chunk := self._reader.next()) is not None:
                    passing = self._filter.pass_on(chunk)
                    if self._filter.watch.holds_end:
                        passing += self._await_usage()
                    if passing:
                        yield passing
            except Exception:
                self._filter.broken()
                raise
            if rest := self._filter.end():
                yield rest

        def close(self) -> None:
            try:
                self._await_usage()
            except Exception:
                # The connection broke, which is no matter to who has left.
                pass
            finally:
                self._filter.broken()
                self._reader.close()

        def __del__(self) -> None:
            self._filter.broken()

        def _await_usage(self) -> bytes:
            passing = b""
            deadline = time.monotonic() + USAGE_SECONDS_MAX
            while self._filter.watch.awaits_usage:
                if not self._reader.has_next(deadline - time.monotonic()):
                    break
                chunk = self._reader.next()
                passing += self._filter.end() if chunk is None else self._filter.pass_on(chunk)
            return passing

    return MeteredBody


@cache
def _async_class(library: Any) -> type:
    class MeteredBody(library.AsyncByteStream):  # type: ignore[misc]
        def __init__(self, chunks: Any, close: Any, usage_filter: UsageFilter) -> None:
            self._reader = AsyncReader(chunks, close)
            self._filter = usage_filter

        async def __aiter__(self) -> Any:
            try:
                while (chunk := await self._reader.next()) is not None:
                    passing = self._filter.pass_on(chunk)
                    if self._filter.watch.holds_end:
                        passing += await self._await_usage()
                    if passing:
                        yield passing
            except Exception:
                self._filter.broken()
                raise
            if rest := self._filter.end():
                yield rest

        async def aclose(self) -> None:
            # httpx runs on it, on every event loop.
            import anyio

            try:
                # Who was cancelled leaves this in a moment, too.
                with anyio.CancelScope(shield=True):
                    await self._await_usage()
            except Exception:
                # The connection broke, which is no matter to who has left.
                pass
            finally:
                self._filter.broken()
                await self._reader.close()

        def __del__(self) -> None:
            self._filter.broken()

        async def _await_usage(self) -> bytes:
            passing = b""
            deadline = time.monotonic() + USAGE_SECONDS_MAX
            while self._filter.watch.awaits_usage:
                if not await self._reader.has_next(deadline - time.monotonic()):
                    break
                chunk = await self._reader.next()
                passing += self._filter.end() if chunk is None else self._filter.pass_on(chunk)
            return passing

    return MeteredBody
