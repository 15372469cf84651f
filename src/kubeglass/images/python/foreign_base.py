"""The interpreter and the libraries of another processor: Debian's packages, by this machine's own apt sources.

apt checks every file against the signed lists of the sources. Its state is in a folder of kubeglass's own, so that the
machine's packages stay as they are.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kubeglass.engines.install.cache import cache_root
from kubeglass.engines.platform import Platform
from kubeglass.errors import UsageError
from kubeglass.files import explain_disk_errors
from kubeglass.images.image import PROGRAM_MODE, Entry, File, Symlink
from kubeglass.images.python.interpreter import Interpreter

_APT_TIMEOUT_SECONDS = 600
#: Where apt-get and its own programs are.
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Machine:
    """What Debian calls a processor's libraries, where its loader must be, and what wheels call it."""

    libraries: str
    loader: str
    wheels: str


MACHINES = {
    "amd64": Machine("x86_64-linux-gnu", "lib64/ld-linux-x86-64.so.2", "x86_64"),
    "arm64": Machine("aarch64-linux-gnu", "lib/ld-linux-aarch64.so.1", "aarch64"),
}


def fetch_interpreter(native: Interpreter, platform: Platform) -> tuple[Interpreter, list[Entry]]:
    """Return an interpreter for ``platform`` of the same minor version, and the libraries for it and for wheels.

    Raises:
        UsageError: this machine's package sources lack it.
        StateError: the cache cannot be written.
    """
    root = cache_root().parent / "bases" / f"python{native.version}-{platform.arch}"
    if not root.is_dir():
        with explain_disk_errors(root):
            root.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=root.parent, prefix=".new-") as scratch:
                _unpack(_download(native.version, platform, Path(scratch)), Path(scratch, "root"), platform)
                Path(scratch, "root").replace(root)
    full_version = re.search(r"^(\d[\d.]*)", (root / "version").read_text(encoding="utf-8"))
    interpreter = Interpreter(
        program=root / "usr" / "bin" / f"python{native.version}",
        version=native.version,
        full_version=full_version[1] if full_version else native.version,
        library_folder="lib",
        stdlib=(root / "usr" / "lib" / f"python{native.version}",),
        search_path=(),
    )
    return interpreter, _list_libraries(root, MACHINES[platform.arch])


def _download(version: str, platform: Platform, scratch: Path) -> list[Path]:
    name = f"python{version}"
    for folder in ("state/lists/partial", "cache/archives/partial", "root"):
        (scratch / folder).mkdir(parents=True)
    settings = [
        f'APT::Architecture "{platform.arch}";',
        f'APT::Architectures {{ "{platform.arch}"; }};',
        f'Dir::State "{scratch}/state"; Dir::State::status "/dev/null"; Dir::Cache "{scratch}/cache";',
        'Acquire::Languages "none"; APT::Sandbox::User ""; APT::Install-Recommends "false";',
    ]
    (scratch / "apt.conf").write_text("\n".join(settings))
    # A source that has nothing for this processor, or cannot be reached, may still be followed by one that has.
    _apt(scratch, platform, "update", check=False)
    packages = [f"{name}-minimal", f"lib{name}-stdlib", "libstdc++6"]
    _apt(scratch, platform, "install", "--yes", "--download-only", *packages)
    return sorted((scratch / "cache" / "archives").glob("*.deb"))


def _apt(scratch: Path, platform: Platform, *arguments: str, check: bool = True) -> None:
    result = _run(platform, ["apt-get", "--quiet", *arguments], {"APT_CONFIG": str(scratch / "apt.conf")})
    if check and result.returncode:
        lines = [line for line in result.stderr.splitlines() if line.startswith("E: ")] or ["apt-get failed"]
        raise _refuse(platform, lines[-1].removeprefix("E: "))


def _run(platform: Platform, command: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            env={**environment, "LC_ALL": "C", "PATH": SYSTEM_PATH},
            capture_output=True,
            text=True,
            check=False,
            timeout=_APT_TIMEOUT_SECONDS,
        )
    except FileNotFoundError as error:
        raise _refuse(platform, f"{command[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise _refuse(platform, f"{command[0]} does not end within {_APT_TIMEOUT_SECONDS} s") from error


def _unpack(archives: list[Path], root: Path, platform: Platform) -> None:
    for archive in archives:
        result = _run(platform, ["dpkg-deb", "--extract", str(archive), str(root)], {})
        if result.returncode:
            raise _refuse(platform, (result.stderr.strip().splitlines() or ["dpkg-deb failed"])[-1])
    interpreter = next(archive for archive in archives if re.match(r"python3\.\d+-minimal_", archive.name))
    (root / "version").write_text(interpreter.name.split("_")[1])
    for folder in ("var", "etc"):
        shutil.rmtree(root / folder, ignore_errors=True)


def _list_libraries(root: Path, machine: Machine) -> list[Entry]:
    """Return the libraries, where the loader searches, and the loader, where every program expects it."""
    entries: list[Entry] = []
    for folder in (f"lib/{machine.libraries}", f"usr/lib/{machine.libraries}"):
        for path in sorted((root / folder).glob("*.so*")):
            if path.is_symlink() and "/" not in str(path.readlink()):
                entries.append(Symlink(f"{folder}/{path.name}", str(path.readlink())))
            elif path.is_file():
                entries.append(File(f"{folder}/{path.name}", path, PROGRAM_MODE))
    loader = next(
        path for place in ("lib", "usr/lib") for path in (root / place / machine.libraries).glob("ld-linux-*.so.*")
    )
    return [*entries, File(machine.loader, loader, PROGRAM_MODE)]


def _refuse(platform: Platform, found: str) -> UsageError:
    return UsageError(
        f"--platform {platform}",
        "this machine has no way to get Python for it",
        found=found,
        hint=f"build on a {platform} machine, or on Debian with the Python of its release, or with Docker: "
        f"docker buildx build --platform {platform} --file examples/docker/Dockerfile",
    )
