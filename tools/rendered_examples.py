"""The rendered files that stand beside each example: ``python -m tools.rendered_examples`` regenerates them.

They show what a change to a renderer does, as a diff. Dashboards are left out: 50 KB of JSON each, which hardly differs
from example to example; tests read the panels, and pictures show them. So are manifests, which stand in manifests/.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from kubeglass.model.load import load_pipeline
from kubeglass.model.local import LocalSettings, usual_ports
from kubeglass.render import grafana, prometheus
from kubeglass.render.files import RenderedFile, write_files
from kubeglass.render.otelcol import config as otelcol
from kubeglass.render.yaml import dump_yaml

EXAMPLES = Path(__file__).parents[1] / "examples"
SCENARIOS = tuple(sorted(path.parent.name for path in EXAMPLES.glob("*/kubeglass.yaml")))
#: Local files hold absolute paths; these are somebody's.
STATE = Path("/home/me/project/.kubeglass")


def render_example(scenario: str) -> list[RenderedFile]:
    """Render what belongs below ``examples/<scenario>/rendered``."""
    pipeline = load_pipeline(EXAMPLES / scenario / "kubeglass.yaml")
    settings = LocalSettings(STATE, usual_ports(pipeline.apps, pipeline.local.ports))
    local = [
        file
        for renderer in (otelcol.render, prometheus.render, grafana.render)
        for file in renderer(pipeline, settings)
    ]
    cluster = {
        "otelcol.yaml": otelcol.build_cluster(pipeline),
        "prometheus.yml": prometheus.build_cluster(pipeline),
    }
    return [RenderedFile(PurePosixPath("local") / file.path, file.content) for file in local] + [
        RenderedFile(PurePosixPath("cluster", name), dump_yaml(document)) for name, document in cluster.items()
    ]


def main() -> None:
    """Write every example's files, and remove those that are no longer rendered."""
    for scenario in SCENARIOS:
        write_files(render_example(scenario), EXAMPLES / scenario / "rendered", owned=[PurePosixPath(".")])


if __name__ == "__main__":
    main()
