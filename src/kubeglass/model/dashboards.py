"""The ``dashboards`` section: which ones, and where yours lie."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from pydantic import Field, PrivateAttr

from kubeglass.model.quantity import Duration
from kubeglass.model.section import Section


class DashboardName(StrEnum):
    """Uids of kubeglass's own dashboards; :data:`kubeglass.dashboards.registry.DASHBOARDS` has one for each."""

    OVERVIEW = "application-overview"
    CLUSTER = "cluster-nodes-and-pods"


@dataclass(frozen=True, slots=True)
class OwnDashboard:
    """A dashboard of the user's, read when the definition was.

    Args:
        uid: its name in addresses and files.
        text: the JSON as it stands in the user's file.
    """

    uid: str
    text: str


class Dashboards(Section):
    """Which dashboards are rendered and provisioned."""

    include: tuple[DashboardName, ...] = Field(
        default=(), description="Uids of kubeglass's dashboards to keep; empty means all that fit."
    )
    folders: tuple[str, ...] = Field(
        default=(), description="Folders of Grafana JSON of your own, relative to kubeglass.yaml."
    )
    refresh: Duration = Field(default=5.0, ge=1.0, description="How often an open dashboard asks for new data.")

    #: Not a key: what the folders hold is read once, with the definition, so that rendering stays pure.
    _own: tuple[OwnDashboard, ...] = PrivateAttr(default=())

    @property
    def own(self) -> tuple[OwnDashboard, ...]:
        """What :attr:`folders` held when the definition was read, in order of their names."""
        return self._own

    def holding(self, own: Iterable[OwnDashboard]) -> Self:
        """Copy the section with what its folders hold."""
        copy = self.model_copy()
        copy._own = tuple(own)  # of the same class
        return copy
