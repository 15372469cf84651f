"""The ``dashboards`` section: which ones, and where yours lie."""

from __future__ import annotations

from pydantic import Field

from kubeglass.model.quantity import Duration
from kubeglass.model.section import Section


class Dashboards(Section):
    """Which dashboards are rendered and provisioned."""

    include: tuple[str, ...] = Field(
        default=(), description="Uids of kubeglass's dashboards to keep; empty means all that fit."
    )
    folders: tuple[str, ...] = Field(
        default=(), description="Folders of Grafana JSON of your own, relative to kubeglass.yaml."
    )
    refresh: Duration = Field(default=5.0, ge=1.0, description="How often an open dashboard asks for new data.")
