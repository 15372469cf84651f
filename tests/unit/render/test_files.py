"""Files are written whole or not at all, only when they differ, and what is no longer rendered is removed."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from kubeglass.errors import StateError
from kubeglass.render.files import RenderedFile, compare, write_files

ONE = RenderedFile(PurePosixPath("rules/one.yml"), "one\n")
TWO = RenderedFile(PurePosixPath("rules/two.yml"), "two\n")
OWNED = (PurePosixPath("rules"),)


def test_files_are_written_for_everybody_to_read(tmp_path: Path) -> None:
    changed = write_files([ONE, TWO], tmp_path)

    assert changed == [tmp_path / "rules/one.yml", tmp_path / "rules/two.yml"]
    assert (tmp_path / "rules/one.yml").read_text() == "one\n"
    assert (tmp_path / "rules/two.yml").stat().st_mode & 0o777 == 0o644


def test_the_same_bytes_are_left_alone(tmp_path: Path) -> None:
    write_files([ONE], tmp_path)

    assert write_files([ONE], tmp_path) == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("a file in the way")

    with pytest.raises(StateError, match=r"rules: cannot be written"):
        write_files([ONE], tmp_path)


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    (tmp_path / "rules/one.yml").mkdir(parents=True)

    with pytest.raises(StateError):
        write_files([ONE], tmp_path)

    assert list((tmp_path / "rules").iterdir()) == [tmp_path / "rules/one.yml"]


def test_what_is_no_longer_rendered_is_removed_from_owned_folders_only(tmp_path: Path) -> None:
    write_files([ONE, TWO, RenderedFile(PurePosixPath("mine/keep.yml"), "keep\n")], tmp_path)

    removed = write_files([ONE], tmp_path, owned=OWNED)

    assert removed == [tmp_path / "rules/two.yml"]
    assert (tmp_path / "mine/keep.yml").exists()


def test_differences_are_told_by_kind(tmp_path: Path) -> None:
    write_files([RenderedFile(ONE.path, "else\n"), RenderedFile(PurePosixPath("rules/old.yml"), "old\n")], tmp_path)

    changes = compare([ONE, TWO], tmp_path, owned=OWNED)

    assert [(change.kind, str(change.path)) for change in changes] == [
        ("different", "rules/one.yml"),
        ("missing", "rules/two.yml"),
        ("stale", "rules/old.yml"),
    ]
