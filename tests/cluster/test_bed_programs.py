"""The test cluster's programs are built without doing any work twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.bed.failure import BedError
from tests.cluster.bed.programs import COREDNS, KUBE, KWOK, PAUSE, build_programs

#: Writes down what it is asked for and where; a build takes a while, and leaves the file after ``-o``.
GO = """#!/usr/bin/env bash
echo "begin $1 ${PWD##*/}" >> "$LOG"
[ "$1" != "$REFUSED" ] || { echo "no module" >&2; exit 1; }
if [ "$1" = build ]; then
    for _ in {1..200}; do [ "$(grep -c 'begin list' "$LOG")" = "$DOWNLOADS" ] && break; sleep 0.05; done
    while [ "$1" != -o ]; do shift; done
    touch "$2"
    echo "end build ${PWD##*/}" >> "$LOG"
fi
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "go").write_text(GO)
    (tmp_path / "go").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    monkeypatch.setenv("REFUSED", "")
    monkeypatch.setenv("DOWNLOADS", "2")
    return tmp_path / "log"


def test_builds_follow_each_other_while_the_modules_of_the_next_are_downloaded(log: Path, tmp_path: Path) -> None:
    programs = build_programs((PAUSE, COREDNS, KUBE), tmp_path / "cache")

    lines = log.read_text().splitlines()
    assert [line for line in lines if "build" in line] == [
        f"{word} build {name}" for name in ("pause", "coredns", "kube") for word in ("begin", "end")
    ]
    assert [line for line in lines if "list" in line] == ["begin list coredns", "begin list kube"]
    assert [program.name for program in programs if program.is_file()] == ["pause", "coredns", "kube"]


def test_what_is_built_is_neither_built_nor_downloaded_again(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOWNLOADS", "0")
    build_programs((KWOK,), tmp_path / "cache")
    build_programs((KWOK, PAUSE), tmp_path / "cache")

    assert log.read_text().splitlines() == [
        f"{word} build {name}" for name in ("kwok", "pause") for word in ("begin", "end")
    ]


def test_a_build_that_fails_says_why(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFUSED", "build")

    with pytest.raises(BedError, match=r"pause: does not build \(go exited with 1\):\n  no module"):
        build_programs((PAUSE, COREDNS), tmp_path / "cache")

    assert list((tmp_path / "cache").glob("pause-*")) == []
