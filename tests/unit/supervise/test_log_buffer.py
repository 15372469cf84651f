"""Logs keep what matters: the last lines at hand, the rest in files that stay small."""

from __future__ import annotations

from pathlib import Path

from kubeglass.supervise.log_buffer import LogBuffer, LogFile, rotated_path, split_stamp
from tests.unit.supervise.fakes import HandClock


def test_the_tail_is_the_newest_lines_without_blank_ones() -> None:
    buffer = LogBuffer(kept_lines=4)
    for line in ("gone", "one", "", "two", "three"):
        buffer.append(line)

    assert buffer.tail(2) == ("two", "three")
    assert buffer.tail(10) == ("one", "two", "three")
    assert buffer.tail(0) == ()


def test_each_line_carries_the_time_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    with LogFile(path, clock=HandClock()) as file:
        file.write("hello there")

    (line,) = path.read_text().splitlines()
    assert split_stamp(line) == ("1970-01-12T14:03:20.000Z", "hello there")


def test_a_full_file_is_put_aside_and_the_two_together_stay_within_bounds(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    with LogFile(path, max_bytes=500) as file:
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
        with LogFile(path) as file:
            file.write(text)

    assert [split_stamp(line)[1] for line in path.read_text().splitlines()] == ["first life", "second life"]
