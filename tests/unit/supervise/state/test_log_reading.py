"""Reading logs back: merged by time, followed across rotation, honest about what is not there."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from kubeglass.errors import StateError
from kubeglass.supervise.process.log_buffer import LogFile
from kubeglass.supervise.state.log_reading import LogFollower, choose_logs, read_last_lines


def write(folder: Path, *entries: tuple[str, str]) -> None:
    for second, (name, text) in enumerate(entries):
        with (folder / f"{name}.log").open("a") as file:
            file.write(f"2026-01-01T00:00:{second:02}.000Z {text}\n")


def test_the_last_lines_of_all_processes_are_merged_by_time(tmp_path: Path) -> None:
    write(tmp_path, ("shop", "a"), ("otelcol", "b"), ("shop", "c"), ("otelcol", "d"))

    lines = read_last_lines(tmp_path, ["otelcol", "shop"], 3)

    assert [(line.name, line.text) for line in lines] == [("otelcol", "b"), ("shop", "c"), ("otelcol", "d")]


def test_what_was_rotated_away_still_counts(tmp_path: Path) -> None:
    with closing(LogFile(tmp_path / "shop.log", max_bytes=100)) as file:
        for number in range(4):
            file.write(f"line {number} of some length, so that two fit")

    assert len(read_last_lines(tmp_path, ["shop"], 2)) == 2


def test_following_sees_new_lines_and_survives_rotation(tmp_path: Path) -> None:
    with closing(LogFile(tmp_path / "shop.log", max_bytes=150)) as file:
        file.write("before")
        follower = LogFollower(tmp_path, ["shop"])
        seen = []
        for number in range(12):
            file.write(f"line {number} of some length")
            seen += follower.read_new()
        follower.close()

    assert [line.text for line in seen] == [f"line {number} of some length" for number in range(12)]


def test_following_all_takes_up_logs_that_begin_later(tmp_path: Path) -> None:
    write(tmp_path, ("shop", "before"))
    follower = LogFollower(tmp_path)

    write(tmp_path, ("otelcol", "first"), ("shop", "second"))
    lines = follower.read_new()
    follower.close()

    assert [(line.name, line.text) for line in lines] == [("otelcol", "first"), ("shop", "second")]
    assert follower.names == ["otelcol", "shop"]


def test_half_a_line_waits_for_its_end(tmp_path: Path) -> None:
    path = tmp_path / "shop.log"
    path.write_text("")
    follower = LogFollower(tmp_path, ["shop"])

    with path.open("a") as stream:
        stream.write("2026-01-01T00:00:00.000Z hel")
        stream.flush()
        assert follower.read_new() == []
        stream.write("lo\n")
    lines = follower.read_new()
    follower.close()

    assert [line.text for line in lines] == ["hello"]


def test_a_name_without_a_log_is_answered_with_those_that_have_one(tmp_path: Path) -> None:
    write(tmp_path, ("shop", "a"), ("otelcol", "b"))

    with pytest.raises(StateError, match=r"prometheus: has no log .*otelcol, shop"):
        choose_logs(tmp_path, ["prometheus"])


def test_a_folder_without_logs_says_how_to_get_some(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="kubeglass up --demo"):
        choose_logs(tmp_path, [])
