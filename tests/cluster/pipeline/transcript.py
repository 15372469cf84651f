"""A page's transcripts of a shell, run again: each command, and what it is said to print."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: Stands for anything, over as many lines as need be.
ANYTHING = "…"


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a transcript, behind ``$`` and its further lines behind ``>``, and the lines below it."""

    text: str
    output: str

    def matches(self, printed: str) -> bool:
        """Whether ``printed`` is the output in the page; blanks count as one, for columns differ in width."""
        parts = (re.escape(" ".join(part.split())) for part in self.output.split(ANYTHING))
        return re.fullmatch(r"\s*" + r".*".join(parts) + r"\s*", " ".join(printed.split()), re.DOTALL) is not None


def read_commands(page: str) -> Iterator[Command]:
    """Yield every command of the page's ``console`` blocks in order."""
    for block in _BLOCK.findall(page):
        for entry in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = entry.splitlines()
            end = next((n for n, line in enumerate(lines[1:], 1) if not line.startswith(">")), len(lines))
            further = [line.removeprefix(">").removeprefix(" ") for line in lines[1:end]]
            yield Command("\n".join([lines[0], *further]), "\n".join(lines[end:]))


@dataclass(frozen=True, slots=True)
class Shell:
    """One Bash that runs command after command, as in a reader's terminal: variables and the folder stay."""

    _process: subprocess.Popen[str]

    def run(self, command: str) -> str:
        """Return what the command prints, on both streams."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        end = "the command is over"
        self._process.stdin.write(f"{command}\nprintf '\\n{end}\\n'\n")
        self._process.stdin.flush()
        printed: list[str] = []
        for line in self._process.stdout:
            if line == f"{end}\n":
                return "".join(printed).removesuffix("\n")
            printed.append(line)
        raise AssertionError(f"the shell ended at: {command}")


@contextmanager
def open_shell(enter: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> Iterator[Shell]:
    """Open a shell and end it with the block.

    Args:
        enter: what runs it elsewhere, such as in the cluster's network.
        folder: where it starts.
        environment: all its variables.
    """
    with subprocess.Popen(
        [*map(str, enter), "bash", "--norc"],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield Shell(process)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
