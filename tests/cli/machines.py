"""Machines that lack something: engines, Go, a network, room, or rights."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

#: Where Go is found although PATH lacks it: see kubeglass.engines.install.go.
GO_FOLDER = Path("/usr/local/go")

#: Root may write anywhere; this is root without that right, and for anybody else nothing at all.
WITHOUT_PRIVILEGE: tuple[str, ...] = (
    ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")
    if os.geteuid() == 0
    else ()
)


def bare_environment(folder: Path) -> dict[str, str]:
    """Make an environment with an empty cache and home, nothing on PATH but ``folder/bin``, and an absent proxy."""
    (folder / "bin").mkdir()
    return {
        **os.environ,
        "HOME": str(folder),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "PATH": str(folder / "bin"),
        "https_proxy": "http://proxy.invalid:3128",
    }


def mounted_over(*mounts: tuple[Path, str]) -> tuple[str, ...]:
    """Make the beginning of a command that sees new, empty file systems in place of these folders.

    Args:
        mounts: folder and options of what is mounted over it, such as ``size=16m``; one that is absent stays so.
    """
    lines = [f"mount -t tmpfs -o {options} none {folder}" for folder, options in mounts if folder.exists()]
    as_root = () if os.geteuid() == 0 else ("--map-root-user",)
    script = " && ".join([*lines, 'exec "$@"'])
    return ("/usr/bin/unshare", *as_root, "--mount", "/bin/sh", "-c", f"PATH=$PATH:/usr/bin:/bin; {script}", "sh")


def write_go(folder: Path, *, building: str) -> None:
    """Write a toolchain into ``folder/bin``.

    Args:
        folder: the folder of :func:`bare_environment`, whose PATH gets the system's own programs too.
        building: what it does when it is to build, in the words of a shell; ``$$`` is its pid.
    """
    caches = {"GOCACHE": str(folder / "objects"), "GOMODCACHE": str(folder / "modules"), "GOTMPDIR": ""}
    go = folder / "bin" / "go"
    go.write_text(
        "#!/bin/sh\n"
        "PATH=/usr/bin:/bin\n"
        "case $1 in\n"
        "version) echo go version go1.99.0 linux/amd64 ;;\n"
        f"env) echo '{json.dumps(caches)}' ;;\n"
        f"*) {building} ;;\n"
        "esac\n"
    )
    go.chmod(0o755)


def write_endless_go(folder: Path) -> Path:
    """Write a toolchain that builds forever, and return the file that its pid is in once it does."""
    pid = folder / "go.pid"
    write_go(folder, building=f"echo $$ > {pid}; exec sleep 600")
    return pid


def read_text(path: Path) -> str:
    """Return what a file says, or nothing while it is not there."""
    return path.read_text().strip() if path.exists() else ""


def errors_in(output: str) -> list[str]:
    """Return the lines that tell an error."""
    return [line for line in output.splitlines() if line.startswith("error:")]


def with_system_programs(environment: Mapping[str, str]) -> dict[str, str]:
    """Add the system's own programs to PATH."""
    return {**environment, "PATH": f"{environment['PATH']}:/usr/bin:/bin"}
