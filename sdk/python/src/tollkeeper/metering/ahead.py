"""Reads a body chunk by chunk, and waits for the next one for a while only: what is being read then
is not lost, but is the next chunk, whenever it comes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future, wait


class Reader:
    def __init__(self, chunks: Iterator[bytes], close: Callable[[], None]) -> None:
        self._chunks = chunks
        self._close = close
        self._pending: Future[bytes | None] | None = None
        self._is_abandoned = False
        self._lock = threading.Lock()

    def next(self) -> bytes | None:
        """None: it is over."""
        pending, self._pending = self._pending, None
        return next(self._chunks, None) if pending is None else pending.result()

    def has_next(self, seconds: float) -> bool:
        """Whether `next` would not wait. Nothing ends a read but what it reads: it is done in a
        thread beside."""
        if self._pending is None:
            pending: Future[bytes | None] = Future()
            thread = threading.Thread(target=self._read, args=(pending,), daemon=True)
            try:
                thread.start()
            except RuntimeError:
                # The interpreter is on its way out.
                return False
            self._pending = pending
        return bool(wait([self._pending], seconds).done)

    def close(self) -> None:
        """A connection that is being read is closed by who reads it."""
        with self._lock:
            self._is_abandoned = self._pending is not None and not self._pending.done()
        if not self._is_abandoned:
            self._close()

    def _read(self, pending: Future[bytes | None]) -> None:
        try:
            pending.set_result(next(self._chunks, None))
        except BaseException as error:
            pending.set_exception(error)
        with self._lock:
            is_abandoned = self._is_abandoned
        if is_abandoned:
            self._close()


class AsyncReader:
    def __init__(self, chunks: AsyncIterator[bytes], close: Callable[[], Awaitable[None]]) -> None:
        self._chunks = chunks
        self._close = close
        self._pending: asyncio.Future[bytes | None] | None = None

    async def next(self) -> bytes | None:
        """None: it is over."""
        if self._pending is None:
            return await self._read()
        pending = await asyncio.shield(self._pending)
        self._pending = None
        return pending

    async def has_next(self, seconds: float) -> bool:
        """Whether `next` would not wait. On an event loop that is not asyncio's nobody knows."""
        try:
            self._pending = self._pending or asyncio.ensure_future(self._read())
        except RuntimeError:
            return False
        done, _waiting = await asyncio.wait({self._pending}, timeout=seconds)
        return bool(done)

    async def close(self) -> None:
        if self._pending is not None and not self._pending.done():
            self._pending.cancel()
            await asyncio.wait({self._pending})
        await self._close()

    async def _read(self) -> bytes | None:
        async for chunk in self._chunks:
            return chunk
        return None
