"""The options that all commands about a cluster share, and the definition that they choose."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
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


def refuse_cluster_options(file: Path | None, context: str | None, namespace: str | None) -> None:
    """Refuse the options that need ``--cluster``.

    Raises:
        UsageError: one is given.
    """
    from kubeglass.errors import UsageError

    for option, value in (("--file", file), ("--context", context), ("--namespace", namespace)):
        if value is not None:
            raise UsageError(option, "needs --cluster", hint="add --cluster")
