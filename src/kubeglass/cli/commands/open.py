"""``kubeglass open``: open the dashboard page or another part."""

from __future__ import annotations

from typing import Annotated

import typer

from kubeglass.cli.cluster_options import Context, File, Namespace, refuse_cluster_options

Part = Annotated[str | None, typer.Argument(help="The part to open; the dashboard page by default.")]
OnCluster = Annotated[
    bool, typer.Option("--cluster", help="Forward the page of a deployed pipeline to this machine until Ctrl-C.")
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="With --cluster: local port, 0 for any free one.")]


def open_page(
    part: Part = None,
    file: File = None,
    context: Context = None,
    namespace: Namespace = None,
    port: Port = 0,
    *,
    cluster: OnCluster = False,
) -> None:
    """Open the dashboard page, or another part, in the browser, and print its address."""
    if cluster:
        from kubeglass.cli.cluster_open import open_cluster_part

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
