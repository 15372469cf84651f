"""Whether a program at hand is the one we want: it starts here, says the right version and has the needed parts."""

from __future__ import annotations

import errno
import re
import subprocess
from pathlib import Path

from kubeglass.engines.engine import VERSION_PATTERN, Tool
from kubeglass.engines.install.unavailable import Unavailable

#: Seconds a program has to answer; a cold start of 200 MB from a slow disk takes a few.
ANSWER_TIMEOUT = 15.0


def check_candidate(tool: Tool, binary: Path) -> str:
    """Return the version of the program at ``binary``, if kubeglass can run it as ``tool``.

    A version of the pin's own series will do: configurations are the same in all of one minor version.

    Raises:
        Unavailable: it does not start on this machine, is of another series, or lacks parts.
    """
    version = read_version(binary)
    if version.rpartition(".")[0] != tool.series:
        raise Unavailable(f"is version {version}, not {tool.series}")
    if tool.probe:
        missing = _missing_parts(tool, binary)
        if missing:
            raise Unavailable(f"is built without {', '.join(missing)}")
    return version


def read_version(binary: Path) -> str:
    """Ask a program for its version.

    Raises:
        Unavailable: it does not start on this machine, does not answer in time or says no version.
    """
    answer = _ask(binary, "--version")
    found = VERSION_PATTERN.search(answer)
    if not found:
        raise Unavailable("does not say its version", details=tuple(answer.splitlines()[-3:]))
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
