"""The ``.kubeglass`` folder: for its owner alone, used by one run at a time, cleaned after a run that was killed."""

from __future__ import annotations

import os
from pathlib import Path

from kubeglass.errors import StateError
from kubeglass.files import explain_disk_errors, lock
from kubeglass.observe.processes import end_process, is_running
from kubeglass.supervise.state.folder_swap import FolderSwap
from kubeglass.supervise.state.run_file import RunRecord, read_run_file

#: Whatever a queue or a log says about somebody's service is for that person's eyes.
FOLDER_MODE = 0o700
LOCK_NAME = "lock"
NO_LOCKS_HINT = "run kubeglass in a folder of a local disk: some network file systems have no locks"

#: Where Prometheus keeps its samples, below the state folder.
STORAGE = Path("data") / "prometheus"


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
        with explain_disk_errors(
            self.root, hint="check the folder's owner and mode, or run kubeglass in another folder"
        ):
            self.root.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            status = self.root.stat()
            if status.st_uid == os.geteuid():
                # Whoever made it first (kubeglass render does) may have left it open to others. Nothing is opened here.
                self.root.chmod(status.st_mode & FOLDER_MODE)
            self._lock = os.open(self.root / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            with explain_disk_errors(self.root / LOCK_NAME, "cannot be locked", hint=NO_LOCKS_HINT):
                if not lock(self._lock):
                    raise _already_running(self.root, self.run_file)
        except StateError:
            self.release()
            raise
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
            with explain_disk_errors(self.run_file, "cannot be removed"):
                self.run_file.unlink()
            notes.append(f"{self.run_file}: left over from a killed run; removed")
        with explain_disk_errors(self.root):
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
        "is already in use by a run",
        found=f"{found}, page {page}" if page else found,
        hint="stop it with: kubeglass down",
    )
