"""FastAPI: who pays for the calls of models that a request makes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends

from ..client import Tollkeeper
from ..customers import set_customer


def customer_of(
    dependency: Callable[..., Any], *, throttled_by: Tollkeeper | None = None
) -> Callable[..., Awaitable[str]]:
    """A dependency that gives the customer's id, as `dependency` of yours finds it, and has the
    request's calls paid by it: in the endpoint, be it `async` or not, and in the answer that it
    streams. `throttled_by` holds a customer's request up as their access advises."""

    async def charge(id: Any) -> str:
        name = str(id)
        # A request has a context of its own: nobody else's is changed, and nothing is to be undone.
        set_customer(name)
        if throttled_by is not None:
            await throttled_by.throttle_async(name)
        return name

    charge.__annotations__["id"] = Annotated[Any, Depends(dependency)]
    return charge
