"""``kubeglass open``: show the page."""

from __future__ import annotations

from typing import Annotated

import typer

from kubeglass.cli.cluster_options import Context, File, Namespace, refuse_cluster_options

Part = Annotated[str | None, typer.Argument(help="What to open; the dashboard page if none is named.")]
OnCluster = Annotated[bool, typer.Option("--cluster", help="Bring the page of a deployed pipeline here until Ctrl-C.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="With --cluster: port on this machine, 0 for any.")]


def open_page(
    part: Part = None,
    file: File = None,
    context: Context = None,
    namespace: Namespace = None,
    port: Port = 0,
    *,
    cluster: OnCluster = False,
) -> None:
    """Print the address of the dashboard page, or of another part, and open it in the browser if there is one."""
    if cluster:
        from kubeglass.cli.cluster_view import open_cluster_part

        open_cluster_part(part, file, context, namespace, port)
        return
    refuse_cluster_options(file, context, namespace)
    import webbrowser

    from kubeglass.cli.context import state_root
    from kubeglass.cli.output import Output
    from kubeglass.errors import StateError, UsageError
    from kubeglass.supervise.state.folder import require_run

    root = state_root()
    record = require_run(root)
    address = record.addresses.get(part or "page")
    if address is None and part and record.addresses:
        raise UsageError(part, "is not part of this run", found=f"its parts: {', '.join(record.addresses)}")
    if address is None:
        raise StateError(
            str(root), "has no page yet", found=f"the run is {record.phase}", hint="wait; see: kubeglass status"
        )
    Output().say(address)
    webbrowser.open(address)
