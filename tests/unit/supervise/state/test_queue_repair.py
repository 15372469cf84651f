"""Damaged queues are put aside, one of each kept; whole ones are left alone."""

from __future__ import annotations

from pathlib import Path

from kubeglass.supervise.state.queue_repair import QueueRepair
from tests.unit.supervise.state.queue_files import queue_file


def test_a_damaged_queue_is_put_aside_and_the_others_are_left_alone(tmp_path: Path) -> None:
    whole, damaged, temporary = (tmp_path / name for name in ("exporter_a", "exporter_b", "tempdb123"))
    content = queue_file({b"0": b"request"})
    whole.write_bytes(content)
    damaged.write_bytes(b"nonsense")
    temporary.write_bytes(b"nonsense")

    notes = QueueRepair(tmp_path)()

    assert notes == (
        f"queue: {damaged} was damaged (neither of its two headers can be read); what waited in it, at most 8 bytes, "
        "is lost; kept as exporter_b.damaged",
    )
    assert whole.read_bytes() == content
    assert sorted(path.name for path in tmp_path.iterdir()) == ["exporter_a", "exporter_b.damaged", "tempdb123"]


def test_only_the_newest_damaged_file_is_kept(tmp_path: Path) -> None:
    for content in (b"first", b"second"):
        (tmp_path / "exporter_a").write_bytes(content)
        QueueRepair(tmp_path)()

    assert QueueRepair(tmp_path)() == ()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"second"]


def test_a_folder_that_is_not_there_yet_has_nothing_to_repair(tmp_path: Path) -> None:
    assert QueueRepair(tmp_path / "none")() == ()


def test_what_cannot_be_looked_at_is_said(tmp_path: Path) -> None:
    (tmp_path / "exporter_a").mkdir()

    assert QueueRepair(tmp_path)() == (f"queue: {tmp_path / 'exporter_a'} cannot be looked at (Is a directory)",)


def test_two_repairs_of_the_same_folder_are_equal(tmp_path: Path) -> None:
    assert QueueRepair(tmp_path) == QueueRepair(tmp_path), "or the collector would be renewed without need"
