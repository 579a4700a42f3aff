"""The body of a streamed answer: the app reads it through a filter, which is told before the app
that it is over, or left."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

from .usage_filter import UsageFilter

# Usage comes a moment after the last text; who stops there waits so long for it, at most.
USAGE_SECONDS_MAX = 1.0


def sync_body(library: Any, response: Any, usage_filter: UsageFilter) -> Any:
    return _sync_class(library)(_decoded(response), usage_filter)


def async_body(library: Any, response: Any, usage_filter: UsageFilter) -> Any:
    return _async_class(library)(_decoded(response), usage_filter)


def _decoded(response: Any) -> Any:
    """A response of the same body, whose bytes are those that the app is to read."""
    headers = {}
    if "content-encoding" in response.headers:
        headers["content-encoding"] = response.headers["content-encoding"]
        del response.headers["content-encoding"]
    return type(response)(response.status_code, headers=headers, stream=response.stream)


@cache
def _sync_class(library: Any) -> type:
    class MeteredBody(library.SyncByteStream):  # type: ignore[misc]
        def __init__(self, response: Any, usage_filter: UsageFilter) -> None:
            self._response = response
            self._filter = usage_filter
            self._chunks = response.iter_bytes()

        def __iter__(self) -> Any:
            try:
                for chunk in self._chunks:
                    if passing := self._filter.pass_on(chunk):
                        yield passing
            except Exception:
                self._filter.broken()
                raise
            if rest := self._filter.end():
                yield rest

        def close(self) -> None:
            if self._filter.watch.awaits_usage and self._drain():
                return
            self._filter.broken()
            self._response.close()

        def __del__(self) -> None:
            self._filter.broken()

        def _drain(self) -> bool:
            """Nothing else can end a read that waits: it is done beside, and closes by itself."""
            thread = threading.Thread(target=self._read_on, name="tollkeeper-usage", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                # The interpreter is on its way out.
                return False
            thread.join(USAGE_SECONDS_MAX)
            self._filter.broken()
            return True

        def _read_on(self) -> None:
            try:
                for chunk in self._chunks:
                    self._filter.pass_on(chunk)
                    if not self._filter.watch.awaits_usage:
                        break
            except Exception:
                # The connection broke, which the filter is told in any case.
                pass
            finally:
                self._response.close()

    return MeteredBody


@cache
def _async_class(library: Any) -> type:
    class MeteredBody(library.AsyncByteStream):  # type: ignore[misc]
        def __init__(self, response: Any, usage_filter: UsageFilter) -> None:
            self._response = response
            self._filter = usage_filter
            self._chunks = response.aiter_bytes()

        async def __aiter__(self) -> Any:
            try:
                async for chunk in self._chunks:
                    if passing := self._filter.pass_on(chunk):
                        yield passing
            except Exception:
                self._filter.broken()
                raise
            if rest := self._filter.end():
                yield rest

        async def aclose(self) -> None:
            try:
                if self._filter.watch.awaits_usage:
                    await self._read_on()
            finally:
                self._filter.broken()
                await self._response.aclose()

        def __del__(self) -> None:
            self._filter.broken()

        async def _read_on(self) -> None:
            # httpx runs on it, on every event loop.
            import anyio

            # Who was cancelled leaves this in a moment, too.
            with anyio.move_on_after(USAGE_SECONDS_MAX, shield=True):
                try:
                    async for chunk in self._chunks:
                        self._filter.pass_on(chunk)
                        if not self._filter.watch.awaits_usage:
                            return
                except Exception:
                    # The connection broke, which the filter is told in any case.
                    return

    return MeteredBody
