"""A small disk for one folder of a run, which can be filled up and made read-only without touching the machine's own.

The run gets a mount namespace of its own, and an ordinary user a user namespace with it: nothing is left to unmount.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MOUNT = 'mount -t tmpfs -o size="$1",mode=700 kubeglass "$2" && shift 2 && exec "$@"'


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """A disk in memory.

    Args:
        place: the folder it stands for, below the state folder.
        size: as mount understands it.
    """

    place: str
    size: str

    def enclose(self, root: Path, command: Sequence[str]) -> list[str]:
        """Make the command that runs ``command``, under the same process id, with this disk in its state folder."""
        folder = root / self.place
        folder.mkdir(parents=True)
        mount = ["sh", "-c", MOUNT, "sh", self.size, str(folder), *command]
        return ["unshare", "--mount", *_as_user("--user", "--map-root-user"), "--", *mount]


class MountedDisk:
    """The disk of a run that is under way.

    Args:
        folder: where it is mounted, as the run sees it.
        pid: a process of the run.
    """

    def __init__(self, folder: Path, pid: int) -> None:
        self._folder = folder
        self._pid = pid

    @property
    def folder(self) -> Path:
        """The folder as this process sees it."""
        return Path(f"/proc/{self._pid}/root{self._folder}")

    def fill(self) -> None:
        """Leave no room."""
        with (self.folder / "filler").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(64 * 1024))
            except OSError:
                return

    def empty(self) -> None:
        """Take away what filled it."""
        (self.folder / "filler").unlink()

    def set_writable(self, *, writable: bool) -> None:
        """Make it read-only or writable again; nobody may have a file open for writing meanwhile."""
        option = "rw" if writable else "ro"
        enter = ["nsenter", "--target", str(self._pid), "--mount", *_as_user("--user", "--preserve-credentials")]
        subprocess.run([*enter, "mount", "-o", f"remount,bind,{option}", str(self._folder)], check=True)


def _as_user(*options: str) -> tuple[str, ...]:
    return options if os.geteuid() else ()
