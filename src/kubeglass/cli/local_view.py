"""``kubeglass status``: the state of this folder's run."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from kubeglass.cli.context import state_root
from kubeglass.cli.output import Output
from kubeglass.supervise.state.folder import require_run
from kubeglass.supervise.state.run_file import Phase, RunRecord
from kubeglass.supervise.status import ProcessView, TargetView, view_processes, view_targets

COLUMNS = ["NAME", "STATE", "PID", "UPTIME", "RESTARTS", "MEMORY", "ADDRESS"]


def show_status(*, as_json: bool) -> None:
    """Show every process, and which targets are up.

    Raises:
        StateError: nothing runs.
    """
    record = require_run(state_root())
    processes, targets = view_processes(record), view_targets(record)
    output = Output()
    if as_json:
        output.json(_describe(record, processes, targets))
        return
    if record.phase is Phase.PREPARING:
        output.say("preparing: checking apps and getting engines, nothing runs yet")
        return
    output.table(COLUMNS, [_row(view) for view in processes])
    for view in processes:
        if view.process.last_error:
            output.say(f"last error of {view.process.name}: {view.process.last_error}")
    output.say(_describe_targets(targets))
    if record.first_data_seconds is not None:
        output.say(f"{record.phase}: data seen {record.first_data_seconds:.1f} s after the start")
    else:
        output.say(f"{record.phase}: no data seen yet")


def _row(view: ProcessView) -> list[str]:
    process = view.process
    return [
        process.name,
        process.state,
        str(process.identity.pid) if process.identity else "-",
        _format_seconds(view.uptime_seconds),
        str(process.restarts),
        "-" if view.memory_bytes is None else f"{view.memory_bytes / 2**20:.0f} MiB",
        process.address or "-",
    ]


def _format_seconds(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{rest:02}s" if minutes else f"{rest}s"


def _describe_targets(targets: list[TargetView] | None) -> str:
    if targets is None:
        return "targets: unknown, Prometheus does not respond"
    down = [f"{target.job} ({target.instance})" for target in targets if not target.up]
    text = f"targets: {len(targets) - len(down)} of {len(targets)} up"
    return f"{text}; down: {', '.join(down)}" if down else text


def _describe(record: RunRecord, processes: list[ProcessView], targets: list[TargetView] | None) -> dict[str, Any]:
    return {
        "phase": record.phase,
        "command": record.command,
        "detached": record.detached,
        "supervisor_pid": record.supervisor.pid,
        "started_at": record.started_at,
        "first_data_seconds": record.first_data_seconds,
        "addresses": dict(record.addresses),
        "engines": [
            {
                "name": view.process.name,
                "state": view.process.state,
                "pid": view.process.identity.pid if view.process.identity else None,
                "uptime_seconds": view.uptime_seconds,
                "restarts": view.process.restarts,
                "memory_bytes": view.memory_bytes,
                "address": view.process.address,
                "last_error": view.process.last_error,
            }
            for view in processes
        ],
        "targets": None if targets is None else [asdict(target) for target in targets],
    }
