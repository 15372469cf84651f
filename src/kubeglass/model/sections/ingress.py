"""The ``ingress`` section: a host name under which an ingress controller, such as K3s's Traefik, serves a part."""

from __future__ import annotations

from pydantic import Field

from kubeglass.model.sections.section import Section
from kubeglass.model.text import HostName, Name


class Ingress(Section):
    """Serve a part at a host name, through the cluster's ingress controller."""

    host: HostName = Field(description="Host name that leads to the part, such as shop.example.com.")
    tls: Name | None = Field(
        default=None, description="Secret of type kubernetes.io/tls with the certificate; empty means plain HTTP."
    )
    class_name: Name | None = Field(
        default=None, description="IngressClass; empty means the cluster's default, on K3s traefik."
    )
    annotations: dict[str, str] = Field(
        default={}, description="Annotations for the controller, such as cert-manager.io/cluster-issuer: letsencrypt."
    )

    @property
    def url(self) -> str:
        """Address for a browser."""
        return f"{'https' if self.tls else 'http'}://{self.host}"
