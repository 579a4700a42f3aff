"""Who pays for the calls that are made here and now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str | None] = ContextVar("tollkeeper_customer", default=None)


@contextmanager
def customer(id: str) -> Iterator[None]:
    """Calls of metered clients within the block are the customer's: in this thread or task, and in
    the tasks that it starts."""
    token = _current.set(id)
    try:
        yield
    finally:
        _current.reset(token)


def current_customer() -> str | None:
    return _current.get()


def set_customer(id: str | None) -> None:
    """For the rest of this thread's, task's or request's time: what frameworks are told by."""
    _current.set(id)
