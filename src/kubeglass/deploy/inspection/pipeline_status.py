"""The state of a deployed pipeline, gathered once: its parts, whether data flows, and what nobody may look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.causes.cause import Cause
from kubeglass.deploy.inspection.existing_parts import read_existing_parts
from kubeglass.deploy.inspection.health import Link, LinkState, check_health
from kubeglass.deploy.inspection.live import read_pipeline
from kubeglass.deploy.inspection.part import Part, read_parts
from kubeglass.deploy.release.installed import Installed
from kubeglass.deploy.rollout.wait import Clock


@dataclass(frozen=True, slots=True)
class PipelineStatus:
    """One pipeline now; ``links`` is None if nobody asked whether data flows."""

    namespace: str
    parts: Sequence[Part]
    links: Sequence[Link] | None
    unseen: Sequence[str]

    @property
    def is_healthy(self) -> bool:
        """Whether every part is ready and no link is known to be broken."""
        return all(part.is_ready for part in self.parts) and not any(
            link.state is LinkState.BROKEN for link in self.links or ()
        )

    @property
    def wrong(self) -> str:
        """What is wrong first, in one line; empty if nothing is."""
        parts = [
            f"{part.key}: {part.cause.message if part.cause else part.detail}"
            for part in self.parts
            if not part.is_ready
        ]
        links = [f"{link.subject}: {link.detail}" for link in self.links or () if link.state is LinkState.BROKEN]
        return next(iter([*parts, *links]), "")

    def to_json(self) -> dict[str, Any]:
        """Return what ``--json`` prints; docs/cluster/deploy.md describes it."""
        return {
            "namespace": self.namespace,
            "healthy": self.is_healthy,
            "parts": [_part_to_json(part) for part in self.parts],
            "data": None if self.links is None else [_link_to_json(link) for link in self.links],
            "unseen": list(self.unseen),
        }


def read_status(cluster: Cluster, installed: Installed, clock: Clock, *, data: bool = True) -> PipelineStatus:
    """Read the state of a pipeline, and with ``data`` whether data flows through it."""
    pipeline = read_pipeline(installed.namespace, installed.objects.values())
    own = read_parts(cluster, installed.objects, installed.missing)
    parts = [*read_existing_parts(cluster, pipeline), *own]
    links = check_health(cluster, pipeline, clock) if data else None
    return PipelineStatus(installed.namespace, parts, links, installed.unseen)


def _part_to_json(part: Part) -> dict[str, Any]:
    replicas = part.replicas
    return {
        "object": str(part.key),
        "namespace": part.key.namespace,
        "state": part.state.value,
        "message": part.detail,
        "ready": replicas.ready if replicas else None,
        "wanted": replicas.wanted if replicas else None,
        "restarts": replicas.restarts if replicas else None,
        "cause": _cause_to_json(part.cause),
    }


def _link_to_json(link: Link) -> dict[str, Any]:
    return {
        "link": link.subject,
        "state": link.state.value,
        "message": link.detail,
        "cause": _cause_to_json(link.cause),
    }


def _cause_to_json(cause: Cause | None) -> dict[str, Any] | None:
    return None if cause is None else {"message": cause.message, "hint": cause.hint, "evidence": list(cause.evidence)}
