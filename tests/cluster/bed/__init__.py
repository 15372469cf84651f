"""A real, single-node Kubernetes for tests, without Docker and without installing anything on the machine.

The API server, its controllers, the scheduler, kubelet, kube-proxy, CoreDNS, etcd and containerd run in process, mount,
network and host name namespaces of their own. Their first process is the cluster: when it ends, the kernel ends the
rest. Programs are built from Go modules and Debian packages once and kept in the user's cache folder.

`python -m tests.cluster.bed up` starts it, `down` ends it and removes its state; `kubectl …` and `run …` work inside.
"""
