"""A scrape of many workers' files gives others their turn while it reads, adds up, lays out and compacts."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.mmap_dict import MmapedDict, mmap_key

from kubeglass.instrument.multiprocess import folder as folder_module
from kubeglass.instrument.multiprocess.compaction import compact_dead
from kubeglass.instrument.multiprocess.folder import Folder
from kubeglass.instrument.multiprocess.shared_registry import Scrape, SharedValues
from kubeglass.instrument.text.format import TEXT_0_0_4

#: Above the greatest pid that Linux gives.
DEAD_PID = 1 << 22
FILES = 40


def leave_files(folder: Path) -> None:
    """Write what dead workers leave."""
    for pid in range(DEAD_PID, DEAD_PID + FILES):
        file = MmapedDict(str(folder / f"counter_{pid}.db"))  # type: ignore[no-untyped-call]
        for number in range(20):
            key = mmap_key("a", "a_total", ["n"], [str(number)], "Help.")
            file.write_value(key, 1.0, 0.0)  # type: ignore[no-untyped-call]
        file.close()  # type: ignore[no-untyped-call]


def test_reading_and_compacting_gives_others_their_turn_with_every_file(tmp_path: Path) -> None:
    leave_files(tmp_path)
    turns: list[str] = []
    folder = Folder(tmp_path, pause=lambda: turns.append("turn"))

    folder.read()
    read = len(turns)
    compact_dead(folder)

    assert read >= 2 * FILES
    assert len(turns) - read >= 2 * FILES


def test_a_scrape_does_so_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_files(tmp_path)
    turns: list[str] = []
    monkeypatch.setattr(folder_module, "Pace", lambda: lambda: turns.append("turn"))

    text = "".join(SharedValues(tmp_path).write(Scrape(TEXT_0_0_4, {})))

    assert f'a_total{{n="1"}} {FILES}.0' in text
    assert len(turns) >= 4 * FILES
