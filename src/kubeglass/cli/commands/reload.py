"""``kubeglass reload``: apply changes of kubeglass.yaml to this folder's run."""

from __future__ import annotations

from typing import Annotated

import typer

Timeout = Annotated[str, typer.Option(metavar="DURATION", help="Timeout until data is seen again.")]


def reload(timeout: Timeout = "90s") -> None:
    """Apply changes of kubeglass.yaml to this folder's run. Restarts or reloads only what changed.

    An invalid file changes nothing. Sending SIGHUP to the run has the same effect.
    """
    from kubeglass.cli.context import parse_timeout, state_root
    from kubeglass.cli.output import Output
    from kubeglass.supervise.control import request_reload
    from kubeglass.supervise.state.folder import require_run

    root = state_root()
    seconds = parse_timeout(timeout)
    Output().say(request_reload(root, require_run(root), timeout_seconds=seconds))
