"""Usage that was recorded reaches the ledger, through outages, restarts and full disks."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from datetime import datetime, timezone

import pytest
from conftest import SpoolCase, eventually, usage_of
from ledger import Answer, down

from tollkeeper import Tokens, TollkeeperError, UsageEvent


def test_what_was_recorded_is_on_the_disk_before_the_call_returns(at: SpoolCase) -> None:
    at.ledger.fault = down
    at.open().record(usage_of("a"))
    assert '"id":"a"' in at.segments[0].read_text()


def test_usage_leaves_the_spool_when_it_was_acknowledged_in_batches(at: SpoolCase) -> None:
    client = at.open()
    client.record_many(usage_of(f"e{number}") for number in range(2_500))
    client.flush(20)
    assert at.ledger.ids == [f"e{number}" for number in range(2_500)]
    assert max(at.ledger.requests) == 1_000
    client.close()
    assert at.segments == []


def test_usage_waits_through_an_outage_and_is_counted_once(at: SpoolCase) -> None:
    at.ledger.fault = down
    client = at.open()
    client.record_many([usage_of("a"), usage_of("b")])
    eventually(lambda: len(at.ledger.requests), lambda count: count > 2)
    at.ledger.fault = None
    client.flush(20)
    assert at.ledger.ids == ["a", "b"]
    assert set(at.codes) == {"send_failed"}


def test_usage_that_was_taken_but_not_acknowledged_is_sent_under_the_same_id(
    at: SpoolCase,
) -> None:
    def take_and_fail(events: list[dict[str, object]]) -> Answer:
        at.ledger.events.extend(events)
        at.ledger.fault = None
        return 502, b"<html>", {}

    at.ledger.fault = take_and_fail
    client = at.open()
    client.record(UsageEvent("ada", "m", Tokens(input=1)))
    client.flush(20)
    assert len(at.ledger.events) == 1
    assert at.ledger.duplicates == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_that_the_api_asks_for_is_honoured(at: SpoolCase, status: int) -> None:
    refused_at: list[float] = []

    def refuse(_events: object) -> Answer:
        refused_at.append(time.monotonic())
        at.ledger.fault = None
        return status, {"code": "too_many_requests"}, {"retry-after": "1"}

    at.ledger.fault = refuse
    client = at.open()
    client.record(usage_of("a"))
    client.flush(20)
    assert time.monotonic() - refused_at[0] >= 1


def test_an_answer_that_is_no_acknowledgement_keeps_usage(at: SpoolCase) -> None:
    def say_nothing(_events: object) -> Answer:
        at.ledger.fault = None
        return 202, b"<html>", {}

    at.ledger.fault = say_nothing
    client = at.open()
    client.record(usage_of("a"))
    client.flush(20)
    assert at.ledger.ids == ["a"]


def test_usage_that_one_client_recorded_is_sent_by_the_next(at: SpoolCase) -> None:
    at.ledger.fault = down
    first = at.open()
    first.record_many([usage_of("a"), usage_of("b")])
    first.close(0)
    at.ledger.fault = None
    at.open().flush(20)
    assert at.ledger.ids == ["a", "b"]


def test_rejected_usage_is_kept_aside_and_told_and_holds_nothing_up(at: SpoolCase) -> None:
    client = at.open()
    client.record_many([usage_of("a"), usage_of("b", "nobody"), usage_of("c")])
    client.flush(20)
    assert at.ledger.ids == ["a", "c"]
    assert at.codes == ["usage_rejected"]
    [rejection] = at.errors[0].rejections
    assert (rejection.event["id"], rejection.code) == ("b", "customer_not_found")
    kept = json.loads((at.directory / "rejected.ndjson").read_text())
    assert kept["event"]["id"] == "b"
    assert set(kept) == {"event", "code", "message", "rejectedAt"}


def test_usage_that_makes_the_api_refuse_its_batch_is_found_and_set_aside_alone(
    at: SpoolCase,
) -> None:
    def refuse_bad(events: list[dict[str, object]]) -> Answer | None:
        is_bad = any(event["id"] == "bad" for event in events)
        return (422, {"code": "invalid_request"}, {}) if is_bad else None

    at.ledger.fault = refuse_bad
    client = at.open()
    client.record_many(usage_of(id) for id in ["a", "b", "bad", "c", "d"])
    client.flush(20)
    assert at.ledger.ids == ["a", "b", "c", "d"]
    assert [each.event["id"] for each in at.errors[0].rejections] == ["bad"]


def test_a_second_client_of_a_directory_is_refused(at: SpoolCase) -> None:
    at.open()
    with pytest.raises(TollkeeperError, match="is used by process") as refused:
        at.open()
    assert refused.value.code == "spool_in_use"


def test_a_line_that_a_crash_left_half_written_is_cut_off_and_told(at: SpoolCase) -> None:
    at.ledger.fault = down
    client = at.open()
    client.record(usage_of("a"))
    client.close(0)
    with at.segments[0].open("a") as segment:
        segment.write('{"id":"half')
    at.ledger.fault = None
    at.errors.clear()
    at.open().flush(20)
    assert at.ledger.ids == ["a"]
    assert at.codes == ["spool_torn"]


def test_a_spool_goes_on_where_it_was_acknowledged(at: SpoolCase) -> None:
    client = at.open()
    client.record(usage_of("a"))
    client.flush(20)
    at.ledger.fault = down
    client.record(usage_of("b"))
    client.close(0)
    at.ledger.fault = None
    at.open().flush(20)
    assert at.ledger.ids == ["a", "b"]
    assert at.ledger.duplicates == 0


@pytest.mark.parametrize("directory", [True, False])
def test_a_full_spool_gives_up_the_oldest_and_tells_which(at: SpoolCase, directory: bool) -> None:
    at.ledger.fault = down
    limits = {"max_bytes": 4_000, "when_full": "drop_oldest"}
    client = at.open_with(**limits) if directory else at.open_in_memory(**limits)
    for number in range(100):
        client.record(usage_of(f"e{number}"))
    lost = [event["id"] for error in at.errors for event in error.events]
    assert lost == [f"e{number}" for number in range(len(lost))]
    at.ledger.fault = None
    client.flush(20)
    assert at.ledger.ids == [f"e{number}" for number in range(len(lost), 100)]


def test_a_full_spool_refuses_or_waits_as_it_is_told(at: SpoolCase) -> None:
    at.ledger.fault = down
    client = at.open_with(max_bytes=300, when_full="reject")
    client.record(usage_of("a"))
    with pytest.raises(TollkeeperError) as refused:
        client.record_many([usage_of("b"), usage_of("c")])
    assert refused.value.code == "spool_full"
    client.close(0)

    waiting = at.open_with(max_bytes=200)
    threading.Timer(0.1, setattr, (at.ledger, "fault", None)).start()
    waiting.record(usage_of("d"))
    waiting.flush(20)
    assert at.ledger.ids == ["a", "d"]


def test_metered_usage_does_not_wait_for_room(at: SpoolCase) -> None:
    at.ledger.fault = down
    client = at.open_with(max_bytes=200)
    for id in ("a", "b", "c"):
        client.record_soon(lambda id=id: UsageEvent("ada", "m", Tokens(input=1), id=id))
    at.ledger.fault = None
    eventually(lambda: at.ledger.ids, lambda ids: ids == ["a", "b", "c"])


@pytest.mark.parametrize(
    ("fault", "change"),
    [
        ("customer is None", {"customer": None}),
        ("tokens has none of", {"tokens": {}}),
        ("tokens.input is -1", {"tokens": {"input": -1}}),
        ("tokens.input is True", {"tokens": {"input": True}}),
        ("tokens.input is 1.5", {"tokens": {"input": 1.5}}),
        ("tokens has 'prompt'", {"tokens": {"prompt": 1}}),
        ("'modell', which is not known", {"modell": "m"}),
        ("metadata has more than 4096 bytes", {"metadata": {"text": "ü" * 2_100}}),
        ("it is no JSON", {"metadata": {"at": object()}}),
        ("occurred_at is 'soon'", {"occurredAt": "soon"}),
    ],
)
def test_what_the_api_would_refuse_is_refused_at_once(
    at: SpoolCase, fault: str, change: dict[str, object]
) -> None:
    with pytest.raises(TollkeeperError, match=fault) as refused:
        at.open().record({**usage_of("a"), **change})
    assert refused.value.code == "invalid_usage_event"


def test_usage_is_sent_as_the_api_has_it(at: SpoolCase) -> None:
    client = at.open(now=lambda: datetime(2026, 1, 2, 3, 4, 5, 678_900, timezone.utc))
    tokens = Tokens(input=1, output=2, cache_read=3, cache_write=4, reasoning=5)
    client.record(UsageEvent("ada", "m", tokens, id="a", vendor="acme", metadata={"ü": "\ud800"}))
    client.flush(20)
    assert at.ledger.events == [
        {
            "id": "a",
            "customer": "ada",
            "model": "m",
            "tokens": {"input": 1, "output": 2, "cacheRead": 3, "cacheWrite": 4, "reasoning": 5},
            "occurredAt": "2026-01-02T03:04:05.678Z",
            "vendor": "acme",
            "metadata": {"ü": "\ud800"},
        }
    ]


def test_what_is_in_memory_only_is_told_as_lost_at_the_end(at: SpoolCase) -> None:
    at.ledger.fault = down
    client = at.open(spool=None)
    client.record(usage_of("a"))
    client.close(0)
    assert [event["id"] for event in at.errors[-1].events] == ["a"]
    with pytest.raises(TollkeeperError) as refused:
        client.record(usage_of("b"))
    assert refused.value.code == "closed"


def test_a_flush_that_takes_too_long_says_so(at: SpoolCase) -> None:
    at.ledger.fault = down
    client = at.open()
    client.record(usage_of("a"))
    with pytest.raises(TollkeeperError) as late:
        client.flush(0.05)
    assert late.value.code == "flush_timeout"


def test_a_program_that_just_ends_has_sent_its_usage(at: SpoolCase) -> None:
    program = f"""
from tollkeeper import Tollkeeper
Tollkeeper({at.ledger.url!r}, "tk").record({usage_of("a")!r})
"""
    # The client would be collected at once, and still has its thread.
    subprocess.run([sys.executable, "-c", f"{program}\nx = 1"], check=True, timeout=30)
    assert at.ledger.ids == ["a"]
