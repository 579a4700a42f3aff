"""One append-only file of the spool, with one fsync for all appends that wait for it."""

from __future__ import annotations

import os
import threading
from pathlib import Path

# macOS and Windows have no fdatasync.
_sync_data = getattr(os, "fdatasync", os.fsync)


class SegmentFile:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.bytes = 0
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._synced_bytes = 0
        self._is_name_synced = False
        self._is_retired = False
        self._syncing = threading.Lock()

    def append(self, data: bytes) -> None:
        """Written when this returns. Raises if it can't be written."""
        try:
            written = 0
            while written < len(data):
                written += os.write(self._file, data[written:])
        except OSError:
            # Half of it must not stand before what comes next.
            os.ftruncate(self._file, self.bytes)
            raise
        self.bytes += len(data)

    def sync(self) -> None:
        """On the disk when this returns: who comes while another syncs finds most of it done."""
        with self._syncing:
            self._sync()

    def retire(self) -> None:
        """No more appends."""
        with self._syncing:
            if self._is_retired:
                return
            try:
                self._sync()
            finally:
                self._is_retired = True
                os.close(self._file)

    def _sync(self) -> None:
        if self._is_retired or self._synced_bytes == self.bytes:
            return
        written = self.bytes
        _sync_data(self._file)
        self._synced_bytes = written
        if not self._is_name_synced:
            _sync_folder(self.path.parent)
            self._is_name_synced = True


def _sync_folder(folder: Path) -> None:
    """A new file's name must be on the disk too. Windows has no such thing."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
