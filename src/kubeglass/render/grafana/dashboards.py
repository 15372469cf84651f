"""The dashboards as the JSON that Grafana loads and the page draws."""

from __future__ import annotations

from pathlib import PurePosixPath

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from kubeglass.dashboards.registry import chosen_dashboards
from kubeglass.model.local import LocalSettings
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.file import RenderedFile

FOLDER = PurePosixPath("dashboards")


def render(pipeline: Pipeline, _settings: LocalSettings) -> list[RenderedFile]:
    """Render the dashboards of a local run."""
    return render_dashboards(pipeline, on_cluster=False)


def render_dashboards(pipeline: Pipeline, *, on_cluster: bool = True) -> list[RenderedFile]:
    """Render each chosen dashboard as ``dashboards/<uid>.json``, and put the user's own beside them."""
    chosen = chosen_dashboards(pipeline, on_cluster=on_cluster)
    made = [(source.uid, encode(source.build(pipeline))) for source in chosen]
    own = [(dashboard.uid, dashboard.text) for dashboard in pipeline.dashboards.own]
    return [RenderedFile(FOLDER / f"{uid}.json", text) for uid, text in (*made, *own)]


def encode(dashboard: Dashboard) -> str:
    """Write a dashboard as indented JSON, keys sorted: the same bytes for the same dashboard."""
    return JSONEncoder(indent=2, sort_keys=True, ensure_ascii=False).encode(dashboard) + "\n"
