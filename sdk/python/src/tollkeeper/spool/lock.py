"""One process at a time has a spool's directory. The lock names its process, so that a dead one's
is taken over; a lock of another host is dead when it has not been touched for a while."""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import TollkeeperError

TOUCH_SECONDS = 5.0
# A host that was silent for so long is taken to be gone.
OTHER_HOST_DEAD_SECONDS = 30.0
# A takeover is a matter of milliseconds: an older one was interrupted.
TAKEOVER_SECONDS_MAX = 10.0


class SpoolLock:
    """Raises `spool_in_use`, with the owner's pid. `touch` is to be called every TOUCH_SECONDS."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "lock"
        self._token = str(uuid.uuid4())
        if self._create():
            return
        _take_over(directory, self._path)
        if not self._create():
            raise _in_use(directory, _read(self._path))

    def touch(self) -> None:
        # It is touched again in a moment; nobody on this host minds.
        with suppress(OSError):
            if self._is_ours():
                os.utime(self._path)

    def release(self) -> None:
        if self._is_ours():
            self._path.unlink(missing_ok=True)

    def _is_ours(self) -> bool:
        return (_read(self._path) or {}).get("token") == self._token

    def _create(self) -> bool:
        owner = {
            "token": self._token,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            # Tells the process from a later one with the same pid; empty where that can't be known.
            "startedAt": _start_of(os.getpid()),
        }
        try:
            lock = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return False
        try:
            os.write(lock, json.dumps(owner, separators=(",", ":")).encode())
        finally:
            os.close(lock)
        return True


def _take_over(directory: Path, path: Path) -> None:
    """Removes a dead owner's lock; only one process at a time may judge it."""
    guard = Path(f"{path}.takeover")
    if _age(guard) > TAKEOVER_SECONDS_MAX:
        shutil.rmtree(guard, ignore_errors=True)
    try:
        guard.mkdir()
    except FileExistsError:
        raise _in_use(directory, _read(path)) from None
    try:
        owner = _read(path)
        if _is_alive(owner, path):
            raise _in_use(directory, owner)
        path.unlink(missing_ok=True)
    finally:
        with suppress(OSError):
            guard.rmdir()


def _is_alive(owner: dict[str, Any] | None, path: Path) -> bool:
    if owner is None:
        # Its process was killed while it wrote the lock, or is writing it just now.
        return 0 <= _age(path) < TAKEOVER_SECONDS_MAX
    if owner.get("host") != socket.gethostname():
        return _age(path) < OTHER_HOST_DEAD_SECONDS
    pid = owner.get("pid")
    if not isinstance(pid, int) or not _is_running(pid):
        return False
    return bool(owner.get("startedAt", "") == _start_of(pid))


def _is_running(pid: int) -> bool:
    if os.name == "nt":
        # A signal of 0 would end a process there: the lock's age has to tell.
        return True
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def _start_of(pid: int) -> str:
    """Ticks from the machine's start to the process's, which no two processes of a pid share."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return ""
    fields = stat[stat.rindex(")") + 2 :].split(" ")
    # A zombie runs no more.
    return "dead" if fields[0] == "Z" else fields[19]


def _read(path: Path) -> dict[str, Any] | None:
    try:
        owner = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return owner if isinstance(owner, dict) else None


def _age(path: Path) -> float:
    """Seconds since it was touched; minus infinity when there is none."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return float("-inf")


def _in_use(directory: Path, owner: dict[str, Any] | None) -> TollkeeperError:
    holder = f"process {owner.get('pid')} on {owner.get('host')}" if owner else "another process"
    return TollkeeperError(
        "spool_in_use",
        f"The spool {directory} is used by {holder}: give each process, and each client, a "
        "directory of its own.",
    )
