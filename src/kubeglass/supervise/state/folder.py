"""The ``.kubeglass`` folder: private to its owner, used by one run at a time, cleaned up after a killed run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kubeglass.errors import StateError
from kubeglass.files import explain_disk_errors, lock
from kubeglass.observe.processes import end_process, is_running
from kubeglass.supervise.state.run_file import RUN_FILE, RunRecord, read_run_file

#: Queues and logs may contain confidential data.
FOLDER_MODE = 0o700
LOCK_NAME = "lock"
NO_LOCKS_HINT = "run kubeglass in a folder of a local disk: some network file systems have no locks"

#: Where Prometheus keeps its samples, below the state folder.
STORAGE = Path("data") / "prometheus"


@contextmanager
def locked_folder(root: Path, note: Callable[[str], None]) -> Iterator[None]:
    """Create the state folder if necessary, lock it for this process, and clean up after a killed run.

    Args:
        root: the ``.kubeglass`` folder, absolute.
        note: called with a line for each thing that was cleaned up.

    Raises:
        StateError: the folder cannot be written, or another run uses it.
    """
    with explain_disk_errors(root, hint="check the folder's owner and mode, or run kubeglass in another folder"):
        root.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        status = root.stat()
        if status.st_uid == os.geteuid():
            # `kubeglass render` creates it with the default mode. Only remove permissions here.
            root.chmod(status.st_mode & FOLDER_MODE)
        descriptor = os.open(root / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        with explain_disk_errors(root / LOCK_NAME, "cannot be locked", hint=NO_LOCKS_HINT):
            is_locked = lock(descriptor)
        if not is_locked:
            raise _in_use(root)
        _clean_up(root, note)
        yield
    finally:
        os.close(descriptor)


def _clean_up(root: Path, note: Callable[[str], None]) -> None:
    run_file = root / RUN_FILE
    try:
        record = read_run_file(run_file)
    except StateError:
        record = None
    for process in record.processes if record else ():
        if process.identity and end_process(process.identity):
            note(f"{process.name}: pid {process.identity.pid} was left over from a killed run and has been ended")
    if run_file.exists():
        with explain_disk_errors(run_file, "cannot be removed"):
            run_file.unlink()
        note(f"{run_file}: left over from a killed run; removed")
    with explain_disk_errors(root):
        FolderSwap(root / STORAGE).settle(note)


def find_run(root: Path) -> RunRecord | None:
    """Return the record of the run in this folder, or None if nothing runs.

    Raises:
        StateError: the run file is damaged.
    """
    record = read_run_file(root / RUN_FILE)
    return record if record and is_running(record.supervisor) else None


def require_run(root: Path) -> RunRecord:
    """Return the record of the run in this folder.

    Raises:
        StateError: nothing runs, or the run file is damaged.
    """
    record = find_run(root)
    if record is None:
        raise StateError(str(root), "nothing runs here", hint="start with: kubeglass up --demo")
    return record


def _in_use(root: Path) -> StateError:
    record = read_run_file(root / RUN_FILE)
    found = f"'{record.command}', pid {record.supervisor.pid}" if record else "another kubeglass is starting"
    page = record.addresses.get("page", "") if record else ""
    return StateError(
        str(root),
        "is already in use by a run",
        found=f"{found}, page {page}" if page else found,
        hint="stop it with: kubeglass down",
    )


class FolderSwap:
    """Replaces a folder so that a kill at any moment leaves either the old or the new one, complete.

    :meth:`complete` moves the old folder aside and the new one in. A kill between the two is undone by :meth:`settle`,
    which :func:`locked_folder` calls.

    Args:
        target: the folder; it need not exist.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.new = target.with_name(f".{target.name}.new")
        """Where to create the new folder."""
        self._old = target.with_name(f".{target.name}.old")

    def complete(self) -> None:
        """Put the new folder in place and remove the old one.

        Raises:
            OSError: the disk refused.
        """
        if self.target.exists():
            self.target.rename(self._old)
        self.new.rename(self.target)
        shutil.rmtree(self._old, ignore_errors=True)

    def settle(self, note: Callable[[str], None]) -> None:
        """Undo an interrupted swap and remove what it left.

        Raises:
            OSError: the disk refused.
        """
        if self._old.exists() and not self.target.exists():
            self._old.rename(self.target)
            note(f"{self.target}: an interrupted restore is undone; the earlier data is back")
        for left in (self._old, self.new):
            if left.exists():
                shutil.rmtree(left)


def purge(root: Path, note: Callable[[str], None]) -> int | None:
    """Remove the state folder with everything in it; symbolic links in it are not followed.

    Args:
        root: the state folder.
        note: called with a line for each thing that a killed run left.

    Returns:
        The disk space that was freed, in bytes, or None if there was no such folder.

    Raises:
        StateError: something runs there, it is a symbolic link itself, or a file cannot be removed.
    """
    if root.is_symlink():
        found = f"to {root.readlink()}"
        raise StateError(str(root), "is a symbolic link", found=found, hint="remove the link and its target by hand")
    if not root.exists():
        return None
    with locked_folder(root, note), explain_disk_errors(root, "cannot be removed"):
        freed = measure_disk(root)
        # Remove the lock last: as long as it exists, no run can start in a folder that is half gone.
        for entry in sorted(root.iterdir(), key=lambda entry: entry.name == LOCK_NAME):
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        root.rmdir()
    return freed


def measure_disk(folder: Path) -> int:
    """Measure the disk space of a folder's files in bytes: hard links count once, symbolic links are not followed."""
    stats = [(Path(parent) / name).lstat() for parent, folders, files in os.walk(folder) for name in (*folders, *files)]
    # The unit of st_blocks is 512 bytes on every file system.
    return sum({(stat.st_dev, stat.st_ino): stat.st_blocks * 512 for stat in stats}.values())
