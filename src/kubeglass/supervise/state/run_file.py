"""``run.json``: what runs now. The supervisor rewrites it on every change, everybody else only reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from kubeglass.errors import KubeglassError, StateError
from kubeglass.files import write_text
from kubeglass.observe.processes import ProcessId
from kubeglass.supervise.process.group import ProcessStatus
from kubeglass.supervise.process.state_machine import State


class Phase(StrEnum):
    """How far the run is."""

    PREPARING = "preparing"
    """Apps are checked and engines obtained; nothing runs yet."""
    STARTING = "starting"
    UP = "up"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class ReloadRecord:
    """How the last reload went.

    Args:
        number: counts the reloads of this run, from 1.
        summary: what changed, in one line.
        error: what was wrong, as :func:`~kubeglass.supervise.state.run_file.describe_error` writes it; None if nothing.
    """

    number: int
    summary: str = ""
    error: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The whole run file.

    Args:
        supervisor: who keeps the processes alive.
        command: what was asked for, as typed.
        phase: the phase of the run.
        detached: whether it runs in the background.
        started_at: when it began, in seconds since the epoch.
        addresses: what a person opens: name to address.
        prometheus: base address of the run's Prometheus.
        scrape_interval: seconds between two scrapes of one target.
        processes: every supervised process, in order.
        first_data_seconds: seconds from the start until every panel had data, once it had.
        reload: how the last reload went, once there was one.
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
    first_data_seconds: float | None = None
    reload: ReloadRecord | None = None


def write_run_file(path: Path, record: RunRecord) -> None:
    """Replace the run file whole."""
    write_text(path, json.dumps(asdict(record), indent=2) + "\n")


def read_run_file(path: Path) -> RunRecord | None:
    """Read the run file, or return None if it does not exist.

    Raises:
        StateError: it cannot be read or is damaged.
    """
    try:
        document = json.loads(path.read_text())
        return parse_record(document)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise StateError(
            str(path),
            "cannot be read",
            found=f"{type(error).__name__}: {error}",
            hint="if nothing of kubeglass runs here, remove the file",
        ) from error


def parse_record(document: dict[str, Any]) -> RunRecord:
    """Read the record from its JSON document; whatever is missing or of another kind raises as Python does."""
    record = RunRecord(**document)
    processes = tuple(_read_process(item) for item in document["processes"])
    reload = document.get("reload")
    return replace(
        record,
        supervisor=ProcessId(**document["supervisor"]),
        phase=Phase(document["phase"]),
        processes=processes,
        reload=ReloadRecord(**reload) if reload else None,
    )


def _read_process(item: dict[str, Any]) -> ProcessStatus:
    identity = ProcessId(**item["identity"]) if item["identity"] else None
    return replace(ProcessStatus(**item), state=State(item["state"]), identity=identity)


_FIELDS = ("where", "wrong", "found", "hint", "details", "exit_code")


def describe_error(error: KubeglassError) -> dict[str, Any]:
    """Write an error as values that JSON can hold."""
    return {name: getattr(error, name) for name in _FIELDS}


def parse_error(report: Mapping[str, Any]) -> KubeglassError:
    """Rebuild an error that another process met, with its exit code, from what :func:`describe_error` wrote."""
    error = KubeglassError(
        report["where"], report["wrong"], found=report["found"], hint=report["hint"], details=tuple(report["details"])
    )
    error.exit_code = report["exit_code"]  # type: ignore[misc]  # that of the original class
    return error
