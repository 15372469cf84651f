"""``kubeglass reload``: have the run in this folder read kubeglass.yaml anew."""

from __future__ import annotations

from typing import Annotated

import typer

Timeout = Annotated[str, typer.Option(metavar="DURATION", help="How long it may take until data is seen again.")]


def reload(timeout: Timeout = "90s") -> None:
    """Bring what runs here to what kubeglass.yaml says now; only what changed is restarted or reloaded.

    A wrong file changes nothing. SIGHUP to the run does the same.
    """
    from kubeglass.cli.context import parse_timeout, state_root
    from kubeglass.cli.output import Output
    from kubeglass.supervise.control import request_reload
    from kubeglass.supervise.state.folder import require_run

    root = state_root()
    seconds = parse_timeout(timeout)
    Output().say(request_reload(root, require_run(root), timeout_seconds=seconds))
