"""Compact the files of dead processes into one file of totals per kind, so that they do not pile up.

A process that is killed at any point leaves a state that reads the same:

1. Write the new totals, and the names of the files they include, to a temporary file.
2. Rename it over the old totals: from now on the named files no longer count, though they still exist.
3. Remove the named files. Names are unique, so they cannot come back.

prometheus_client's own files are named after a pid, which can be reused: such a file is renamed first.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from prometheus_client.mmap_dict import mmap_key

from kubeglass.catalog import OVERFLOW
from kubeglass.files import lock
from kubeglass.instrument.multiprocess.folder import Folder, Readers, latest
from kubeglass.instrument.multiprocess.series_table import Identity, Labels, SeriesTable, Totals
from kubeglass.instrument.multiprocess.value_reader import COMPACTED, TRANSIENT, FileName, ValueReader, is_running
from kubeglass.instrument.storage.value_file import HEADER, UNFINISHED, encode_entry

LOCK_NAME = "kubeglass.lock"

#: Held by the process that compacts in the background, as long as it lives.
LEADER_LOCK_NAME = "kubeglass-compactor.lock"

#: Seconds after which an unfinished file is considered abandoned.
LITTER_AGE = 60.0

#: How many sets of label values a family may have, by its name.
Limits = Mapping[str, int]


def compact_dead(folder: Folder, limits: Limits | None = None, readers: Readers | None = None) -> bool:
    """Compact the files of dead processes into the totals; return False if another process is doing so.

    Args:
        folder: the multiprocess folder; what it has already parsed is not parsed again.
        limits: how many series families may have in the totals.
        readers: what was read of the folder; series of living processes are kept beyond the limits.
    """
    with (folder.path / LOCK_NAME).open("ab") as file:
        if not lock(file.fileno()):
            return False
        # Listed again: another process may have compacted before this one got the lock.
        kinds: dict[str, list[FileName]] = {}
        for name in folder.list_dead():
            kinds.setdefault(name.kind, []).append(name)
        for kind, names in kinds.items():
            if kind in TRANSIENT:
                _remove(folder, [name.name for name in names])
            else:
                _compact_kind(folder, kind, names, limits or {}, (readers or {}).get(kind, []))
        _remove_litter(folder.path)
    return True


def _compact_kind(folder: Folder, kind: str, dead: list[FileName], limits: Limits, found: list[ValueReader]) -> None:
    names = [unique for name in dead if (unique := _make_unique(folder, name))]
    if not names:  # living processes have taken all of them over
        return
    gone = [name.name for name in names]
    old = FileName(f"{kind}_{COMPACTED}.db", kind, COMPACTED, 0, is_ours=False)
    if (folder.path / old.name).exists():
        names.insert(0, old)
    readers = [folder.reader(name) for name in names]
    # Files that the old totals include but that were not removed yet must not count again.
    included = frozenset[str]().union(*(reader.compacted for reader in readers))
    done = {reader.inode for reader in readers if reader.name.name in included}
    # By inode: a compaction that was killed may have left a file with two names.
    counting = list({reader.inode: reader for reader in readers if reader.inode not in done}.values())
    values = folder.totals(kind, counting)
    # What was kept first stays first: a limit spares it.
    first = [number for reader in counting if reader.name.is_compacted for number in reader.series if number in values]
    totals = {number: values[number] for number in [*first, *sorted(values)]}
    if limits:
        living = [number for reader in found if reader.is_alive for number in reader.series]
        totals = limit_cardinality(folder.tables[kind], totals, limits, living)
    _replace(folder.path / old.name, _encode(folder, kind, totals, counting), gone)
    _remove(folder, gone)


def _make_unique(folder: Folder, name: FileName) -> FileName | None:
    """Give a file that is named after a pid a unique name; return None if a new process has taken it over."""
    if name.is_ours:
        return name
    folder.pause()
    path, owner = folder.path, f"{name.pid}-{secrets.token_hex(4)}"
    unique = FileName(f"{name.kind}_{owner}.db", name.kind, owner, name.pid, is_ours=True)
    with suppress(FileNotFoundError):
        (path / name.name).rename(path / unique.name)
        if not is_running(name.pid):
            folder.note_rename(name, unique)
            return unique
        # A process got the pid, and may have opened the file, since the pid was found free.
        with suppress(FileExistsError):
            os.link(path / unique.name, path / name.name)
            (path / unique.name).unlink()
    return None


def limit_cardinality(table: SeriesTable, totals: Totals, limits: Limits, living: Iterable[int]) -> Totals:
    """Add what exceeds a family's limit to its overflow series, as a worker does.

    What was kept once is kept for good, so that no counter goes back. So is what a living worker counts: it is shown
    anyway, and its total must not shrink to that worker's share.

    Args:
        table: the samples.
        totals: their values by number, those that were kept before first.
        limits: families that have a limit.
        living: numbers that living workers have.
    """
    kept: dict[str, dict[Labels, None]] = {family: {} for family in limits}
    for number in totals:
        identity = table.identities[number]
        if identity.family in kept and any(value != OVERFLOW for _, value in identity.series):
            kept[identity.family].setdefault(identity.series)
    over = {(family, labels) for family, found in kept.items() for labels in list(found)[limits[family] :]}
    if not over:
        return totals
    over -= {(table.identities[number].family, table.identities[number].series) for number in living}
    limited: Totals = {}
    for number, value in totals.items():
        identity = table.identities[number]
        kept_in = _overflow_number(table, identity) if (identity.family, identity.series) in over else number
        limited[kept_in] = limited.get(kept_in, 0.0) + value
    return limited


def _overflow_number(table: SeriesTable, identity: Identity) -> int:
    """Return the number of the sample that corresponds to this one in the overflow series."""
    names = [name for name, _ in identity.labels]
    values = [value if name == "le" else OVERFLOW for name, value in identity.labels]
    key = mmap_key(identity.family, identity.sample, names, values, table.helps[identity.family])
    return table.number_all([key.encode()])[0]


def _encode(folder: Folder, kind: str, totals: Totals, readers: list[ValueReader]) -> bytes:
    table = folder.tables[kind]
    whens = latest(readers, folder.pause) if kind == "gauge_mostrecent" else {}
    body = bytearray()
    for number, value in totals.items():
        body += encode_entry(table.keys[number].decode(), value, whens.get(number, (0.0,))[0])
        folder.pause()
    return HEADER.pack(HEADER.size + len(body), 0) + bytes(body)


def _replace(path: Path, content: bytes, names: list[str]) -> None:
    fresh = path.with_name(f"{path.name}.{os.getpid()}{UNFINISHED}")
    try:
        fresh.write_bytes(content + json.dumps(names).encode())
        fresh.replace(path)
    except OSError:  # a full file system
        fresh.unlink(missing_ok=True)
        raise


def _remove_litter(path: Path) -> None:
    """Remove temporary files that a killed process left."""
    limit = time.time() - LITTER_AGE
    for entry in path.glob(f"*{UNFINISHED}"):
        with suppress(FileNotFoundError):
            if entry.stat().st_mtime < limit:
                entry.unlink()


def _remove(folder: Folder, names: list[str]) -> None:
    for name in names:
        (folder.path / name).unlink(missing_ok=True)
        folder.pause()
