"""An image as a value: what it runs, and its files, folders and links, by their paths without the leading slash.

All belong to root and nothing to the user that the container runs as, so a compromised process cannot rewrite its own
program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from kubeglass.engines.platform import Platform, detect_platform
from kubeglass.errors import UsageError

FILE_MODE = 0o644
PROGRAM_MODE = 0o755
FOLDER_MODE = 0o755
TEMPORARY_MODE = 0o1777
#: What is wrong with a file in the way of a build.
CANNOT_BE_USED = "cannot be read or written while the image is built"
#: What images can be built for.
PLATFORMS = (Platform("linux", "amd64"), Platform("linux", "arm64"))


@dataclass(frozen=True, slots=True)
class Folder:
    """An empty folder, or one whose mode is not the usual 0755."""

    path: str
    mode: int = FOLDER_MODE


@dataclass(frozen=True, slots=True)
class File:
    """A regular file: its bytes, or the file on this machine that holds them."""

    path: str
    source: bytes | Path
    mode: int = FILE_MODE


@dataclass(frozen=True, slots=True)
class Symlink:
    """A symbolic link; ``target`` is written unchanged."""

    path: str
    target: str


Entry = Folder | File | Symlink


def order_entries(entries: Iterable[Entry]) -> list[Entry]:
    """Sort ``entries`` by path and add the folders above them; of two with the same path the last wins."""
    by_path = {entry.path: entry for entry in entries}
    for path in list(by_path):
        for parent in PurePosixPath(path).parents:
            if parent.parts and parent.as_posix() not in by_path:
                by_path[parent.as_posix()] = Folder(parent.as_posix())
    return [by_path[path] for path in sorted(by_path)]


def read_folder(folder: Path, inside: str, *, leave_out: Callable[[Path], bool] = lambda _path: False) -> list[Entry]:
    """List the content of a folder on this machine, for a folder of the image.

    Links to files are followed, so the image is complete in itself. Links to folders, which may form a cycle, sockets
    and pipes are left out.

    Args:
        folder: the folder on this machine.
        inside: its path in the image, without the leading slash.
        leave_out: whether to leave out a path on this machine; a folder is left out with its content.
    """
    entries: list[Entry] = [Folder(inside)]
    for path in sorted(folder.iterdir()):
        target = f"{inside}/{path.name}"
        if leave_out(path):
            continue
        if path.is_dir() and not path.is_symlink():
            entries.extend(read_folder(path, target, leave_out=leave_out))
        elif path.is_file():
            entries.append(read_file(path, target))
    return entries


def read_file(path: Path, inside: str) -> File:
    """Return a file on this machine as the file ``inside`` of the image: readable by all, executable if it was."""
    return File(inside, path, PROGRAM_MODE if path.stat().st_mode & 0o111 else FILE_MODE)


def list_shared_objects(entries: Iterable[Entry]) -> list[Path]:
    """Return the shared libraries and extension modules of this machine that are among ``entries``."""
    sources = [entry.source for entry in entries if isinstance(entry, File) and isinstance(entry.source, Path)]
    return [source for source in sources if ".so" in source.suffixes]


@dataclass(frozen=True, slots=True)
class Image:
    """Everything that an archive is written from.

    Args:
        reference: the name that pods use, with its tag.
        layers: the content of each layer, lowest first.
        entrypoint: the program and its fixed arguments.
        command: the arguments a pod may replace.
        environment: environment variables.
        working_dir: the folder that the program starts in.
        ports: TCP ports the program listens on.
        labels: ``org.opencontainers.image.…`` names to values.
        architecture: of its programs, such as ``arm64``; empty means this machine's.
    """

    reference: str
    layers: tuple[tuple[Entry, ...], ...]
    entrypoint: tuple[str, ...]
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    working_dir: str = "/"
    ports: tuple[int, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    architecture: str = ""


def find_architecture() -> str:
    """Return this machine's architecture by its name in container images.

    Raises:
        UsageError: images cannot be built from this machine's files.
    """
    here = detect_platform()
    if here not in PLATFORMS:
        raise UsageError(
            "images",
            "can only be built on Linux, from the machine's own interpreter and libraries",
            found=str(here),
            hint="build them on a Linux machine, or with Docker from examples/docker/Dockerfile",
        )
    return here.arch
