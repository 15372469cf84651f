"""Configuration files of containerd, its network and the kubelet."""

from __future__ import annotations

import json

from tests.cluster.bed.layout import CONTAINERD_SOCKET, DNS_SERVICE_IP, POD_NETWORK, Layout
from tests.cluster.bed.packages import Runtime

PAUSE_IMAGE = "kubeglass.test/pause:1"
COREDNS_IMAGE = "kubeglass.test/coredns:1"

#: What the kubelet would set in the kernel. It is shown files that hold these values already, so the machine's own
#: settings stay as they are.
KERNEL_SETTINGS = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}

#: Nothing listens there, so pulling an image that was not imported fails at once and not after twenty seconds.
RESOLVER = "nameserver 127.0.0.1\n"

_CONTAINERD = """\
version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]

[grpc]
address = "{socket}"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{pause}"
# Without CAP_SYS_RESOURCE a sandbox cannot be protected from the out-of-memory killer.
restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"
default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
BinaryName = "{runc}"
SystemdCgroup = false

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{plugins}"
conf_dir = "{networks}"
"""


def write_settings(layout: Layout, runtime: Runtime) -> None:
    """Write every configuration file below the run folder."""
    networks = layout.run / "networks"
    networks.mkdir()
    (networks / "10-pods.conflist").write_text(json.dumps(_pod_network()))
    (layout.run / "containerd.toml").write_text(
        _CONTAINERD.format(
            socket=CONTAINERD_SOCKET,
            pause=PAUSE_IMAGE,
            runc=runtime.runc,
            plugins=runtime.network_plugins,
            networks=networks,
        )
    )
    (layout.run / "kubelet.json").write_text(json.dumps(_kubelet(layout)))
    (layout.run / "resolv.conf").write_text(RESOLVER)
    for name, value in KERNEL_SETTINGS.items():
        file = layout.run / "sysctl" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{value}\n")


def _pod_network() -> dict[str, object]:
    addresses = {"type": "host-local", "ranges": [[{"subnet": POD_NETWORK}]], "routes": [{"dst": "0.0.0.0/0"}]}
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "ipMasq": True,
        "hairpinMode": True,
        "ipam": addresses,
    }
    return {
        "cniVersion": "1.0.0",
        "name": "pods",
        "plugins": [bridge, {"type": "portmap", "capabilities": {"portMappings": True}}],
    }


def _kubelet(layout: Layout) -> dict[str, object]:
    # A test machine's disk is often nearly full, and nothing may be evicted for it.
    never_evict = {"nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.available": "0%"}
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(layout.pki / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(layout.pki / "kubelet.crt"),
        "tlsPrivateKeyFile": str(layout.pki / "kubelet.key"),
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{layout.cgroup}",
        # Some machines still have control groups v1, which newer kubelets refuse by default.
        "failCgroupV1": False,
        "failSwapOn": False,
        "clusterDNS": [DNS_SERVICE_IP],
        "clusterDomain": "cluster.local",
        "resolvConf": str(layout.run / "resolv.conf"),
        "volumePluginDir": "/var/lib/kubelet/volumeplugins",
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {"memory.available": "100Mi", "imagefs.inodesFree": "0%", **never_evict},
        "nodeStatusUpdateFrequency": "5s",
        "maxPods": 110,
    }
