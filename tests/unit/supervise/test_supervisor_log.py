"""What a background process says of itself ends up in a log like any other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from kubeglass.supervise.state.log_reading import read_last_lines

PROGRAM = """
import os, sys
from pathlib import Path
from kubeglass.supervise.supervisor_log import logging_own_output
print("before")
with logging_own_output(Path(sys.argv[1])):
    print("said")
    print("complained", file=sys.stderr)
    os.write(2, b"written by a library")
print("after")
"""


def test_what_is_said_meanwhile_is_logged_and_the_rest_is_not(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-u", "-c", PROGRAM, tmp_path], capture_output=True, text=True, check=True, timeout=60
    )

    lines = read_last_lines(tmp_path, ["supervisor"], 10)
    assert (result.stdout, result.stderr) == ("before\nafter\n", "")
    assert [line.text for line in lines] == ["said", "complained", "written by a library"]
    assert all(line.stamp.endswith("Z") for line in lines)
