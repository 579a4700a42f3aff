"""A customer's calls are slowed down to what their access advises, and never refused."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from conftest import SpoolCase
from ledger import down

from tollkeeper import Access, AccessReason, TollkeeperError

THROTTLED = {"state": "throttled", "reasons": [], "requestsPerMinute": 300}


def test_access_is_what_the_api_advises(at: SpoolCase) -> None:
    reasons = [{"code": "allowance_used", "message": "All is used."}]
    at.ledger.access = {"state": "warned", "reasons": reasons, "upgrade": "pro"}
    reason = AccessReason("allowance_used", "All is used.")
    assert at.open().access("a/ü") == Access("warned", (reason,), upgrade="pro")
    assert at.ledger.questions == ["/v1/customers/a%2F%C3%BC/access"]


def test_a_question_that_fails_says_which(at: SpoolCase) -> None:
    at.ledger.fault = down
    with pytest.raises(TollkeeperError, match="/v1/customers/ada/access answered 500") as failed:
        at.open().access("ada")
    assert failed.value.status == 500


def test_a_throttled_customer_has_so_many_calls_a_minute(at: SpoolCase) -> None:
    at.ledger.access = THROTTLED
    client = at.open()
    began = time.monotonic()
    for _ in range(3):
        access = client.throttle("ada")
    assert time.monotonic() - began >= 0.4
    assert access is not None
    assert access.requests_per_minute == 300
    assert len(at.ledger.questions) == 1


def test_calls_of_one_event_loop_take_turns(at: SpoolCase) -> None:
    at.ledger.access = THROTTLED
    client = at.open()

    async def main() -> float:
        began = time.monotonic()
        await client.throttle_async("ada")
        await asyncio.gather(*(client.throttle_async("ada") for _ in range(2)))
        return time.monotonic() - began

    assert asyncio.run(main()) >= 0.4


@pytest.mark.parametrize("answer", [None, {"unknown": 1}])
def test_calls_go_while_the_api_can_not_be_asked(at: SpoolCase, answer: Any) -> None:
    if answer is None:
        at.ledger.fault = down
    else:
        at.ledger.access = answer
    assert at.open().throttle("ada") is None
    assert at.codes == ["request_failed"]
