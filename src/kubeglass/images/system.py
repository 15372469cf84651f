"""The system files that a program needs: its shared libraries, as ``ldd`` lists them, and a few files of ``/etc``."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from kubeglass.errors import UsageError
from kubeglass.images.image import PROGRAM_MODE, TEMPORARY_MODE, Entry, File, Folder
from kubeglass.render.kubernetes.pods import IMAGE_USER

#: ``name => /path (0x…)``, or ``/path (0x…)`` for the loader. A library that is ``not found`` is missing on
#: this machine as well.
_LINE = re.compile(r"^\s+(?:\S+ => )?(?P<path>/\S+) \(0x[0-9a-f]+\)$")

_C_LIBRARY = "libc.so.6"
#: Loaded by glibc by name when a thread ends, and, before 2.34, when a host is looked up.
_LOADED_BY_NAME = ("libgcc_s.so.1", "libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2")
#: Where Go and OpenSSL look for certificate authorities, and where distributions keep them.
CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
_BUNDLES = (
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/ssl/ca-bundle.pem"),
    Path("/etc/ssl/cert.pem"),
)

_NOBODY = 65534
_PASSWD = f"""\
root:x:0:0:root:/:/sbin/nologin
app:x:{IMAGE_USER}:{IMAGE_USER}:app:/tmp:/sbin/nologin
nobody:x:{_NOBODY}:{_NOBODY}:nobody:/tmp:/sbin/nologin
"""
_GROUP = f"root:x:0:\napp:x:{IMAGE_USER}:\nnogroup:x:{_NOBODY}:\n"


def find_libraries(binaries: Sequence[Path], *, inside: Iterable[Path] = ()) -> list[Entry]:
    """Return the libraries that ``binaries`` load, and the loader, where the loader finds them in the image.

    Libraries in system folders keep their paths. Others, such as those of an interpreter in a home folder, are put
    beside the C library, in a folder that the loader always searches.

    Args:
        binaries: programs and extension modules of this machine.
        inside: folders that are copied into the image anyway; libraries in them are left out.

    Raises:
        UsageError: ``ldd`` is not installed.
    """
    found = _ask_loader(binaries)
    home = next((path.parent for path in found if path.name == _C_LIBRARY), None)
    if home is None:
        return []
    found |= {home / name for name in _LOADED_BY_NAME if (home / name).is_file()}
    folders = tuple(folder.resolve() for folder in inside)
    return [
        File(_place(path, home).as_posix().lstrip("/"), path, PROGRAM_MODE)
        for path in sorted(found)
        if not any(path.resolve().is_relative_to(folder) for folder in folders)
    ]


def _ask_loader(binaries: Sequence[Path]) -> set[Path]:
    if not binaries:
        return set()
    try:
        result = subprocess.run(
            ["ldd", *binaries],  # noqa: S607  # wherever the distribution has it
            capture_output=True,
            text=True,
            check=False,
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        )
    except FileNotFoundError as error:
        raise UsageError(
            "ldd", "is not installed", hint="install your distribution's libc-bin or glibc-common"
        ) from error
    return {Path(match["path"]) for match in filter(None, map(_LINE.match, result.stdout.splitlines()))}


def _place(path: Path, home: Path) -> Path:
    """Return a library's path in the image; the loader keeps its path, which is written into every program."""
    in_system_folder = path.parent == home or path.parts[1].startswith("lib") or path.parts[:3] == ("/", "usr", "lib")
    return path if in_system_folder else home / path.name


def list_system_files() -> list[Entry]:
    """Return users, name resolution, this machine's certificate authorities, and a folder for temporary files."""
    entries: list[Entry] = [
        Folder("tmp", TEMPORARY_MODE),
        File("etc/passwd", _PASSWD.encode()),
        File("etc/group", _GROUP.encode()),
        File("etc/nsswitch.conf", b"hosts: files dns\n"),
    ]
    bundle = next((path for path in _BUNDLES if path.is_file()), None)
    if bundle:
        entries.append(File(CERTIFICATES, bundle))
    return entries
