"""Look for a program on PATH: it starts here, has the right version and every part that is needed."""

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

#: Seconds a program may take to print its version; starting 200 MB from a slow disk takes a few.
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
        missing = _missing_parts(tool, binary)
        if missing:
            raise Unavailable(f"lacks {', '.join(missing)}")
    return version


def read_version(binary: Path) -> str:
    """Ask a program for its version.

    Raises:
        Unavailable: it does not start on this machine, times out or reports no version.
    """
    answer = _ask(binary, "--version")
    found = VERSION_PATTERN.search(answer)
    if not found:
        raise Unavailable("reports no version", details=tuple(answer.splitlines()[-3:]))
    return found.group(1)


def _missing_parts(tool: Tool, binary: Path) -> list[str]:
    names = set(re.findall(r"[\w]+", _ask(binary, *tool.probe)))
    return [part for part in tool.parts if part not in names]


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
        raise Unavailable(_explain_no_start(error)) from error
    return result.stdout.decode("utf-8", "replace")


def _explain_no_start(error: OSError) -> str:
    if error.errno == errno.ENOEXEC:
        return "is not a program for this machine"
    if error.errno == errno.EACCES:
        return "is not executable"
    return f"does not start ({error.strerror})"


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
            if _is_there(binary) and binary.resolve() not in seen:
                seen.add(binary.resolve())
                yield binary


def _is_there(binary: Path) -> bool:
    try:
        return binary.is_file()
    except OSError:
        # A folder that this user may not read, such as root's after sudo; nothing in it can be run either.
        return False
