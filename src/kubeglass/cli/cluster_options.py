"""The options that all commands about a cluster share, and the definition that they choose."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Collection

    from kubeglass.deploy.api.cluster import Cluster
    from kubeglass.deploy.release.installed import Installed
    from kubeglass.model.pipeline import Pipeline

File = Annotated[Path | None, typer.Option("--file", "-f", help="The definition.", show_default="kubeglass.yaml")]
Context = Annotated[str | None, typer.Option(help="Context of the kubeconfig.", show_default="its current one")]
Namespace = Annotated[
    str | None,
    typer.Option("--namespace", "-n", help="The pipeline's namespace.", show_default="cluster.namespace"),
]


def load_cluster_pipeline(file: Path | None, namespace: str | None, *, deployed: bool = False) -> Pipeline:
    """Load the definition, moved to ``namespace`` if one is given.

    Args:
        file: the definition; None means the one in this folder.
        namespace: replaces ``cluster.namespace``.
        deployed: whether the pipeline is on the cluster already, so that its namespace is enough to find it.

    Raises:
        ConfigError: the definition is missing or wrong.
        UsageError: Kubernetes does not accept the namespace.
    """
    from kubeglass.cli.context import load_definition
    from kubeglass.errors import UsageError
    from kubeglass.model.load import FILE_NAME, load_pipeline

    pipeline = load_definition(file) if deployed and namespace is not None else load_pipeline(file or Path(FILE_NAME))
    if namespace is None:
        return pipeline
    try:
        section = type(pipeline.cluster).model_validate({**pipeline.cluster.model_dump(), "namespace": namespace})
    except ValueError as error:
        raise UsageError("--namespace", "is not a name Kubernetes accepts", found=namespace) from error
    return pipeline.model_copy(update={"cluster": section})


def name_pipeline(file: Path | None, namespace: str | None) -> str | None:
    """Return the namespace that the options or the definition in this folder name; None if neither does.

    Raises:
        ConfigError: the definition is wrong, or ``file`` is missing.
        UsageError: Kubernetes does not accept the namespace.
    """
    from kubeglass.model.load import FILE_NAME

    if file is None and namespace is None and not Path(FILE_NAME).exists():
        return None
    return load_cluster_pipeline(file, namespace, deployed=True).cluster.namespace


def search_pipelines(cluster: Cluster) -> list[str]:
    """Return the namespace of each pipeline on the cluster.

    Raises:
        UsageError: the credentials may not search every namespace.
    """
    from kubeglass.deploy.api.errors import ForbiddenError
    from kubeglass.deploy.release.installed import find_pipelines
    from kubeglass.errors import UsageError

    try:
        return find_pipelines(cluster)
    except ForbiddenError as error:
        hint = "name the pipeline's with --namespace"
        raise UsageError("--cluster", "these credentials may not search every namespace", hint=hint) from error


def choose_pipeline(cluster: Cluster, named: str | None) -> str:
    """Return the namespace of the ``named`` pipeline, or of the only one on the cluster.

    Raises:
        StateError: no pipeline was found.
        UsageError: there are several, or the credentials may not search for them.
    """
    from kubeglass.errors import StateError, UsageError

    if named is not None:
        return named
    found = search_pipelines(cluster)
    if not found:
        raise StateError(f"cluster {cluster.address}", "has no kubeglass pipeline", hint="run kubeglass deploy")
    if len(found) > 1:
        hint = "choose one with --namespace"
        raise UsageError(f"cluster {cluster.address}", "has several pipelines", found=", ".join(found), hint=hint)
    return found[0]


def require_installed(cluster: Cluster, namespace: str, kinds: Collection[str] = ()) -> Installed:
    """Read what is on the cluster of the pipeline of ``namespace``: objects of ``kinds``, or all.

    Raises:
        StateError: there is no pipeline.
    """
    from kubeglass.deploy.release.installed import read_installed
    from kubeglass.errors import StateError, UsageError

    installed = read_installed(cluster, namespace, *([kinds] if kinds else []))
    if installed.exists:
        return installed
    try:
        others = search_pipelines(cluster)
    except UsageError:
        others = []
    raise StateError(
        f"namespace {namespace}",
        "has no kubeglass pipeline",
        found=f"there is one in {', '.join(others)}" if others else "",
        hint="run kubeglass deploy" + (", or choose one with --namespace" if others else ""),
    )


def refuse_cluster_options(file: Path | None, context: str | None, namespace: str | None, **further: object) -> None:
    """Refuse the options that need ``--cluster``; ``further`` are those of one command alone.

    Raises:
        UsageError: one is given.
    """
    from kubeglass.errors import UsageError

    for option, value in {"file": file, "context": context, "namespace": namespace, **further}.items():
        if value not in (None, False):
            raise UsageError(f"--{option}", "needs --cluster", hint="add --cluster")
