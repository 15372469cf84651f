"""``kubeglass logs`` as a user types it: the last lines, then what is written from now on."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

from tests.cli.runs import KUBEGLASS, call_here, wait_until


def write(folder: Path, name: str, text: str, second: int = 0) -> None:
    logs = folder / ".kubeglass" / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / f"{name}.log").open("a") as file:
        file.write(f"2026-01-01T00:00:{second:02}.000Z {text}\n")


def test_the_last_lines_say_who_wrote_them(tmp_path: Path) -> None:
    for second, (name, text) in enumerate((("shop", "one"), ("otelcol", "two"), ("shop", "three"))):
        write(tmp_path, name, text, second)

    assert call_here(tmp_path, "logs", "-n", "2").stdout == "otelcol | two\nshop    | three\n"
    assert call_here(tmp_path, "logs", "shop").stdout == "one\nthree\n"


def test_following_shows_what_is_written_and_who_joins_until_ctrl_c(tmp_path: Path) -> None:
    write(tmp_path, "shop", "before")
    seen = tmp_path / "seen"
    with seen.open("w") as stream:
        process = subprocess.Popen(
            [*KUBEGLASS, "logs", "-f"],
            cwd=tmp_path,
            stdout=stream,
        )
    with process:
        try:
            wait_until(lambda: "before" in seen.read_text(), "the last lines")
            write(tmp_path, "shop", "after")
            wait_until(lambda: "after" in seen.read_text(), "the new line")
            write(tmp_path, "otelcol", "joined")
            wait_until(lambda: "joined" in seen.read_text(), "the new log")
            process.send_signal(signal.SIGINT)
            code = process.wait(timeout=30)
        finally:
            process.kill()

    assert code == 130
    assert seen.read_text() == "before\nafter\notelcol | joined\n"
