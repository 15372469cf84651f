"""What lies in an image, and in which order."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from kubeglass.images.image import File, Folder, Symlink, order_entries, read_folder

NAMES = st.text("ab-.", min_size=1, max_size=3).filter(lambda name: name.strip("."))
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@given(st.lists(PATHS))
def test_every_entry_comes_after_the_folder_it_lies_in(paths: list[str]) -> None:
    ordered = [entry.path for entry in order_entries(Folder(path) for path in paths)]

    assert len(ordered) == len(set(ordered))
    for number, path in enumerate(ordered):
        parent = path.rpartition("/")[0]
        assert not parent or parent in ordered[:number]


def test_the_last_of_two_with_one_path_wins() -> None:
    ordered = order_entries([File("a", b"first"), Folder("tmp", 0o1777), File("tmp/x", b""), File("a", b"second")])

    assert ordered == [File("a", b"second"), Folder("tmp", 0o1777), File("tmp/x", b"")]


def test_a_folder_is_read_with_what_is_executable_and_without_what_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "run").write_text("x")
    (tmp_path / "bin" / "run").chmod(0o700)
    (tmp_path / "secret").write_text("x")

    entries = read_folder(tmp_path, "app", leave_out=lambda path: path.name == "secret")

    assert entries == [
        Folder("app"),
        Folder("app/bin"),
        File("app/bin/run", tmp_path / "bin" / "run", 0o755),
    ]


def test_links_lead_neither_in_circles_nor_out_of_the_image(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("content")
    (tmp_path / "alias").symlink_to(tmp_path / "real")
    (tmp_path / "circle").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")

    entries = read_folder(tmp_path, "app")

    assert [entry.path for entry in entries] == ["app", "app/alias", "app/real"]
    assert not any(isinstance(entry, Symlink) for entry in entries)
