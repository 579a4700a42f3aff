"""The SDK and the real API understand each other: usage, rejections, questions, refusals. Which API
it is, and by which keys it is asked, the environment says: test/sdk/python.test.ts runs this."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from typing import Any

import pytest

from tollkeeper import Access, Tokens, Tollkeeper, TollkeeperError, UsageEvent


def open_client(key: str, errors: list[TollkeeperError]) -> Tollkeeper:
    return Tollkeeper(api_key=os.environ[key], on_error=errors.append)


def event(id: str, customer: str = "ada") -> UsageEvent:
    tokens = Tokens(input=100, output=20, cache_read=3, reasoning=5)
    at = datetime.now(timezone.utc)
    return UsageEvent(customer, "gpt-4o-mini", tokens, id, at, metadata={"ü": [1, None]})


def test_usage_is_counted_once_and_that_of_an_unknown_customer_is_told() -> None:
    errors: list[TollkeeperError] = []
    with open_client("INGEST_KEY", errors) as client:
        call = event("python-1")
        client.record_many([call, call, event("python-2"), event("python-3", "nobody")])
        client.flush(30)
    [error] = errors
    assert error.code == "usage_rejected"
    [rejection] = error.rejections
    assert (rejection.event["id"], rejection.code) == ("python-3", "customer_not_found")


def test_access_and_usage_are_what_the_api_says() -> None:
    with open_client("READ_KEY", []) as client:
        assert client.access("ada") == Access("ok")
        assert client.throttle("ada") == Access("ok")
        with pytest.raises(TollkeeperError) as refused:
            client.usage("nobody", "previous")
    error: Any = refused.value
    assert (error.code, error.status, error.problem) == (
        "request_failed",
        404,
        "customer_not_found",
    )


def test_with_a_key_that_may_not_record_usage_waits_for_a_better_one() -> None:
    errors: list[TollkeeperError] = []
    client = open_client("READ_KEY", errors)
    client.record(event("python-4"))
    client.close(0.5)
    assert {error.code for error in errors} == {"send_failed", "unsent_at_close"}
    assert errors[0].status == 403
