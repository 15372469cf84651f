"""The command line of every component."""

from __future__ import annotations

import sys

from tests.cluster.bed.layout import (
    CLUSTER_NETWORK,
    CONTAINERD_SOCKET,
    NODE_IP,
    NODE_NAME,
    SERVICE_NETWORK,
    Layout,
)
from tests.cluster.bed.pki import AGGREGATOR

ETCD_CLIENT = "http://127.0.0.1:2379"
ETCD_PEER = "http://127.0.0.1:2380"

Command = list[str]


def storage_commands(layout: Layout) -> dict[str, Command]:
    """Return the commands that run first: the container runtime and the database."""
    return {
        "containerd": ["containerd", "--config", str(layout.run / "containerd.toml")],
        "etcd": [
            "etcd",
            "--name=bed",
            "--data-dir=/var/lib/etcd",
            f"--listen-client-urls={ETCD_CLIENT}",
            f"--advertise-client-urls={ETCD_CLIENT}",
            f"--listen-peer-urls={ETCD_PEER}",
            f"--initial-advertise-peer-urls={ETCD_PEER}",
            f"--initial-cluster=bed={ETCD_PEER}",
            # The data need not survive a crash, and waiting for the disk takes half of the start.
            "--unsafe-no-fsync",
            "--log-level=warn",
        ],
    }


def apiserver_command(layout: Layout) -> Command:
    """Return the API server's command."""
    pki = layout.pki
    return [
        "kube-apiserver",
        f"--etcd-servers={ETCD_CLIENT}",
        f"--service-cluster-ip-range={SERVICE_NETWORK}",
        "--secure-port=6443",
        f"--advertise-address={NODE_IP}",
        f"--tls-cert-file={pki}/apiserver.crt",
        f"--tls-private-key-file={pki}/apiserver.key",
        f"--client-ca-file={pki}/ca.crt",
        f"--kubelet-client-certificate={pki}/kubelet-client.crt",
        f"--kubelet-client-key={pki}/kubelet-client.key",
        f"--kubelet-certificate-authority={pki}/ca.crt",
        "--kubelet-preferred-address-types=InternalIP",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={pki}/accounts.pub",
        f"--service-account-signing-key-file={pki}/accounts.key",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        # For extension servers, such as the metrics server.
        f"--requestheader-client-ca-file={pki}/ca.crt",
        f"--requestheader-allowed-names={AGGREGATOR}",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-username-headers=X-Remote-User",
        f"--proxy-client-cert-file={pki}/aggregator.crt",
        f"--proxy-client-key-file={pki}/aggregator.key",
    ]


def proxy_command(layout: Layout) -> Command:
    """Return the command of the socket that :attr:`Layout.api_socket` describes."""
    return ["kubectl", f"--kubeconfig={layout.kubeconfig()}", "proxy", f"--unix-socket={layout.api_socket}"]


def controller_commands(layout: Layout) -> dict[str, Command]:
    """Return the commands of the controllers and the scheduler, which need no node."""
    pki = layout.pki
    return {
        "kube-controller-manager": [
            "kube-controller-manager",
            f"--kubeconfig={layout.kubeconfig('controllers')}",
            f"--service-account-private-key-file={pki}/accounts.key",
            f"--root-ca-file={pki}/ca.crt",
            "--use-service-account-credentials",
            f"--cluster-signing-cert-file={pki}/ca.crt",
            f"--cluster-signing-key-file={pki}/ca.key",
            "--leader-elect=false",
            # The usual 20 requests per second make the start five seconds longer.
            "--kube-api-qps=500",
            "--kube-api-burst=1000",
            "--allocate-node-cidrs",
            f"--cluster-cidr={CLUSTER_NETWORK}",
            f"--service-cluster-ip-range={SERVICE_NETWORK}",
            # Autoscalers look every 15 seconds, and wait five minutes before they remove pods.
            "--horizontal-pod-autoscaler-sync-period=5s",
            # A volume that comes after its claim waits for two rounds, of 15 seconds usually.
            "--pvclaimbinder-sync-period=1s",
            "--bind-address=127.0.0.1",
        ],
        "kube-scheduler": [
            "kube-scheduler",
            f"--kubeconfig={layout.kubeconfig('scheduler')}",
            "--leader-elect=false",
            # The usual 50 requests per second schedule a thousand pods in forty seconds.
            "--kube-api-qps=500",
            "--kube-api-burst=1000",
            "--bind-address=127.0.0.1",
        ],
    }


def node_commands(layout: Layout) -> dict[str, Command]:
    """Return the commands that make the machine a node: the kubelet, kube-proxy and the volume provisioner."""
    return {
        "kubelet": [
            "kubelet",
            f"--config={layout.run / 'kubelet.json'}",
            f"--kubeconfig={layout.kubeconfig('kubelet')}",
            f"--node-ip={NODE_IP}",
            f"--hostname-override={NODE_NAME}",
        ],
        "kube-proxy": [
            "kube-proxy",
            f"--kubeconfig={layout.kubeconfig('proxy')}",
            f"--hostname-override={NODE_NAME}",
            f"--cluster-cidr={CLUSTER_NETWORK}",
            "--proxy-mode=iptables",
            # A network namespace may not change the kernel's connection tracking.
            "--conntrack-max-per-core=0",
            "--conntrack-tcp-timeout-established=0",
            "--conntrack-tcp-timeout-close-wait=0",
            "--metrics-bind-address=127.0.0.1:10249",
        ],
        "local-path": [sys.executable, "-m", "tests.cluster.bed.volumes", str(layout.kubeconfig())],
    }


def pretended_node_commands(layout: Layout) -> dict[str, Command]:
    """Return the command that simulates nodes: their pods are ready at once, and run nothing."""
    return {
        "kwok": [
            "kwok",
            f"--kubeconfig={layout.kubeconfig()}",
            f"--cidr={CLUSTER_NETWORK}",
            f"--node-ip={NODE_IP}",
            # Leases of a hundred nodes take a few requests per second; kubelets use 40 s too.
            "--node-lease-duration-seconds=40",
        ]
    }


def import_command(archive: str) -> Command:
    """Return the command that imports an image archive into the node; ``-`` is standard input."""
    return ["ctr", "--address", str(CONTAINERD_SOCKET), "--namespace", "k8s.io", "images", "import", archive]
