"""The run file, ``run.json``: the state of the run. The supervisor rewrites it on every change; others read it."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from kubeglass.errors import KubeglassError, StateError
from kubeglass.files import explain_disk_errors, write_text
from kubeglass.observe.processes import ProcessId
from kubeglass.supervise.process.manager import ProcessStatus
from kubeglass.supervise.process.state_machine import State

#: Its name in the state folder.
RUN_FILE = "run.json"


class Phase(StrEnum):
    """The phase of a run."""

    PREPARING = "preparing"
    """Checks the apps and gets the engines; nothing runs yet."""
    STARTING = "starting"
    UP = "up"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class ReloadRecord:
    """The result of the last reload: its number, from 1, and what changed, or the error, see :func:`describe_error`."""

    number: int
    summary: str = ""
    error: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The content of the run file.

    Args:
        supervisor: the supervisor's process.
        command: the command as typed.
        phase: the phase of the run.
        detached: whether it runs in the background.
        started_at: start time, in seconds since the epoch.
        addresses: the addresses that people open, by name.
        prometheus: base address of the run's Prometheus.
        scrape_interval: seconds between two scrapes of one target.
        processes: every supervised process, in order.
        waiting_for: what the start-up is waiting for.
        first_data_seconds: seconds from the start until every panel had data.
        reload: the last reload.
    """

    supervisor: ProcessId
    command: str
    phase: Phase
    detached: bool
    started_at: float
    addresses: Mapping[str, str] = field(default_factory=dict)
    prometheus: str = ""
    scrape_interval: float = 5.0
    processes: tuple[ProcessStatus, ...] = ()
    waiting_for: str = ""
    first_data_seconds: float | None = None
    reload: ReloadRecord | None = None


def write_run_file(path: Path, record: RunRecord) -> None:
    """Replace the run file."""
    write_text(path, json.dumps(asdict(record), indent=2) + "\n")


def read_run_file(path: Path) -> RunRecord | None:
    """Read the run file, or return None if it does not exist.

    Raises:
        StateError: it cannot be read or is damaged.
    """
    try:
        return _parse_record(json.loads(path.read_text()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise StateError(
            str(path),
            "cannot be read",
            found=f"{type(error).__name__}: {error}",
            hint="if nothing of kubeglass runs here, remove the file",
        ) from error


def _parse_record(document: dict[str, Any]) -> RunRecord:
    return replace(
        RunRecord(**document),
        supervisor=ProcessId(**document["supervisor"]),
        phase=Phase(document["phase"]),
        processes=tuple(_parse_process(item) for item in document["processes"]),
        reload=ReloadRecord(**document["reload"]) if document["reload"] else None,
    )


def _parse_process(item: dict[str, Any]) -> ProcessStatus:
    identity = ProcessId(**item["identity"]) if item["identity"] else None
    return replace(ProcessStatus(**item), state=State(item["state"]), identity=identity)


def describe_error(error: KubeglassError) -> dict[str, Any]:
    """Return an error's fields, for JSON."""
    return {**vars(error), "exit_code": error.exit_code}


def parse_error(fields: Mapping[str, Any]) -> KubeglassError:
    """Rebuild an error of another process, with its exit code, from :func:`describe_error`."""
    words = {name: value for name, value in fields.items() if name != "exit_code"}
    error = KubeglassError(**{**words, "details": tuple(words["details"])})
    error.exit_code = fields["exit_code"]  # type: ignore[misc]  # that of the original class
    return error


class RunJournal:
    """Keeps the run file up to date; safe to use from several threads. The file exists as long as the ``with`` block.

    Args:
        path: the run file.
        record: its first content.

    Raises:
        StateError: the file cannot be written.
    """

    def __init__(self, path: Path, record: RunRecord) -> None:
        self._path = path
        self._lock = threading.Lock()
        self.record = record
        """The current content."""
        with explain_disk_errors(path):
            write_run_file(path, record)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def change(self, **fields: Any) -> RunRecord:
        """Replace fields of the record and write it."""
        with self._lock:
            before, self.record = self.record, replace(self.record, **fields)
            # A full disk must not end a run that works; the file is behind until the next change.
            with contextlib.suppress(OSError):
                if self.record != before:
                    write_run_file(self._path, self.record)
            return self.record
