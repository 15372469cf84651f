"""Run ``go``: hear each line it says, stop it and all its children when we stop, explain why it failed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from kubeglass.engines.install.toolchain import Go
from kubeglass.engines.install.unavailable import Unavailable

#: Seconds after which a run of go is given up. A cold build on a slow laptop takes a quarter of an hour.
DEADLINE = 3600.0
_EVIDENCE_LINES = 8
#: How go's words about an unreachable module proxy can be told from a compiler's.
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
            "the Go modules cannot be fetched: no connection",
            hint="check the network or GOPROXY, then try again: what was fetched already is kept",
            details=(network[-1].strip(),),
        )
    if any("no space left on device" in line for line in lines):
        return Unavailable(
            "the disk is full", hint="free some space, then try again: what was done is kept", details=lines
        )
    if code < 0:
        return Unavailable(f"go was ended by signal {-code}", hint="try again: what was done is kept", details=lines)
    return Unavailable("go failed", hint="try again: what was done is kept", details=lines)
