"""A full disk is told of before anything is written."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from kubeglass.engines.install.build import GIB, require_space
from kubeglass.engines.install.source import Unavailable


class _Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def two_gib_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: _Usage(10 * GIB, 8 * GIB, 2 * GIB))


@pytest.mark.usefixtures("two_gib_free")
def test_enough_room_passes(tmp_path: Path) -> None:
    require_space([(tmp_path, 1.9)])


@pytest.mark.usefixtures("two_gib_free")
def test_too_little_room_is_named_with_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"has 2\.0 GiB free, and needs 2\.5 GiB") as caught:
        require_space([(tmp_path / "not" / "yet" / "there", 2.5)])

    assert "free some space" in caught.value.hint


@pytest.mark.usefixtures("two_gib_free")
def test_folders_of_one_disk_share_its_room(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"needs 3\.0 GiB"):
        require_space([(tmp_path / "modules", 1.5), (tmp_path / "cache", 1.5)])


def test_the_real_disk_is_asked(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="and needs .* GiB"):
        require_space([(tmp_path, 1e9)])
