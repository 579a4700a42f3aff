"""What tests stand on: a ledger that can be broken, and clients on directories of their own."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from ledger import Ledger, down
from provider import Provider

from tollkeeper import Pace, SpoolOptions, Tollkeeper, TollkeeperError

# LiteLLM asks the internet for prices as it is imported, and has some of its own.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

T = TypeVar("T")
QUICK = Pace(gather=0.005, retry_min=0.005, retry_max=0.02)


def eventually(look: Callable[[], T], is_right: Callable[[T], bool] = bool) -> T:
    deadline = time.monotonic() + 20
    while not is_right(seen := look()):
        assert time.monotonic() < deadline, f"still {seen!r} after 20 seconds"
        time.sleep(0.01)
    return seen


def usage_of(id: str | None, customer: str = "ada") -> dict[str, Any]:
    tokens = {"input": 10, "output": 2}
    return {"id": id, "customer": customer, "model": "gpt-4o-mini", "tokens": tokens}


class SpoolCase:
    """Clients of one directory, the ledger that they send to, and what they were told."""

    def __init__(self, ledger: Ledger, directory: Path) -> None:
        self.ledger = ledger
        self.directory = directory
        self.errors: list[TollkeeperError] = []
        self._clients: list[Tollkeeper] = []

    def open(self, **options: Any) -> Tollkeeper:
        given = {"spool": self.directory, "pace": QUICK, "on_error": self.errors.append, **options}
        client = Tollkeeper(self.ledger.url, "tk", **given)
        self._clients.append(client)
        return client

    def open_with(self, **limits: Any) -> Tollkeeper:
        return self.open(spool=SpoolOptions(self.directory, **limits))

    def open_in_memory(self, **limits: Any) -> Tollkeeper:
        return self.open(spool=SpoolOptions(**limits))

    @property
    def codes(self) -> list[str]:
        return [error.code for error in self.errors]

    @property
    def segments(self) -> list[Path]:
        return sorted(self.directory.glob("[0-9]*.ndjson"))

    def end(self) -> None:
        self.ledger.fault = None
        for client in self._clients:
            client.close(0)


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    ledger = Ledger()
    yield ledger
    ledger.close()


@pytest.fixture
def at(ledger: Ledger, tmp_path: Path) -> Iterator[SpoolCase]:
    case = SpoolCase(ledger, tmp_path / "spool")
    yield case
    case.end()


class Metering:
    """A client whose usage stays where the test can look at it: the API is down for it."""

    def __init__(self, ledger: Ledger) -> None:
        ledger.fault = down
        self.errors: list[TollkeeperError] = []
        self._ledger = ledger
        self.tollkeeper = Tollkeeper(ledger.url, "tk", pace=Pace(gather=1e6), on_error=self._hear)

    def recorded(self) -> list[dict[str, Any]]:
        """Written by now, and not a moment later: the call that it is of has ended."""
        spool = self.tollkeeper._recorder.spool
        batch = spool.oldest(1_000, 10_000_000)
        return [json.loads(line) for line in batch.lines] if batch else []

    def forget(self) -> None:
        spool = self.tollkeeper._recorder.spool
        batch = spool.oldest(1_000, 10_000_000)
        if batch:
            spool.acknowledge(batch)
        self.errors.clear()

    def _hear(self, error: TollkeeperError) -> None:
        if error.code != "unsent_at_close":
            self.errors.append(error)

    def end(self) -> None:
        self.tollkeeper.close(0)


@pytest.fixture
def metering(ledger: Ledger) -> Iterator[Metering]:
    metering = Metering(ledger)
    yield metering
    metering.end()


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.close()
