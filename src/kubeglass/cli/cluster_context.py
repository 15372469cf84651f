"""What a command about a cluster works on: the definition, with the namespace chosen on the command line."""

from __future__ import annotations

from pathlib import Path

from kubeglass.errors import UsageError
from kubeglass.model.load import FILE_NAME, load_pipeline
from kubeglass.model.pipeline import Pipeline


def load_cluster_pipeline(file: Path | None, namespace: str | None) -> Pipeline:
    """Read the definition and put it into ``namespace``, if one is given.

    Raises:
        ConfigError: the definition is wrong.
        UsageError: the namespace is no name.
    """
    path = file or Path(FILE_NAME)
    pipeline = load_pipeline(path) if file is not None or path.exists() else Pipeline()
    if namespace is None:
        return pipeline
    try:
        section = type(pipeline.cluster).model_validate({**pipeline.cluster.model_dump(), "namespace": namespace})
    except ValueError as error:
        raise UsageError("--namespace", "is not a name Kubernetes accepts", found=namespace) from error
    return pipeline.model_copy(update={"cluster": section})
