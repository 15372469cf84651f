"""The dashboard "Cluster nodes and pods", from kubelet metrics: one topic per module."""
