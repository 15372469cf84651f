"""Look for a program on PATH, and say why each one found is passed over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from kubeglass.engines.engine import Tool
from kubeglass.engines.install.candidate import check_candidate
from kubeglass.engines.install.progress import Progress
from kubeglass.engines.install.unavailable import Unavailable


def find_on_path(tool: Tool, progress: Progress) -> tuple[Path, str]:
    """Return the first program on PATH that will do, and its version.

    Raises:
        Unavailable: there is none; the details name each program that was passed over, and why.
    """
    passed_over: list[str] = []
    for binary in _candidates(tool):
        try:
            return binary, check_candidate(tool, binary)
        except Unavailable as fault:
            passed_over.append(f"{binary} {fault.reason}")
            progress.note(tool.name, f"passed over: {passed_over[-1]}")
    if passed_over:
        raise Unavailable(f"no usable {tool.name} {tool.series} on PATH", details=tuple(passed_over))
    raise Unavailable(f"no {tool.name} on PATH")


def _candidates(tool: Tool) -> Iterator[Path]:
    # Not shutil.which: it passes over files that are not executable, and people deserve to hear of those.
    seen: set[Path] = set()
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    for command in tool.commands:
        for folder in folders:
            binary = (folder / command).absolute()
            if _is_there(binary) and binary.resolve() not in seen:
                seen.add(binary.resolve())
                yield binary


def _is_there(binary: Path) -> bool:
    try:
        return binary.is_file()
    except OSError:
        # A folder that this user may not look into, such as root's own after sudo: nothing in it can be run either.
        return False
