"""Files are replaced whole or not at all, and locked by one holder at a time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kubeglass.errors import EngineError, StateError
from kubeglass.files import explain_disk_errors, lock, replacing, write_text


def test_a_file_is_replaced_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("old")

    write_text(path, "new", mode=0o600)

    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("old")

    with pytest.raises(TypeError), replacing(path) as stream:
        stream.writelines([b"half", "of it"])  # type: ignore[list-item]

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_refusal_names_the_file_the_reason_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "run.json"

    with (
        pytest.raises(StateError, match=r"missing/run\.json: cannot be written \(No such file"),
        explain_disk_errors(path),
    ):
        write_text(path, "new")


def test_a_refusal_can_be_of_another_kind(tmp_path: Path) -> None:
    reading = explain_disk_errors(tmp_path, "cannot be read", hint="make room", kind=EngineError)
    with pytest.raises(EngineError, match="gone: cannot be read .*; make room"), reading:
        (tmp_path / "gone").read_text()


def test_a_lock_has_one_holder_and_ends_with_its_file(tmp_path: Path) -> None:
    first, second = (os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT) for _ in range(2))

    assert lock(first)
    assert not lock(second)
    os.close(first)
    assert lock(second)
    os.close(second)
