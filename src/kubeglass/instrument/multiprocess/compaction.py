"""Compact the files of dead processes into one file of totals, so that they do not pile up.

A process killed at any point leaves a state that reads the same:

1. Write the new totals, and the names of the files they include, to a file that nobody reads.
2. Rename it over the old totals: from now on the named files no longer count, though they still exist.
3. Remove the named files. Names are unique, so they cannot come back.

prometheus_client's own files are named after a pid, which another process can get: such a file is renamed before.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from kubeglass.instrument.multiprocess.cardinality_limit import Limits, limit_cardinality
from kubeglass.instrument.multiprocess.folder import Folder
from kubeglass.instrument.multiprocess.liveness import COMPACTED, TRANSIENT, FileName, is_running, parse_name
from kubeglass.instrument.multiprocess.reader import Totals, ValueReader, latest
from kubeglass.instrument.storage.value_file import HEADER, UNFINISHED, encode_entry

LOCK_NAME = "kubeglass.lock"

#: Locked by the process that compacts in the background, as long as it lives.
LEADER_LOCK_NAME = "kubeglass-compactor.lock"

#: The files of living processes, by kind.
Living = Mapping[str, list[ValueReader]]

#: Seconds after which an unfinished file is considered abandoned.
LITTER_AGE = 60.0


def compact_dead(folder: Folder, limits: Limits | None = None, living: Living | None = None) -> bool:
    """Compact the files of ended processes into the totals; return False if another process is doing so.

    Args:
        folder: the multiprocess folder; what it has parsed before is not parsed again.
        limits: how many series families may have in the totals.
        living: the files of living processes, by kind; what they have in them is kept beyond the limits.
    """
    with _only_folder(folder.path) as is_mine:
        if not is_mine:
            return False
        # List again: another process may have compacted before this one got the lock.
        kinds: dict[str, list[FileName]] = {}
        for name in folder.list_dead():
            kinds.setdefault(name.kind, []).append(name)
        for kind, names in kinds.items():
            if kind in TRANSIENT:
                _remove(folder, [name.name for name in names])
            else:
                _compact_kind(folder, kind, names, limits or {}, (living or {}).get(kind, []))
        _remove(folder, _litter(folder.path))
    return True


@contextmanager
def _only_folder(path: Path) -> Iterator[bool]:
    descriptor = os.open(path / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(descriptor)


def _compact_kind(folder: Folder, kind: str, dead: list[FileName], limits: Limits, living: list[ValueReader]) -> None:
    names = [unique for name in dead if (unique := _make_unique(folder, name))]
    if not names:  # living processes have taken all of them over
        return
    gone = [name.name for name in names]
    old = parse_name(f"{kind}_{COMPACTED}.db")
    if old is not None and (folder.path / old.name).exists():
        names.insert(0, old)
    readers = [folder.reader(name) for name in names]
    # What the old totals include already and nobody has removed yet must not be added again.
    included = frozenset[str]().union(*(reader.compacted for reader in readers))
    done = {reader.inode for reader in readers if reader.name.name in included}
    # By inode: a compaction that was killed may have left a file with two names.
    counting = list({reader.inode: reader for reader in readers if reader.inode not in done}.values())
    totals = folder.totals(kind, counting)
    if limits:
        first = [number for reader in counting if reader.name.is_compacted for number in reader.series]
        others = [number for reader in living for number in reader.series]
        totals = limit_cardinality(folder.tables[kind], totals, limits, first=first, living=others)
    _replace(folder.path / f"{kind}_{COMPACTED}.db", _encode(folder, kind, totals, counting), gone)
    _remove(folder, gone)


def _make_unique(folder: Folder, name: FileName) -> FileName | None:
    """Give a file that is named after a pid a name of its own; None if a new process has taken it over."""
    if name.is_ours:
        return name
    folder.pause()
    path, unique = folder.path, parse_name(f"{name.kind}_{name.pid}-{secrets.token_hex(4)}.db")
    if unique is None:
        return None
    with suppress(FileNotFoundError):
        (path / name.name).rename(path / unique.name)
        if not is_running(name.pid):
            folder.note_rename(name, unique)
            return unique
        # A process got the pid, and may have opened the file, in the instant since the pid was found free.
        with suppress(FileExistsError):
            os.link(path / unique.name, path / name.name)
            (path / unique.name).unlink()
    return None


def _encode(folder: Folder, kind: str, totals: Totals, readers: list[ValueReader]) -> bytes:
    table = folder.tables[kind]
    whens = latest(readers, folder.pause) if kind == "gauge_mostrecent" else {}
    # What was kept first stays first: it is what a limit spares.
    first = dict.fromkeys(number for reader in readers if reader.name.is_compacted for number in reader.series)
    body = bytearray()
    for number in [*(number for number in first if number in totals), *sorted(totals.keys() - first.keys())]:
        body += encode_entry(table.keys[number].decode(), totals[number], whens.get(number, (0.0,))[0])
        folder.pause()
    return HEADER.pack(HEADER.size + len(body), 0) + bytes(body)


def _replace(path: Path, content: bytes, names: list[str]) -> None:
    fresh = path.with_name(f"{path.name}.{os.getpid()}{UNFINISHED}")
    try:
        fresh.write_bytes(content + json.dumps(names).encode())
        fresh.replace(path)
    except OSError:  # a full file system, of which it must not take more
        fresh.unlink(missing_ok=True)
        raise


def _litter(path: Path) -> list[str]:
    """Name files that a killed process began: nobody reads them."""
    limit = time.time() - LITTER_AGE
    found = []
    for entry in path.glob(f"*{UNFINISHED}"):
        with suppress(FileNotFoundError):
            if entry.stat().st_mtime < limit:
                found.append(entry.name)
    return found


def _remove(folder: Folder, names: list[str]) -> None:
    for name in names:
        (folder.path / name).unlink(missing_ok=True)
        folder.pause()
