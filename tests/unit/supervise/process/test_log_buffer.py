"""Logs keep what matters: the last lines at hand, the rest in files that stay small."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kubeglass.supervise.process.log_buffer import LogBuffer, LogFile, rotated_path, split_stamp


def test_the_tail_is_the_newest_lines_without_blank_ones() -> None:
    buffer = LogBuffer(kept_lines=4)
    for line in ("gone", "one", "", "two", "three"):
        buffer.append(line)

    assert buffer.tail(2) == ("two", "three")
    assert buffer.tail(10) == ("one", "two", "three")
    assert buffer.tail(0) == ()


def test_each_line_carries_the_time_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    before = datetime.now(UTC)
    with closing(LogFile(path)) as file:
        file.write("hello there: 100 %s")

    (line,) = path.read_text().splitlines()
    stamp, text = split_stamp(line)
    assert text == "hello there: 100 %s"
    assert re.fullmatch(r"[-0-9]{10}T[0-9:]{8}\.[0-9]{3}Z", stamp)
    assert timedelta(seconds=-0.001) <= datetime.fromisoformat(stamp) - before < timedelta(seconds=60)


def test_a_full_file_is_put_aside_and_the_two_together_stay_within_bounds(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    with closing(LogFile(path, max_bytes=500)) as file:
        for number in range(100):
            file.write(f"line {number}")

    kept = rotated_path(path).read_text() + path.read_text()
    numbers = [int(line.rsplit(" ", 1)[1]) for line in kept.splitlines()]
    assert rotated_path(path).stat().st_size <= 500
    assert path.stat().st_size <= 500
    assert numbers == list(range(numbers[0], 100)), "the newest lines, none missing between"


def test_a_log_is_continued_by_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    for text in ("first life", "second life"):
        with closing(LogFile(path)) as file:
            file.write(text)

    assert [split_stamp(line)[1] for line in path.read_text().splitlines()] == ["first life", "second life"]


def test_a_file_that_cannot_be_opened_costs_lines_until_it_can(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.write_text("in the way")
    with closing(LogFile(folder / "app.log")) as file:
        with pytest.raises(OSError, match="logs"):
            file.write("lost")
        folder.unlink()
        file.write("kept")

    assert (folder / "app.log").read_text().endswith(" kept\n")


def test_a_file_that_cannot_be_put_aside_stays_within_bounds_until_it_can(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    in_the_way = rotated_path(path)
    (in_the_way / "inside").mkdir(parents=True)
    with closing(LogFile(path, max_bytes=100)) as file:
        file.write("x" * 60)
        for _ in range(3):
            with pytest.raises(OSError, match="app.log"):
                file.write("lost")
        (in_the_way / "inside").rmdir()
        in_the_way.rmdir()
        file.write("kept")

    assert path.read_text().endswith(" kept\n")
    assert "x" * 60 in in_the_way.read_text()


def test_a_file_that_was_put_aside_without_a_successor_gets_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "app.log"
    with closing(LogFile(path, max_bytes=100)) as file:
        file.write("x" * 60)
        with monkeypatch.context() as patch:
            patch.setattr(LogFile, "_open", _refuse)
            with pytest.raises(OSError, match="no room"):
                file.write("lost")
        file.write("kept")

    assert path.read_text().endswith(" kept\n")


def _refuse(_: LogFile) -> None:
    raise OSError("no room")


def test_lines_since_the_last_start_are_told_from_earlier_ones() -> None:
    buffer = LogBuffer(kept_lines=3)
    for line in ("first", "second"):
        buffer.append(line)

    buffer.note_start()
    assert buffer.since_start() == ()
    buffer.append("third")
    assert buffer.since_start() == ("third",)
    for line in ("fourth", "fifth", "sixth"):
        buffer.append(line)

    assert buffer.since_start() == ("fourth", "fifth", "sixth")
    assert buffer.tail(1) == ("sixth",)
