"""A pipeline as it is on the cluster: its definition, its Prometheus, and the pods that are there now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kubeglass.deploy.cluster import Cluster
from kubeglass.deploy.objects import write_selector
from kubeglass.deploy.pods import is_ending
from kubeglass.model.app import App
from kubeglass.model.pipeline import Pipeline
from kubeglass.observe.prometheus import Prometheus
from kubeglass.render.kubernetes.names import COLLECTOR, selector_of


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a proof looks at.

    Args:
        cluster: the cluster.
        pipeline: what was deployed.
        prometheus: its Prometheus.
    """

    cluster: Cluster
    pipeline: Pipeline
    prometheus: Prometheus

    def collectors(self) -> list[dict[str, Any]]:
        """Read the collectors' pods."""
        return self._pods(self.pipeline.cluster.namespace, COLLECTOR)

    def pods_of(self, app: App) -> list[dict[str, Any]]:
        """Read the pods of ``app``; those that were told to end are gone as far as a proof is concerned."""
        return self._pods(self.pipeline.cluster.apps_run_in, app.name)

    def _pods(self, namespace: str, name: str) -> list[dict[str, Any]]:
        selector = write_selector(selector_of(name))
        pods = self.cluster.list_objects("v1", "Pod", namespace=namespace, selector=selector)
        return [pod for pod in pods if not is_ending(pod)]
