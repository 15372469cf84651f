"""The ``collector`` section: what it reads besides the apps, its queue and its resources."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

from pydantic import Field, WithJsonSchema, WrapValidator

from kubeglass.model.quantity import Duration, Size
from kubeglass.model.sections.placement import Placement, Toleration
from kubeglass.model.sections.secret import SecretKey
from kubeglass.model.sections.section import Amount, Resources, Section
from kubeglass.model.text import AbsolutePath, Name


class KubeletGroup(StrEnum):
    """Groups of metrics that the kubelet offers."""

    NODE = "node"
    POD = "pod"
    CONTAINER = "container"
    VOLUME = "volume"


class Kubelet(Section):
    """On the cluster: CPU, memory, network and disk of nodes, pods and containers, from each node's kubelet."""

    enabled: bool = Field(default=True, description="Read the kubelet of every node.")
    interval: Duration = Field(
        default=15.0, ge=1.0, description="Collection interval; the kubelet refreshes every 10-15s."
    )
    groups: tuple[KubeletGroup, ...] = Field(
        default=(KubeletGroup.NODE, KubeletGroup.POD, KubeletGroup.CONTAINER),
        min_length=1,
        description="Which groups to collect.",
    )
    ca_file: AbsolutePath = Field(
        default="/var/run/secrets/kubernetes.io/serviceaccount/ca.crt",
        description="Authority that signed the kubelets' certificates, as the collector's pod sees it.",
    )
    insecure_skip_verify: bool = Field(
        default=False, description="Trust any certificate; only for kubeadm clusters without server TLS bootstrap."
    )


class HostScraper(StrEnum):
    """Host metrics that can be collected."""

    CPU = "cpu"
    DISK = "disk"
    FILESYSTEM = "filesystem"
    LOAD = "load"
    MEMORY = "memory"
    NETWORK = "network"
    PAGING = "paging"


class HostMetrics(Section):
    """CPU, memory, disks and network of the machine itself."""

    enabled: bool = Field(default=False, description="Measure the machine the collector runs on.")
    interval: Duration = Field(default=15.0, ge=1.0, description="Collection interval.")
    scrapers: tuple[HostScraper, ...] = Field(
        default=(HostScraper.CPU, HostScraper.FILESYSTEM, HostScraper.LOAD, HostScraper.MEMORY, HostScraper.NETWORK),
        min_length=1,
        description="What to measure; `network` is left out on a cluster, where the kubelet reports the node's.",
    )


class Queue(Section):
    """The queue on disk, used while the storage cannot be reached."""

    size: Size = Field(
        default="1GB",
        description=(
            "Most data kept for each place it goes to; after that the newest is refused. 1GB bridges about five hours "
            "of ten thousand series read every 5s. The file takes up to twice as much of the disk."
        ),
    )
    fsync: bool = Field(
        default=False,
        description="Force every write to the disk: survives a power cut too, and costs a write per scrape.",
    )


class ScrapeTls(Section):
    """On the cluster: how pods annotated with `prometheus.io/scheme: https` are scraped."""

    ca: SecretKey | None = Field(
        default=None, description="Authority that signed the pods' certificates; empty means the public ones."
    )
    server_name: str | None = Field(
        default=None, min_length=1, description="Name that the certificates are for; empty means the pod's address."
    )
    insecure_skip_verify: bool = Field(default=False, description="Trust any certificate.")
    certificate: SecretKey | None = Field(default=None, description="Client certificate that the collector shows.")
    key: SecretKey | None = Field(default=None, description="Private key of `certificate`.")
    token: SecretKey | None = Field(
        default=None, description="Bearer token, sent to every pod that is scraped over https."
    )


#: What `scrape_namespaces: all` means inside; no namespace can be named so.
ALL_NAMESPACES = ("*",)


def _read_namespaces(value: object, read: Callable[[object], tuple[str, ...]]) -> tuple[str, ...]:
    if value == "all" or value == ALL_NAMESPACES:
        return ALL_NAMESPACES
    if isinstance(value, str):
        raise ValueError("must be a list of namespaces, or all")
    return read(value)


#: Names of namespaces, or ``all``.
Namespaces = Annotated[
    tuple[Name, ...],
    WrapValidator(_read_namespaces),
    WithJsonSchema({"anyOf": [{"type": "array", "items": {"type": "string"}}, {"const": "all"}]}),
]


class Otlp(Section):
    """On the cluster: metrics that pods push over OTLP to the Service `otel-collector`, such as jobs do."""

    enabled: bool = Field(
        default=True, description="Receive what pods of the scraped namespaces push; locally, the port is always open."
    )


class CollectorPlacement(Placement):
    """On the cluster: where collectors run. Apps are scraped by the collector of their node, so it should be on all."""

    tolerations: tuple[Toleration, ...] = Field(
        default=(Toleration(),), description="Taints that the pods accept; by default all of them."
    )


class Collector(Section):
    """What the collector reads besides the apps, its queue and its resources."""

    scrape_namespaces: Namespaces = Field(
        default=(),
        description="On the cluster: `all`, or namespaces whose annotated pods are scraped besides those in the"
        " pipeline's and its apps'.",
    )
    scrape_tls: ScrapeTls | None = Field(
        default=None,
        description="On the cluster: certificates and token for pods annotated with `prometheus.io/scheme: https`;"
        " empty means public authorities and no token.",
    )
    otlp: Otlp = Otlp()
    kubelet: Kubelet = Kubelet()
    host_metrics: HostMetrics = HostMetrics()
    queue: Queue = Queue()
    resources: Resources = Resources(requests=Amount(cpu="25m", memory="64Mi"), limits=Amount(memory="320Mi"))
    placement: CollectorPlacement = CollectorPlacement()
