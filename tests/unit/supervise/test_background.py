"""What a background process says ends up in a log like any other, and its end is told in the foreground."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kubeglass.errors import KubeglassError
from kubeglass.supervise.background import start_in_background
from kubeglass.supervise.listener import RunListener
from kubeglass.supervise.state.log_reading import read_last_lines

PROGRAM = """
import os, sys
from pathlib import Path
from kubeglass.supervise.background import log_own_output
print("before")
log_own_output(Path(sys.argv[1]))
print("said")
print("complained", file=sys.stderr)
os.write(2, b"written by a library")
"""


def test_what_a_process_says_is_logged_from_then_on(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, tmp_path], capture_output=True, text=True, check=True, timeout=60
    )

    lines = read_last_lines(tmp_path, ["supervisor"], 10)
    assert (result.stdout, result.stderr) == ("before\n", "")
    assert [line.text for line in lines] == ["said", "complained", "written by a library"]
    assert all(line.stamp.endswith("Z") for line in lines)


class Notes(RunListener):
    """Hears what the background process logged."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def note(self, text: str) -> None:
        self.heard.append(text)


def start(root: Path, monkeypatch: pytest.MonkeyPatch, *commands: str) -> tuple[int, list[str]]:
    """Run a shell in the place of the background process."""
    shell = root / "shell"
    shell.write_text("\n".join(["#!/bin/sh", *commands]))
    shell.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(shell))
    listener = Notes()
    return start_in_background([], root, listener), listener.heard


def test_its_last_words_and_its_exit_code_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "supervisor.log").write_text("2026-01-01T00:00:00.000Z of an earlier run\n")
    log = f"{tmp_path}/logs/supervisor.log"

    ended = start(tmp_path, monkeypatch, f"echo 2026-01-01T00:00:01.000Z error: no room >> {log}", "exit 7")

    assert ended == (7, ["error: no room"])


@pytest.mark.parametrize(("command", "found"), [("exit 7", "exited with code 7"), ("kill -9 $$", "killed by signal 9")])
def test_an_end_without_a_word_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, found: str
) -> None:
    with pytest.raises(KubeglassError, match=rf"the background process ended early \(.*{found}\)"):
        start(tmp_path, monkeypatch, command)
