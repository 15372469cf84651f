"""``kubeglass undeploy``: what deploy made goes again, in order; data stays unless asked for."""

from __future__ import annotations

from typing import Annotated

import typer

from kubeglass.cli.cluster_options import Context, File, Namespace

Purge = Annotated[bool, typer.Option("--purge", help="Delete the stored samples and the namespaces too.")]
Timeout = Annotated[float, typer.Option(min=1.0, help="Seconds until each kind of object must be gone.")]


def undeploy(
    file: File = None,
    context: Context = None,
    namespace: Namespace = None,
    timeout: Timeout = 180.0,
    *,
    purge: Purge = False,
) -> None:
    """Remove what `kubeglass deploy` made, and nothing else; stored samples stay."""
    from kubeglass.cli.deploying import DeployOptions, run_undeploy

    run_undeploy(DeployOptions(file, context, namespace, timeout), purge=purge)
