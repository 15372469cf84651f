"""The ``cluster`` section: where and how the pipeline runs on Kubernetes."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from kubeglass.model.sections.ingress import Ingress
from kubeglass.model.sections.placement import PLACED, Placement
from kubeglass.model.sections.section import Amount, Resources, Section
from kubeglass.model.text import AbsolutePath, HostName, Name, NodePort


class PullPolicy(StrEnum):
    """When the kubelet pulls an image, in Kubernetes's words."""

    ALWAYS = "Always"
    IF_NOT_PRESENT = "IfNotPresent"
    NEVER = "Never"


class PodSecurity(StrEnum):
    """Levels of the Pod Security Standards: https://kubernetes.io/docs/concepts/security/pod-security-standards/."""

    PRIVILEGED = "privileged"
    BASELINE = "baseline"
    RESTRICTED = "restricted"


class Security(Section):
    """Security of everything but the collector, whose host paths need a higher level; its namespace says why."""

    pod_security: PodSecurity = Field(default=PodSecurity.RESTRICTED, description="Level the apps' pods keep to.")
    network_policy: bool = Field(default=True, description="Allow only the traffic that the pipeline needs.")


class ImageSource(StrEnum):
    """Where images come from that have no name of their own here."""

    UPSTREAM = "upstream"
    LOCAL = "local"


class Images(Section):
    """Images to use instead of the pinned ones, such as copies in a registry of your own."""

    source: ImageSource = Field(
        default=ImageSource.UPSTREAM,
        description="upstream: the official ones, pinned. local: those of `kubeglass images build`, for a cluster that"
        " reaches no registry; Grafana then runs only if `grafana` names its image.",
    )
    collector: str | None = Field(
        default=None, min_length=1, description="Image of the collector, of version 0.155.0 or newer."
    )
    prometheus: str | None = Field(
        default=None, min_length=1, description="Image of Prometheus, of version 3.11.0 or newer."
    )
    grafana: str | None = Field(default=None, min_length=1, description="Image of Grafana.")
    viewer: str | None = Field(default=None, min_length=1, description="Image of kubeglass's page.")


class WebPage(Section):
    """A page that users open: Grafana, or kubeglass's own; both ask for a password."""

    enabled: bool = Field(default=True, description="Run it on the cluster.")
    node_port: NodePort | None = Field(default=None, description="Port on every node; empty means none.")
    ingress: Ingress | None = Field(default=None, description="Host name that leads to it; empty means none.")

    placement: Placement = Field(default=Placement(), description=PLACED)

    @property
    def is_exposed(self) -> bool:
        """Whether it is reached from outside the cluster without a port-forward."""
        return self.node_port is not None or self.ingress is not None


class Viewer(WebPage):
    """kubeglass's own page."""

    hosts: tuple[HostName, ...] = Field(
        default=(), description="Names that users open it by, such as a node's; addresses are always accepted."
    )
    resources: Resources = Resources(requests=Amount(cpu="10m", memory="48Mi"), limits=Amount(memory="192Mi"))


class Grafana(WebPage):
    """Grafana."""

    anonymous: bool = Field(default=False, description="Let everybody view dashboards without signing in.")
    # Measured at rest: 122 MiB with Grafana 12.4, up to 294 MiB with 13.x, where each bundled data source is a process.
    resources: Resources = Resources(requests=Amount(cpu="50m", memory="300Mi"), limits=Amount(memory="512Mi"))


class Cluster(Section):
    """Where and how the pipeline runs on Kubernetes."""

    namespace: Name = Field(
        default="observability", description="Namespace of the collector, Prometheus and the pages."
    )
    app_namespace: Name | None = Field(
        default=None, description="Namespace of apps that name none; empty means the same one."
    )
    storage_class: str | None = Field(default=None, min_length=1, description="Empty means the cluster's default.")
    queue_path: AbsolutePath | None = Field(
        default=None,
        description="Folder on each node for the collector's queue, which no other pipeline may use; empty means"
        " /var/lib/kubeglass/NAMESPACE/otelcol, or where it is already.",
    )
    pull_policy: PullPolicy = PullPolicy.IF_NOT_PRESENT
    images: Images = Images()
    grafana: Grafana = Grafana()
    viewer: Viewer = Viewer()
    placement: Placement = Field(
        default=Placement(), description="Where the pods of every part but the collector run, unless the part says so."
    )
    security: Security = Security()

    @property
    def runs_grafana(self) -> bool:
        """Whether Grafana runs: it is enabled, and there is an image of it."""
        has_image = self.images.source is ImageSource.UPSTREAM or self.images.grafana is not None
        return self.grafana.enabled and has_image

    @property
    def queue_folder(self) -> str:
        """Folder on each node for the collector's queue."""
        return self.queue_path or f"/var/lib/kubeglass/{self.namespace}/otelcol"

    @property
    def apps_run_in(self) -> str:
        """Namespace of the apps that name none."""
        return self.app_namespace or self.namespace
