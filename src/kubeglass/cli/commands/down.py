"""``kubeglass down``: stop what runs in this folder."""

from __future__ import annotations


def down() -> None:
    """Stop what runs in this folder, in the foreground of another terminal or in the background."""
    from kubeglass.cli.context import state_root
    from kubeglass.cli.output import Output
    from kubeglass.supervise.ending import stop_run
    from kubeglass.supervise.state_folder import require_run

    root = state_root()
    record = require_run(root)
    stop_run(root, record)
    Output().say(f"stopped: {', '.join(process.name for process in record.processes)}")
