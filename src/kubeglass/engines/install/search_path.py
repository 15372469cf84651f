"""Finds a program on PATH that starts, has the right version and all required components."""

from __future__ import annotations

import errno
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from kubeglass.engines.engine import VERSION_PATTERN, Tool
from kubeglass.engines.install.progress import Progress
from kubeglass.engines.install.source import Unavailable

#: Timeout of a program that prints its version, in seconds; starting 200 MB from a slow disk takes a few.
ANSWER_TIMEOUT = 15.0


def check_candidate(tool: Tool, binary: Path) -> str:
    """Return the version of the program at ``binary``, if kubeglass can run it as ``tool``.

    Any patch version of the pinned minor version is accepted: they share one configuration format.

    Raises:
        Unavailable: it does not start on this machine, is of another series, or lacks parts.
    """
    version = read_version(binary)
    if version.rpartition(".")[0] != tool.series:
        raise Unavailable(f"is version {version}, not {tool.series}")
    if tool.probe:
        found = set(re.findall(r"\w+", _ask(binary, *tool.probe)))
        missing = [part for part in tool.parts if part not in found]
        if missing:
            raise Unavailable(f"lacks {', '.join(missing)}")
    return version


def read_version(binary: Path) -> str:
    """Return the version that a program reports.

    Raises:
        Unavailable: it does not start on this machine, times out or reports no version.
    """
    answer = _ask(binary, "--version")
    found = VERSION_PATTERN.search(answer)
    if not found:
        raise Unavailable("reports no version", details=tuple(answer.splitlines()[-3:]))
    return found.group(1)


def _ask(binary: Path, *arguments: str) -> str:
    try:
        result = subprocess.run(
            [binary, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=ANSWER_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"does not answer within {ANSWER_TIMEOUT:.0f} s") from error
    except OSError as error:
        reasons = {errno.ENOEXEC: "is not a program for this machine", errno.EACCES: "is not executable"}
        raise Unavailable(reasons.get(error.errno or 0, f"does not start ({error.strerror})")) from error
    return result.stdout.decode("utf-8", "replace")


def find_on_path(tool: Tool, progress: Progress) -> tuple[Path, str]:
    """Return the first suitable program on PATH, and its version.

    Raises:
        Unavailable: no program matches; the details name each program that was skipped, and why.
    """
    passed_over: list[str] = []
    for binary in _binaries(tool):
        try:
            return binary, check_candidate(tool, binary)
        except Unavailable as fault:
            passed_over.append(f"{binary} {fault.reason}")
            progress.note(tool.name, f"skipped {passed_over[-1]}")
    if passed_over:
        raise Unavailable(f"no usable {tool.name} {tool.series} on PATH", details=tuple(passed_over))
    raise Unavailable(f"no {tool.name} on PATH")


def _binaries(tool: Tool) -> Iterator[Path]:
    # Not shutil.which: it silently skips files that are not executable.
    seen: set[Path] = set()
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    for command in tool.commands:
        for folder in folders:
            binary = (folder / command).absolute()
            # False also for a folder that this user may not read, where Path.is_file raises.
            if os.path.isfile(binary) and binary.resolve() not in seen:  # noqa: PTH113
                seen.add(binary.resolve())
                yield binary
