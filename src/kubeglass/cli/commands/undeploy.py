"""``kubeglass undeploy``: delete what deploy created, in order; stored samples are kept by default."""

from __future__ import annotations

from typing import Annotated

import typer

from kubeglass.cli.cluster_options import Context, File, Namespace

Purge = Annotated[bool, typer.Option("--purge", help="Also delete stored samples and the namespaces.")]
Timeout = Annotated[float, typer.Option(min=1.0, help="Timeout for deleting each kind of object, in seconds.")]


def undeploy(
    file: File = None,
    context: Context = None,
    namespace: Namespace = None,
    timeout: Timeout = 180.0,
    *,
    purge: Purge = False,
) -> None:
    """Delete what `kubeglass deploy` created, and nothing else. Stored samples are kept."""
    from kubeglass.cli.deploying import DeployOptions, run_undeploy

    run_undeploy(DeployOptions(file, context, namespace, timeout), purge=purge)
