"""What the cluster's dashboard can be narrowed to: node, namespace."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import QueryVariable

from kubeglass.dashboards.choices import label_values
from kubeglass.dashboards.cluster.matchers import NODES


def node() -> QueryVariable:
    """Choose nodes."""
    return label_values("node", "Node", 'label_values({job="kubelet"}, k8s_node_name)')


def namespace() -> QueryVariable:
    """Choose namespaces with pods on the chosen nodes."""
    return label_values("namespace", "Namespace", f'label_values({{job="kubelet", {NODES}}}, k8s_namespace_name)')
