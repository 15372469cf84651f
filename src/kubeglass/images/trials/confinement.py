"""Runs a program of an image in the image's own files: no package, library or data of this machine is in its reach."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kubeglass.files import explain_disk_errors
from kubeglass.images.python.interpreter import PREFIX
from kubeglass.render.kubernetes.pods import IMAGE_USER
from kubeglass.signals import signals_held

#: Where distributions keep ``mount`` and ``chroot``, which may not be on a user's PATH.
_SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_PREPARE = f"""
own=$PATH; PATH={_SYSTEM_PATH}; chroot=$(command -v chroot)
mkdir -p "$1/dev" "$1/proc" && mount --rbind /dev "$1/dev" && mount -t proc proc "$1/proc" || exit 1
ip link set lo up 2>/dev/null || :
PATH=$own; root=$1; shift
"""
_LOADER = "lib*/ld-*"
_OUTPUT_LINES = 8


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended: its exit code, negative for a signal, or None if its time was over; and its last lines."""

    code: int | None
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Confinement:
    """A way of running programs in ``root``, where an image's files lie.

    Args:
        root: the folder.
        prefix: what the program sees in front of a path of the image: nothing, where ``root`` is its root folder.
    """

    root: Path
    prefix: str

    def run(
        self, program: str, arguments: Sequence[str], environment: Mapping[str, str], timeout_seconds: float
    ) -> Finished:
        """Run a program of the image, such as ``/venv/bin/python3``; afterwards none of its processes is left.

        Without separate namespaces, only the interpreter can be run.

        Raises:
            StateError: its output cannot be written.
        """
        head = self._enter(program) if not self.prefix else self._load()
        output = self.root.with_name(f"{self.root.name}.out")
        try:
            with explain_disk_errors(output), output.open("w+b") as stream:
                code = _run([*head, *arguments], environment, stream.fileno(), timeout_seconds)
                stream.seek(0)
                said = stream.read().decode("utf-8", "replace").rstrip().splitlines()
        finally:
            output.unlink(missing_ok=True)
        return Finished(code, tuple(said[-_OUTPUT_LINES:]))

    def _enter(self, program: str) -> list[str]:
        # Where root may become another user, as in a pod; elsewhere the only user there is is the caller, as root.
        user = f"--userspec={IMAGE_USER}:{IMAGE_USER}" if os.getuid() == 0 else ""
        script = f'{_PREPARE}exec "$chroot" {user} "$root" "$@"'
        return [*_unshare(), "sh", "-c", script, "sh", str(self.root), program]

    def _load(self) -> list[str]:
        """Start the image's interpreter by the image's own loader; nothing else of the image can be started so."""
        loader = next(path for path in sorted(self.root.glob(_LOADER)) if path.is_file())
        system = [path for path in self.root.glob("**/*.so*") if not path.is_relative_to(self.root / PREFIX)]
        libraries = ":".join(sorted({str(path.parent) for path in system if "site-packages" not in path.parts}))
        binary = next((self.root / PREFIX / "bin").glob("python3*"))
        return [str(loader), "--inhibit-cache", "--library-path", libraries, "--argv0", str(binary), str(binary)]


def confine(root: Path) -> Confinement:
    """Return the best way that this machine allows: separate namespaces, else the image's loader and search paths."""
    with suppress(OSError, subprocess.SubprocessError):
        command = [*_unshare(), "sh", "-c", _PREPARE, "sh", str(root)]
        if subprocess.run(command, capture_output=True, check=False, timeout=10).returncode == 0:
            return Confinement(root, "")
    return Confinement(root, str(root))


def _unshare() -> list[str]:
    program = shutil.which("unshare", path=f"{os.environ.get('PATH', '')}:{_SYSTEM_PATH}") or "unshare"
    # Some distributions forbid other users than root to make namespaces.
    user = [] if os.getuid() == 0 else ["--user", "--map-root-user"]
    return [program, *user, "--mount", "--pid", "--net", "--ipc", "--fork", "--kill-child"]


def _run(command: list[str], environment: Mapping[str, str], output: int, timeout_seconds: float) -> int | None:
    with signals_held() as release_signals:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            release_signals()
            return process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
