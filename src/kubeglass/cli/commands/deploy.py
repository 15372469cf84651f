"""``kubeglass deploy``: put the pipeline on a cluster, wait for it, verify it."""

from __future__ import annotations

from typing import Annotated

import typer

from kubeglass.cli.cluster_options import Context, File, Namespace

DryRun = Annotated[bool, typer.Option("--dry-run", help="Let the server check everything; store nothing.")]
Diff = Annotated[bool, typer.Option("--diff", help="Show what would change; change nothing.")]
Timeout = Annotated[float, typer.Option(min=1.0, help="Seconds for the rollout, and again for verification.")]
Force = Annotated[bool, typer.Option("--force-conflicts", help="Take over fields that others manage.")]
Verifying = Annotated[bool, typer.Option("--verify/--no-verify", help="Check that data flows end to end.")]


def deploy(
    file: File = None,
    context: Context = None,
    namespace: Namespace = None,
    timeout: Timeout = 180.0,
    *,
    dry_run: DryRun = False,
    diff: Diff = False,
    force_conflicts: Force = False,
    verify: Verifying = True,
) -> None:
    """Apply the manifests in order, wait until everything is ready, and verify that data flows end to end."""
    from kubeglass.cli.deploying import DeployOptions, run_deploy

    run_deploy(DeployOptions(file, context, namespace, timeout, dry_run, diff, force_conflicts, verify))
