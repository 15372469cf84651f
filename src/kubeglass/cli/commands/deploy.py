"""``kubeglass deploy`` and ``kubeglass undeploy``: put the pipeline on a cluster, and take it off again."""

from __future__ import annotations

from typing import Annotated

import typer

from kubeglass.cli.cluster_options import Context, File, Namespace

DryRun = Annotated[bool, typer.Option("--dry-run", help="Validate everything on the server; change nothing.")]
Diff = Annotated[bool, typer.Option("--diff", help="Show what would change; change nothing.")]
Timeout = Annotated[float, typer.Option(min=1.0, help="Timeout of the rollout, and of verification, in seconds.")]
Force = Annotated[bool, typer.Option("--force-conflicts", help="Take over fields that other managers own.")]
Verifying = Annotated[bool, typer.Option("--verify/--no-verify", help="Check that data flows end to end.")]
CreateSecrets = Annotated[
    bool, typer.Option("--create-secrets", help="Make Secrets of this machine's variables where none are named.")
]
Annotating = Annotated[
    bool, typer.Option("--annotate", help="Annotate workloads named in 'existing' for scrapes; restarts their pods.")
]
Purge = Annotated[bool, typer.Option("--purge", help="Also delete stored samples and the namespaces.")]
DeletionTimeout = Annotated[
    float, typer.Option("--timeout", min=1.0, help="Timeout for deleting each kind of object, in seconds.")
]


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
    create_secrets: CreateSecrets = False,
    annotate: Annotating = False,
) -> None:
    """Deploy the pipeline: apply its manifests, wait until they are ready, and verify that data flows end to end."""
    from kubeglass.cli.deploying import DeployOptions, run_deploy

    options = (dry_run, diff, force_conflicts, verify, create_secrets, annotate)
    run_deploy(DeployOptions(file, context, namespace, timeout, *options))


def undeploy(
    file: File = None,
    context: Context = None,
    namespace: Namespace = None,
    timeout: DeletionTimeout = 180.0,
    *,
    purge: Purge = False,
) -> None:
    """Delete a deployed pipeline, whoever applied it, and nothing else. Stored samples are kept."""
    from kubeglass.cli.deploying import run_undeploy

    run_undeploy(file, context, namespace, timeout=timeout, purge=purge)
