"""Which series the cluster dashboard selects, and the variables that narrow it."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import QueryVariable

from kubeglass.dashboards.defaults import label_values

#: The label of a node's name, and the matcher of the selected nodes. "All" is ``.*``.
NODE = "k8s_node_name"
NODES = f'{NODE}=~"$node"'
#: Pods of the selected namespaces on the selected nodes.
PODS = f'{NODES}, k8s_namespace_name=~"$namespace"'
#: The labels that identify a pod, and a container.
POD = ("k8s_namespace_name", "k8s_pod_name")
CONTAINER = (*POD, "k8s_container_name")

POD_LEGEND = "{{k8s_namespace_name}} {{k8s_pod_name}}"
CONTAINER_LEGEND = "{{k8s_pod_name}} {{k8s_container_name}}"

#: A suffix, because Grafana has no unit for cores.
CORES = "suffix: cores"

#: More lines are indistinguishable; the largest are shown.
MOST_LINES = 20


def largest(expr: str) -> str:
    """Keep the largest series of ``expr``, so that the panel stays readable with thousands of pods."""
    return f"topk({MOST_LINES}, {expr})"


def node() -> QueryVariable:
    """Select nodes."""
    return label_values("node", "Node", 'label_values({job="kubelet"}, k8s_node_name)')


def namespace() -> QueryVariable:
    """Select namespaces with pods on the selected nodes."""
    return label_values("namespace", "Namespace", f'label_values({{job="kubelet", {NODES}}}, k8s_namespace_name)')
