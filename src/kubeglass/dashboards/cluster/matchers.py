"""Which series the cluster dashboard selects, and the variables that narrow it."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import QueryVariable

from kubeglass.dashboards.defaults import label_values

#: The label of a node's name, and what narrows a query to the chosen ones. "All" is ``.*``.
NODE = "k8s_node_name"
NODES = f'{NODE}=~"$node"'
#: Pods of the chosen namespaces on the chosen nodes.
PODS = f'{NODES}, k8s_namespace_name=~"$namespace"'
#: What tells one pod's series, or one container's, from another's.
POD = ("k8s_namespace_name", "k8s_pod_name")
CONTAINER = (*POD, "k8s_container_name")

POD_LEGEND = "{{k8s_namespace_name}} {{k8s_pod_name}}"
CONTAINER_LEGEND = "{{k8s_pod_name}} {{k8s_container_name}}"

#: Grafana writes it behind the figure: no unit of its own means cores.
CORES = "suffix: cores"

#: More lines than this cannot be told apart; the largest are shown.
MOST_LINES = 20


def largest(expr: str) -> str:
    """Keep the largest series of ``expr``, so that a cluster of thousands of pods stays readable."""
    return f"topk({MOST_LINES}, {expr})"


def node() -> QueryVariable:
    """Choose nodes."""
    return label_values("node", "Node", 'label_values({job="kubelet"}, k8s_node_name)')


def namespace() -> QueryVariable:
    """Choose namespaces with pods on the chosen nodes."""
    return label_values("namespace", "Namespace", f'label_values({{job="kubelet", {NODES}}}, k8s_namespace_name)')
