"""Copying Prometheus's data folder: blocks for nothing, the rest in full, and nothing that is not data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kubeglass.errors import StateError
from kubeglass.supervise.backup.storage_copy import copy_storage
from tests.unit.supervise.samples import BLOCK, KEPT, make_storage, read_files


def test_everything_is_copied_but_what_belongs_to_the_running_prometheus(tmp_path: Path) -> None:
    copy_storage(make_storage(tmp_path), tmp_path / "copy")

    assert read_files(tmp_path / "copy") == KEPT


def test_only_files_that_never_change_are_shared_with_the_original(tmp_path: Path) -> None:
    storage = make_storage(tmp_path)

    copy_storage(storage, tmp_path / "copy")

    shared = {name for name in KEPT if (tmp_path / "copy" / name).samefile(storage / name)}
    assert shared == {name for name in KEPT if name.startswith(BLOCK)}


def test_a_disk_without_hard_links_gets_full_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("not supported")

    monkeypatch.setattr(os, "link", refuse)

    copy_storage(make_storage(tmp_path), tmp_path / "copy")

    assert read_files(tmp_path / "copy") == KEPT


def test_a_symbolic_link_is_named_and_not_followed(tmp_path: Path) -> None:
    storage = make_storage(tmp_path)
    (storage / "wal" / "elsewhere").symlink_to("/etc")

    with pytest.raises(StateError, match="wal/elsewhere: is neither a file nor a folder"):
        copy_storage(storage, tmp_path / "copy")
