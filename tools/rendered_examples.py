"""The rendered files that stand beside each example: ``python -m tools.rendered_examples`` writes them anew.

They show what a change to a renderer does, as a diff. Dashboards are left out: 50 KB of JSON each, which hardly differs
from example to example; tests read the panels, and pictures show them. So are manifests, which stand in manifests/.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from kubeglass.model.load import load_pipeline
from kubeglass.model.local import LocalSettings, usual_ports
from kubeglass.render.drift import find_stale
from kubeglass.render.file import RenderedFile
from kubeglass.render.grafana import provisioning
from kubeglass.render.otelcol import cluster as otelcol_cluster
from kubeglass.render.otelcol import local as otelcol_local
from kubeglass.render.prometheus import cluster as prometheus_cluster
from kubeglass.render.prometheus import config as prometheus_local
from kubeglass.render.prometheus import rules
from kubeglass.render.write import write_files
from kubeglass.render.yaml import dump_yaml

EXAMPLES = Path(__file__).parents[1] / "examples"
SCENARIOS = tuple(sorted(path.parent.name for path in EXAMPLES.glob("*/kubeglass.yaml")))
#: Local files hold absolute paths; these are somebody's.
STATE = Path("/home/me/project/.kubeglass")


def render_example(scenario: str) -> list[RenderedFile]:
    """Render what belongs below ``examples/<scenario>/rendered``."""
    pipeline = load_pipeline(EXAMPLES / scenario / "kubeglass.yaml")
    settings = LocalSettings(STATE, usual_ports(pipeline.apps))
    local = [
        file
        for renderer in (otelcol_local.render, prometheus_local.render, rules.render, provisioning.render)
        for file in renderer(pipeline, settings)
    ]
    cluster = {
        "otelcol.yaml": otelcol_cluster.build(pipeline),
        "prometheus.yml": prometheus_cluster.build(pipeline),
    }
    return [RenderedFile(PurePosixPath("local") / file.path, file.content) for file in local] + [
        RenderedFile(PurePosixPath("cluster", name), dump_yaml(document)) for name, document in cluster.items()
    ]


def main() -> None:
    """Write every example's files, and remove those that are no longer rendered."""
    for scenario in SCENARIOS:
        folder, files = EXAMPLES / scenario / "rendered", render_example(scenario)
        write_files(files, folder)
        for path in list(find_stale(files, folder, owned=[PurePosixPath(".")])):
            (folder / path).unlink()


if __name__ == "__main__":
    main()
