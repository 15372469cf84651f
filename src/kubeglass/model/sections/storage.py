"""The ``storage`` section: how long Prometheus keeps data, and where else it goes."""

from __future__ import annotations

import math

from pydantic import Field

from kubeglass.model.duration import DAY, HOUR
from kubeglass.model.quantity import Duration, Memory, Size, parse_size
from kubeglass.model.sections.placement import PLACED, Placement
from kubeglass.model.sections.secret import BasicAuth, PlainHeaders, SecretSource
from kubeglass.model.sections.section import Amount, Resources, Section
from kubeglass.model.text import HeaderName, Url


class Retention(Section):
    """Prometheus deletes the oldest data when either limit is reached."""

    time: Duration = Field(
        default=15 * DAY, ge=2 * HOUR, description="Oldest data kept; at least 2h, Prometheus's block length."
    )
    size: Size = Field(default="5GB", description="Most disk used.")


class HeaderAuth(Section):
    """A header that carries the secret."""

    name: HeaderName = Field(description="The header's name, such as api-key.")
    value: SecretSource = Field(description="Where its value is found.")


class Auth(Section):
    """How requests to the endpoint authenticate: exactly one of these."""

    basic: BasicAuth | None = Field(default=None, description="HTTP basic authentication.")
    bearer: SecretSource | None = Field(default=None, description="Where the bearer token is found.")
    header: HeaderAuth | None = Field(default=None, description="A header that holds a key.")


class Remote(Section):
    """An OTLP endpoint that receives every metric too: Mimir, VictoriaMetrics, Thanos Receive, a vendor."""

    url: Url = Field(description="Base address; /v1/metrics is added, as OTLP over HTTP defines.")
    headers: PlainHeaders = Field(default={}, description="HTTP headers without secrets, such as X-Scope-OrgID.")
    auth: Auth | None = Field(default=None, description="Where to find the credentials.")

    @property
    def secrets(self) -> tuple[SecretSource, ...]:
        """Secrets that the collector needs in its environment, each in its ``variable``."""
        if self.auth is None:
            return ()
        auth = self.auth
        password = auth.basic.password if auth.basic else None
        value = auth.header.value if auth.header else None
        return tuple(source for source in (password, auth.bearer, value) if source is not None)


class Storage(Section):
    """Where metrics are kept."""

    retention: Retention = Retention()
    out_of_order: Duration = Field(
        default=6 * HOUR,
        ge=0.0,
        description="How late data may arrive after an outage and still be stored; collector.queue.size limits it too.",
    )
    volume: Memory | None = Field(
        default=None,
        description="On the cluster: size of Prometheus's volume; empty means half more than retention.size.",
    )
    resources: Resources = Resources(requests=Amount(cpu="50m", memory="128Mi"), limits=Amount(memory="1Gi"))
    placement: Placement = Field(default=Placement(), description=PLACED)
    remote: Remote | None = Field(
        default=None,
        description="A second destination for every metric; Prometheus stays, since alerts and pages read it.",
    )

    @property
    def lateness(self) -> float:
        """Seconds that data may be late: what is set, or less where less is kept."""
        return min(self.out_of_order, self.retention.time)

    @property
    def volume_size(self) -> str:
        """Size of Prometheus's volume: data, write-ahead log and room for compaction."""
        return self.volume or f"{math.ceil(1.5 * parse_size(self.retention.size) / 1024**3)}Gi"
