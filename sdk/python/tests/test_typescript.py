"""A spool that one SDK has written is delivered by the other: the same files, lock and cursor."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from conftest import SpoolCase, usage_of
from ledger import Ledger, down

from tollkeeper import TollkeeperError

ROOT = Path(__file__).parents[3]


def in_typescript(ledger: Ledger, directory: Path, body: str) -> str:
    """What the program prints. It has `client`, and `usageOf(id)`; to end it, it is killed."""
    program = f"""
      const {{ TollkeeperClient }} = require({json.dumps(str(ROOT / "src" / "sdk"))});
      const usageOf = (id) =>
        ({{ id, customer: 'ada', model: 'gpt-4o-mini', tokens: {{ input: 10, output: 2 }} }});
      (async () => {{
        const client = new TollkeeperClient({{
          baseUrl: {json.dumps(ledger.url)},
          apiKey: 'tk',
          spool: {{ directory: {json.dumps(str(directory))} }},
          gatherMs: 5,
          retryMs: {{ min: 5, max: 20 }},
          onError: () => undefined,
        }});
        {body}
      }})().catch((error) => {{
        console.log(error.code, error.message);
        process.exit();
      }});
    """
    done = subprocess.run(
        ["node", "-r", "tsx/cjs", "-e", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.strip()


KILLED = "process.kill(process.pid, 'SIGKILL');"


def test_usage_that_typescript_left_is_delivered_by_python(at: SpoolCase) -> None:
    at.ledger.fault = down
    in_typescript(
        at.ledger, at.directory, f"await client.recordUsage([usageOf('ü'), usageOf('b')]); {KILLED}"
    )
    assert (at.directory / "lock").exists()
    at.ledger.fault = None
    at.open().flush(20)
    assert at.ledger.ids == ["ü", "b"]
    assert at.codes == []


def test_usage_that_python_left_is_delivered_by_typescript(at: SpoolCase) -> None:
    at.ledger.fault = down
    client = at.open()
    client.record_many([usage_of("ü"), usage_of("b")])
    client.close(0)
    at.ledger.fault = None
    in_typescript(at.ledger, at.directory, "await client.flush(); await client.close();")
    assert at.ledger.ids == ["ü", "b"]
    assert at.segments == []


def test_what_one_has_sent_of_a_file_the_other_does_not_send_again(at: SpoolCase) -> None:
    client = at.open()
    client.record(usage_of("a"))
    client.flush(20)
    at.ledger.fault = down
    client.record(usage_of("b"))
    client.close(0)
    at.ledger.fault = None
    in_typescript(
        at.ledger,
        at.directory,
        f"await client.recordUsage(usageOf('c')); await client.flush();{KILLED}",
    )
    assert at.ledger.ids == ["a", "b", "c"]
    again = at.open()
    again.record(usage_of("d"))
    again.flush(20)
    assert at.ledger.ids == ["a", "b", "c", "d"]
    assert at.ledger.duplicates == 0


def test_neither_enters_a_directory_that_the_other_has(at: SpoolCase) -> None:
    at.open()
    said = in_typescript(at.ledger, at.directory, "")
    assert said.startswith("spool_in_use")
    assert "process" in said

    other = at.directory.with_name("other")
    program = f"""
      require('child_process').execFileSync('true');
      console.log(require('fs').readFileSync({json.dumps(str(other / "lock"))}, 'utf8'));
      {KILLED}
    """
    lock = json.loads(in_typescript(at.ledger, other, program))
    # Its process is gone; one that lives has to be respected.
    ours = json.loads((at.directory / "lock").read_text())
    (other / "lock").write_text(json.dumps({**ours, "token": lock["token"]}))
    with pytest.raises(TollkeeperError) as refused:
        at.open(spool=other)
    assert refused.value.code == "spool_in_use"
    assert set(lock) == set(ours)


def test_a_line_is_the_same_from_both(at: SpoolCase) -> None:
    at.ledger.fault = down
    event = {**usage_of("ü"), "occurredAt": "2026-01-02T03:04:05.678Z"}
    ours = at.open()
    ours.record(event)
    theirs = at.directory.with_name("theirs")
    in_typescript(at.ledger, theirs, f"await client.recordUsage({json.dumps(event)}); {KILLED}")
    [written] = theirs.glob("[0-9]*.ndjson")
    assert at.segments[0].read_bytes() == written.read_bytes()
    assert at.segments[0].name == written.name
