"""The test cluster's programs are built without doing any work twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cluster.bed import programs
from tests.cluster.bed.failure import BedError
from tests.cluster.bed.layout import SOURCES
from tests.cluster.bed.programs import KUBERNETES, TRAEFIK, build_modules

#: Writes down what it is asked for and where; a build takes a while, and leaves the file after ``-o``.
GO = """#!/usr/bin/env bash
echo "begin $1 ${PWD##*/}" >> "$LOG"
[ "$1" != "$REFUSED" ] || { echo "no module" >&2; exit 1; }
if [ "$1" = build ]; then
    for _ in {1..200}; do [ "$(grep -c 'begin list' "$LOG")" = "$DOWNLOADS" ] && break; sleep 0.05; done
    while [ "$1" != -o ]; do shift; done
    touch "$2/${PWD##*/}"
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
    monkeypatch.setenv("DOWNLOADS", "1")
    return tmp_path / "log"


def test_builds_follow_each_other_while_what_the_next_needs_is_downloaded(log: Path, tmp_path: Path) -> None:
    folders = build_modules((KUBERNETES, TRAEFIK), tmp_path / "cache")

    lines = log.read_text().splitlines()
    assert [line for line in lines if "build" in line] == [
        f"{word} build {name}" for name in ("kubernetes", "traefik") for word in ("begin", "end")
    ]
    assert [line for line in lines if "list" in line] == ["begin list traefik"]
    assert all((folder / name).is_file() for folder, name in zip(folders, ("kubernetes", "traefik"), strict=True))


def test_what_is_built_is_neither_built_nor_downloaded_again(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOWNLOADS", "0")
    build_modules((KUBERNETES,), tmp_path / "cache")
    build_modules((KUBERNETES, TRAEFIK), tmp_path / "cache")

    assert log.read_text().splitlines() == [
        f"{word} build {name}" for name in ("kubernetes", "traefik") for word in ("begin", "end")
    ]


def test_a_change_of_any_program_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = shutil.copytree(SOURCES / "go", tmp_path / "go-sources" / "go").parent
    monkeypatch.setattr(programs, "SOURCES", sources)
    before = KUBERNETES.digest
    with (sources / "go" / "kubernetes" / "kwok" / "main.go").open("a") as main:
        main.write("// changed")

    assert KUBERNETES.digest != before


def test_a_build_that_fails_says_why(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFUSED", "build")

    with pytest.raises(BedError, match=r"kubernetes: does not build \(go exited with 1\):\n  no module"):
        build_modules((KUBERNETES, TRAEFIK), tmp_path / "cache")

    assert list((tmp_path / "cache").glob("kubernetes-*")) == []
