"""`meter` makes the calls of a provider's own client count, whoever's client it is."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from ..client import Tollkeeper
from .bedrock import is_bedrock, meter_bedrock
from .call import Call
from .gemini import is_gemini, meter_gemini
from .http import CUSTOMER_HEADER, is_http_client, metered_http
from .meter import Meter

__all__ = ["CUSTOMER_HEADER", "Call", "default_tollkeeper", "meter"]

Client = TypeVar("Client")
_making_default = threading.Lock()
_default: Tollkeeper | None = None


def meter(
    client: Client,
    *,
    tollkeeper: Tollkeeper | None = None,
    customer: str | Callable[[Call], str] | None = None,
    vendor: str | None = None,
    model: Callable[[Call, str | None], str] | None = None,
    id: Literal["call", "provider"] = "call",
    strict: bool = False,
) -> Client:
    """The client that it is given, whose calls are recorded from now on, and those of its copies.

    It is one of `openai`, Azure's too, `anthropic`, `google-genai` or boto3's `bedrock-runtime`;
    one that was made like those of `openai`; or an httpx client that is given to another library,
    and is then another object of the same connections.

    `tollkeeper`: who records; left out, one that the environment describes. `customer`: who pays,
    unless the call is made within `with customer(...)` or names one by CUSTOMER_HEADER. `model`:
    the name that prices go by; left out, as asked for by the app, else as told by the provider.
    `id`: `call` gives every call an id of its own, `provider` takes the response's, for calls that
    something else records by it, too. `strict`: a call that nobody pays for is refused.
    """
    metering = Meter(tollkeeper or default_tollkeeper(), customer, vendor, model, id, strict)
    if is_http_client(client):
        return metered_http(client, metering)  # type: ignore[no-any-return]
    inner: Any = client
    if is_http_client(getattr(inner, "_client", None)):
        inner._client = metered_http(inner._client, metering)
    elif is_gemini(inner):
        meter_gemini(inner, metering)
    elif is_bedrock(inner):
        meter_bedrock(inner, metering)
    else:
        raise _unknown(inner)
    return client


def _unknown(client: object) -> TypeError:
    return TypeError(
        f"meter does not know {type(client).__module__}.{type(client).__qualname__}: give it a "
        "client of openai, anthropic, google-genai or boto3's bedrock-runtime, or give your "
        "library an HTTP client that is metered: meter(httpx.Client())"
    )


def default_tollkeeper() -> Tollkeeper:
    """The one that records for who names none: TOLLKEEPER_URL, TOLLKEEPER_KEY, and the directory
    TOLLKEEPER_SPOOL, without which usage waits in memory."""
    global _default
    with _making_default:
        _default = _default or Tollkeeper(spool=os.environ.get("TOLLKEEPER_SPOOL"))
        return _default
