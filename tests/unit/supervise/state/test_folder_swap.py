"""Replacing a folder: at whatever moment it is interrupted, the old or the new is there, whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeglass.supervise.state.folder import FolderSwap
from tests.unit.supervise.samples import read_files

OLD, NEW = {"a": b"old"}, {"a": b"new", "b": b"new"}


def make(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)


def settle(swap: FolderSwap) -> list[str]:
    notes: list[str] = []
    swap.settle(notes.append)
    return notes


@pytest.fixture
def swap(tmp_path: Path) -> FolderSwap:
    """An old folder in place and a new one beside."""
    swap = FolderSwap(tmp_path / "data")
    make(swap.target, OLD)
    make(swap.new, NEW)
    return swap


def test_the_new_folder_takes_the_place_of_the_old(swap: FolderSwap) -> None:
    swap.complete()

    assert read_files(swap.target) == NEW
    assert list(swap.target.parent.iterdir()) == [swap.target]
    assert settle(swap) == []


def test_there_need_not_be_an_old_one(tmp_path: Path) -> None:
    swap = FolderSwap(tmp_path / "data")
    make(swap.new, NEW)

    swap.complete()

    assert read_files(swap.target) == NEW


def test_interrupted_before_the_swap_the_old_stays(swap: FolderSwap) -> None:
    assert settle(swap) == []

    assert read_files(swap.target) == OLD
    assert list(swap.target.parent.iterdir()) == [swap.target]


def test_interrupted_within_the_swap_the_old_comes_back(swap: FolderSwap, monkeypatch: pytest.MonkeyPatch) -> None:
    renamed: list[Path] = []
    rename = Path.rename

    def rename_once(self: Path, target: Path) -> Path:
        if renamed:
            raise KeyboardInterrupt
        renamed.append(self)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", rename_once)
    with pytest.raises(KeyboardInterrupt):
        swap.complete()
    monkeypatch.undo()
    assert not swap.target.exists()

    notes = settle(swap)

    assert notes == [f"{swap.target}: an interrupted restore is undone; the earlier data is back"]
    assert read_files(swap.target) == OLD
    assert list(swap.target.parent.iterdir()) == [swap.target]


def test_interrupted_after_the_swap_the_new_stays(swap: FolderSwap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.rmtree", lambda *_, **__: None)
    swap.complete()
    monkeypatch.undo()

    assert settle(swap) == []

    assert read_files(swap.target) == NEW
    assert list(swap.target.parent.iterdir()) == [swap.target]
