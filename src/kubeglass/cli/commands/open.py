"""``kubeglass open``: show the page."""

from __future__ import annotations

from typing import Annotated

import typer

from kubeglass.cli.cluster_options import Context, File, Namespace

Part = Annotated[str | None, typer.Argument(help="On the cluster: viewer, grafana, prometheus or an app.")]
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
    """Open the page in the browser and print its address, which is all that happens where there is no browser."""
    if cluster:
        from kubeglass.cli.cluster_view import open_cluster_part

        open_cluster_part(part, file, context, namespace, port)
        return
    import webbrowser

    from kubeglass.cli.context import state_root
    from kubeglass.cli.output import Output
    from kubeglass.errors import StateError
    from kubeglass.supervise.state.folder import require_run

    root = state_root()
    record = require_run(root)
    address = record.addresses.get("page")
    if address is None:
        raise StateError(
            str(root), "has no page yet", found=f"the run is {record.phase}", hint="wait; see: kubeglass status"
        )
    Output().say(address)
    webbrowser.open(address)
