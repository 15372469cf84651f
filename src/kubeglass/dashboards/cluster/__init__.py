"""The dashboard "Cluster nodes and pods", from what the kubelets say: one topic a file."""
