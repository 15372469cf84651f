"""What builds keep is used again, and goes when no build has used it for a month."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from kubeglass.images.archive import write_archive
from kubeglass.images.image import File, Image
from kubeglass.images.kept import find_kept, forget_unused

DAY = 24 * 3600


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def leave(name: str, days: int) -> Path:
    """Keep a file that was used last that many days ago."""
    path = find_kept(name)
    path.write_text("kept")
    moment = time.time() - days * DAY
    os.utime(path, (moment, moment))
    return path


def test_what_was_not_used_for_a_month_is_deleted() -> None:
    recent, old, used = leave("layers/recent", 29), leave("layers/old", 31), leave("python3.11/used", 31)
    find_kept("python3.11/used")

    forget_unused()

    assert (recent.exists(), old.exists(), used.exists()) == (True, False, True)


def test_a_layer_is_compressed_once(tmp_path: Path) -> None:
    layers = ((File("a", b"1"),), (File("b", b"2"),))
    write_archive(Image("localhost/shop:1", layers, ("/a",)), tmp_path / "first.tar")
    moments = {path: path.stat().st_ino for path in find_kept("layers/any").parent.iterdir()}
    old = leave("layers/old", 31)

    write_archive(Image("localhost/shop:2", layers, ("/b",)), tmp_path / "second.tar")

    assert {path: path.stat().st_ino for path in find_kept("layers/any").parent.iterdir()} == moments
    assert len(moments) == 2
    assert not old.exists()
