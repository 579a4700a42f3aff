"""Nothing is lost or doubled by the ends, forks, threads and event loops that apps have."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from conftest import QUICK, SpoolCase, eventually, usage_of
from ledger import Ledger, down

from tollkeeper import Tollkeeper


def app(ledger: Ledger, directory: Path, body: str) -> subprocess.Popen[str]:
    program = f"""
import os, sys, threading
from tollkeeper import Tollkeeper
def usage_of(id):
    return {{"id": id, "customer": "ada", "model": "m", "tokens": {{"input": 1}}}}
client = Tollkeeper({ledger.url!r}, "tk", spool={str(directory)!r})
{body}
"""
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)


def test_an_app_that_is_killed_between_record_and_delivery_loses_nothing(at: SpoolCase) -> None:
    at.ledger.fault = down
    for life in range(3):
        body = f"""
for number in range(50):
    client.record(usage_of(f"{life}-{{number}}"))
    print(number, flush=True)
threading.Event().wait()
"""
        process = app(at.ledger, at.directory, body)
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "49":
                break
        process.kill()
        assert process.wait() == -signal.SIGKILL
    at.ledger.fault = None
    at.open().flush(20)
    assert sorted(at.ledger.ids) == sorted(f"{a}-{b}" for a in range(3) for b in range(50))
    assert len(at.ledger.events) == 150


def test_an_app_that_is_killed_after_its_usage_was_taken_doubles_nothing(at: SpoolCase) -> None:
    taken = threading.Event()

    def take_and_hang(events: list[dict[str, object]]) -> None:
        at.ledger.events.extend(events)
        taken.set()
        hanging.wait()

    hanging = threading.Event()
    at.ledger.fault = take_and_hang
    process = app(at.ledger, at.directory, "client.record(usage_of('a'))\nclient.flush()")
    assert taken.wait(20)
    process.kill()
    process.wait()
    at.ledger.fault = None
    hanging.set()
    at.open().flush(20)
    assert at.ledger.ids == ["a"]
    assert at.ledger.duplicates >= 1


def test_many_threads_record_into_one_spool(at: SpoolCase) -> None:
    client = at.open()

    def record(thread: int) -> None:
        for number in range(50):
            client.record(usage_of(f"{thread}-{number}"))

    threads = [threading.Thread(target=record, args=(thread,)) for thread in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.flush(20)
    assert sorted(at.ledger.ids) == sorted(f"{a}-{b}" for a in range(16) for b in range(50))
    assert at.ledger.duplicates == 0


def test_the_event_loop_goes_on_while_usage_is_recorded(at: SpoolCase) -> None:
    async def main() -> int:
        beats = 0

        async def beat() -> None:
            nonlocal beats
            while True:
                beats += 1
                await asyncio.sleep(0)

        beating = asyncio.create_task(beat())
        async with at.open() as client:
            records = (client.record_async(usage_of(f"e{number}")) for number in range(100))
            await asyncio.gather(*records)
            await client.flush_async(20)
            assert (await client.access_async("ada")).state == "ok"
        beating.cancel()
        return beats

    assert asyncio.run(main()) > 10
    assert len(at.ledger.events) == 100


@pytest.mark.parametrize("directory", [True, False])
def test_forked_workers_record_what_is_theirs_and_nothing_twice(
    at: SpoolCase, directory: bool
) -> None:
    parent = at.open() if directory else at.open(spool=None)
    parent.record(usage_of("parent"))
    children = []
    for child in range(3):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                parent.record(usage_of(f"child-{child}"))
                parent.close(20)
                status = 0
            finally:
                os._exit(status)
        children.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0, 0]
    parent.record(usage_of("after"))
    parent.flush(20)
    expected = ["after", "child-0", "child-1", "child-2", "parent"]
    assert sorted(at.ledger.ids) == expected
    assert at.ledger.duplicates == 0


def _work(client: Tollkeeper, child: int) -> None:
    client.record(usage_of(f"child-{child}"))


def test_what_a_worker_left_when_it_ended_is_sent_by_its_parent(at: SpoolCase) -> None:
    at.ledger.fault = down
    parent = at.open()
    fork = multiprocessing.get_context("fork")
    workers = [fork.Process(target=_work, args=(parent, child)) for child in range(2)]
    for worker in workers:
        worker.start()
        worker.join(20)
        assert worker.exitcode == 0
    at.ledger.fault = None
    parent.flush(20)
    assert sorted(at.ledger.ids) == ["child-0", "child-1"]


def test_what_workers_left_is_sent_by_the_next_start(at: SpoolCase) -> None:
    at.ledger.fault = down
    parent = at.open()
    worker = multiprocessing.get_context("fork").Process(target=_work, args=(parent, 7))
    worker.start()
    worker.join(20)
    parent._recorder.sender.stop()
    parent._recorder.spool.close()
    at.ledger.fault = None
    at.open()
    eventually(lambda: at.ledger.ids, lambda ids: ids == ["child-7"])


def test_a_fork_while_others_record_is_no_deadlock(at: SpoolCase) -> None:
    client = Tollkeeper(at.ledger.url, "tk", spool=at.directory, pace=QUICK)
    is_over = threading.Event()

    def record() -> None:
        number = 0
        while not is_over.is_set():
            client.record(usage_of(f"p{(number := number + 1)}"))

    thread = threading.Thread(target=record)
    thread.start()
    fork = multiprocessing.get_context("fork")
    for child in range(10):
        worker = fork.Process(target=_work, args=(client, child))
        worker.start()
        worker.join(20)
        assert worker.exitcode == 0
    is_over.set()
    thread.join()
    client.close(20)
    assert {f"child-{child}" for child in range(10)} <= set(at.ledger.ids)
