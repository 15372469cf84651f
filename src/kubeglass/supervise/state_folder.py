"""The ``.kubeglass`` folder: for its owner alone, used by one run at a time, cleaned after a run that was killed."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from kubeglass.errors import StateError
from kubeglass.observe.processes import ProcessId, end_process, identify, is_running
from kubeglass.supervise.disk_errors import translate_disk_errors
from kubeglass.supervise.folder_swap import FolderSwap
from kubeglass.supervise.run_file import RunRecord, read_run_file
from kubeglass.supervise.storage_copy import STORAGE

#: Whatever a queue or a log says about somebody's service is for that person's eyes.
FOLDER_MODE = 0o700
LOCK_NAME = "lock"


class StateFolder:
    """The folder while a run has it for itself.

    Args:
        root: the ``.kubeglass`` folder, absolute.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock: int | None = None

    @property
    def run_file(self) -> Path:
        """What runs now."""
        return self.root / "run.json"

    def take(self) -> list[str]:
        """Make the folder if need be and take it for this process.

        Returns:
            What was left over from a killed run and has been cleaned away, for people to read.

        Raises:
            StateError: it cannot be written, or another run has it.
        """
        try:
            self.root.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            status = self.root.stat()
            if status.st_uid == os.geteuid():
                # Whoever made it first (kubeglass render does) may have left it open to others. Nothing is opened here.
                self.root.chmod(status.st_mode & FOLDER_MODE)
            self._lock = os.open(self.root / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StateError(
                str(self.root),
                "cannot be written",
                found=error.strerror or str(error),
                hint="check the folder's owner and mode, or run kubeglass in another folder",
            ) from error
        try:
            # The system lets go of the lock when this process ends, however it ends.
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.release()
            raise _already_running(self.root, self.run_file) from error
        except OSError as error:
            self.release()
            raise StateError(
                str(self.root / LOCK_NAME),
                "cannot be locked",
                found=error.strerror or str(error),
                hint="run kubeglass in a folder of a local disk: some network file systems have no locks",
            ) from error
        return self._clean()

    def release(self) -> None:
        """Let the next run have the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _clean(self) -> list[str]:
        try:
            record = read_run_file(self.run_file)
        except StateError:
            record = None
        notes = [
            f"{process.name}: pid {process.identity.pid} was left over from a killed run and has been ended"
            for process in (record.processes if record else ())
            if process.identity and end_process(process.identity)
        ]
        if self.run_file.exists():
            with translate_disk_errors(self.run_file, "cannot be removed"):
                self.run_file.unlink()
            notes.append(f"{self.run_file}: left over from a run that was killed; removed")
        with translate_disk_errors(self.root):
            undone = FolderSwap(self.root / STORAGE).settle()
        return [*notes, undone] if undone else notes


def find_run(root: Path) -> RunRecord | None:
    """Return what runs in this folder now, or None when nothing does.

    Raises:
        StateError: the run file is damaged.
    """
    record = read_run_file(root / "run.json")
    return record if record and is_running(record.supervisor) else None


def require_run(root: Path) -> RunRecord:
    """Return what runs in this folder now.

    Raises:
        StateError: nothing does, or the run file is damaged.
    """
    record = find_run(root)
    if record is None:
        raise StateError(str(root), "nothing runs here", hint="start with: kubeglass up --demo")
    return record


def require_idle(root: Path) -> None:
    """Refuse to go on while something runs in this folder.

    Raises:
        StateError: something does, or the run file is damaged.
    """
    if find_run(root) is not None:
        raise _already_running(root, root / "run.json")


def _already_running(root: Path, run_file: Path) -> StateError:
    record = read_run_file(run_file)
    found = f"'{record.command}', pid {record.supervisor.pid}" if record else "another kubeglass is starting"
    page = record.addresses.get("page", "") if record else ""
    return StateError(
        str(root),
        "is in use by a run already",
        found=f"{found}, page {page}" if page else found,
        hint="stop it with: kubeglass down",
    )


class HoldFiles:
    """A process that has died stays down while ``hold/<name>`` in the state folder holds it.

    An empty file, made by hand, holds until it is removed: for working on one part (moving a data folder, trying an
    outage) without stopping the run. A file that names its holder holds only as long as that process runs, so that a
    command that was killed never leaves a process down for ever.

    Args:
        root: the state folder.
    """

    def __init__(self, root: Path) -> None:
        self._folder = root / "hold"

    def is_held(self, name: str) -> bool:
        """Whether ``name`` is to stay down once it has died."""
        try:
            content = (self._folder / name).read_bytes()
        except FileNotFoundError:
            return False
        except OSError:
            return True
        try:
            holder = json.loads(content)
            return is_running(ProcessId(int(holder["pid"]), float(holder["created"])))
        except (ValueError, TypeError, KeyError, OverflowError):
            return True

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Hold ``name`` for this process; what is still alive of it must be ended by the caller.

        Raises:
            StateError: it is held already, or the file cannot be written.
        """
        path = self._folder / name
        if self.is_held(name):
            raise StateError(str(path), "holds it already", hint="remove the file, or wait for whoever made it")
        holder = identify(os.getpid())
        assert holder is not None, "this process runs"
        with translate_disk_errors(path):
            self._folder.mkdir(parents=True, exist_ok=True)
            # Whole or not at all: an empty file would hold for ever.
            temporary = path.with_name(f".{name}.new")
            temporary.write_text(json.dumps(asdict(holder)))
            temporary.replace(path)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
