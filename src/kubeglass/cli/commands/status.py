"""``kubeglass status``: show the state of this folder's run, or of a deployed pipeline."""

from __future__ import annotations

from typing import Annotated

import typer

from kubeglass.cli.cluster_options import Context, File, Namespace, refuse_cluster_options

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
OnCluster = Annotated[bool, typer.Option("--cluster", help="Show a deployed pipeline, and whether data flows.")]
Watch = Annotated[
    bool,
    typer.Option("--watch", "-w", help="With --cluster: until Ctrl-C; without a terminal, each change is one line."),
]


def status(
    file: File = None,
    context: Context = None,
    namespace: Namespace = None,
    *,
    json: Json = False,
    cluster: OnCluster = False,
    watch: Watch = False,
) -> None:
    """Show every process's state, memory and address, and which targets are up. Exits with 7 if nothing runs.

    With --cluster, show every part of a pipeline, with the cause if it is not ready, and whether data flows. Exits
    with 7 if there is no pipeline, with 9 if it is not healthy. Without a definition or --namespace it is searched for.
    """
    if not cluster:
        refuse_cluster_options(file, context, namespace, watch=watch)
        from kubeglass.cli.local_view import show_status

        show_status(as_json=json)
        return
    from kubeglass.cli.cluster_view import show_cluster_status, watch_cluster_status
    from kubeglass.errors import UsageError

    if watch and json:
        raise UsageError("--watch", "cannot be combined with --json", hint="choose one")
    if watch:
        watch_cluster_status(file, context, namespace)
    else:
        show_cluster_status(file, context, namespace, as_json=json)
