"""A file with one process's values of one kind, for other processes to read, in prometheus_client's format.

The file begins with a 4-byte int that says how many bytes are used, and 4 bytes of padding. Then entries: a 4-byte
length, a JSON key padded with spaces to a multiple of 8 bytes, the value and a timestamp as doubles. So every value is
aligned to 8 bytes, and is written and read whole. The format is that of ``prometheus_client.mmap_dict``, which makes
these files readable to ``prometheus_client.multiprocess`` too.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import secrets
import struct
from pathlib import Path

from kubeglass.instrument.storage.cells import Cell

HEADER = struct.Struct("ii")
LENGTH = struct.Struct("i")
FIRST_SIZE = 1 << 16
VALUE_SIZE = 16

#: The suffix of a file's name until its owner has locked it.
UNFINISHED = ".new"


def name_owner() -> str:
    """Return this process's name in file names: its pid, and a token because pids are reused."""
    return f"{os.getpid()}-{secrets.token_hex(4)}"


def encode_entry(key: str, value: float = 0.0, timestamp: float = 0.0) -> bytes:
    """Encode one entry: length, padded key, value and timestamp."""
    name = key.encode()
    padded = name + b" " * (8 - (len(name) + 4) % 8)
    return LENGTH.pack(len(name)) + padded + struct.pack("dd", value, timestamp)


def reserve(descriptor: int, old: int, size: int) -> None:
    """Enlarge a file with allocated pages: writing to a hole in a full file system kills the process (SIGBUS).

    Args:
        descriptor: the file.
        old: its size in bytes.
        size: its new size in bytes.

    Raises:
        OSError: the file system is full.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, old, size - old)
    else:  # macOS
        os.pwrite(descriptor, bytes(size - old), old)


class ValueFile:
    """A growing file of doubles that belongs to this process.

    The process holds a lock on the file (flock(2)), which the kernel drops when the process ends. So other processes
    can tell a dead worker's file from a living worker's, even if the pid was reused.

    Args:
        folder: the multiprocess folder.
        kind: ``counter``, ``histogram`` or ``gauge_<mode>``; prometheus_client reads it from the file's name.
        owner: this process's name in file names, see :func:`name_owner`.
    """

    def __init__(self, folder: Path, kind: str, owner: str) -> None:
        self.path = folder / f"{kind}_{owner}.db"
        unfinished = folder / f"{self.path.name}{UNFINISHED}"
        self._lock = -1
        self._descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        try:
            # Opened a second time for the lock: the mapping keeps the first descriptor, and would keep its lock, in
            # every fork of this process.
            self._lock = os.open(unfinished, os.O_RDONLY | os.O_CLOEXEC)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            self._used = HEADER.size
            self._size = 0
            self._grow(FIRST_SIZE)
            self._set_used(HEADER.size)
            # Only once it is locked: without the lock it would look like a dead process's.
            unfinished.rename(self.path)
        except OSError:
            self.abandon()
            unfinished.unlink(missing_ok=True)
            raise

    def allocate(self, key: str) -> Cell:
        """Append an entry with value 0 and return its cell.

        Raises:
            OSError: the file system is full; existing entries are unchanged.
        """
        entry = encode_entry(key)
        end = self._used + len(entry)
        if end > self._size:
            self._grow(max(self._size * 2, end))
        self._map[self._used : end] = entry
        self._set_used(end)
        return Cell(self._view, (end - VALUE_SIZE) // 8)

    def abandon(self) -> None:
        """Close this process's copy of its parent's file."""
        for descriptor in (self._descriptor, self._lock):
            if descriptor >= 0:
                os.close(descriptor)
        self._descriptor = self._lock = -1

    def _grow(self, size: int) -> None:
        # Existing cells keep their mapping: all mappings of the file share its pages.
        size = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
        reserve(self._descriptor, self._size, size)
        self._map = mmap.mmap(self._descriptor, size)
        self._view = memoryview(self._map).cast("d")
        self._size = size

    def _set_used(self, used: int) -> None:
        # After the entry: a reader never sees half of one.
        self._map[: LENGTH.size] = LENGTH.pack(used)
        self._used = used
