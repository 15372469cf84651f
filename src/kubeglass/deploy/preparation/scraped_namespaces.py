"""Check that the namespaces to be scraped exist, before anything is applied: the collector's rights go into each."""

from __future__ import annotations

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.api.objects import ObjectKey
from kubeglass.errors import ClusterError
from kubeglass.model.pipeline import Pipeline


def require_namespaces(cluster: Cluster, pipeline: Pipeline) -> None:
    """Check that the namespaces exist that the definition names and kubeglass does not make.

    Raises:
        ClusterError: some do not; names all of them.
    """
    missing = [
        name
        for name in pipeline.scraped_namespaces
        if name not in pipeline.own_namespaces and _is_missing(cluster, name)
    ]
    if missing:
        raise ClusterError(
            "collector.scrape_namespaces",
            "names namespaces that do not exist",
            found=", ".join(missing),
            hint=f"create them (kubectl create namespace {missing[0]}), or take them out of the list",
        )


def _is_missing(cluster: Cluster, namespace: str) -> bool:
    try:
        return cluster.get(ObjectKey("v1", "Namespace", namespace)) is None
    except ForbiddenError:
        # The apply of the Role tells.
        return False
