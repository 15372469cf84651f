"""What we know of the pinned collector against what the collector itself says."""

from __future__ import annotations

import copy
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from kubeglass.engines.registry import OTELCOL
from kubeglass.model.load import parse_pipeline
from kubeglass.model.local import LocalPorts, LocalSettings
from kubeglass.render.otelcol.config import build_local
from kubeglass.render.yaml import dump_yaml
from kubeglass.schemas.check import check_config
from kubeglass.schemas.versions import KINDS, known_versions, load_version

pytestmark = pytest.mark.engines

#: Keys a hand may mistype, each in a part of the document that another component reads.
PATHS = (
    ("exporters", "otlp_http/prometheus", "compression"),
    ("exporters", "otlp_http/prometheus", "sending_queue", "num_consumers"),
    ("exporters", "otlp_http/prometheus", "sending_queue", "batch", "min_size"),
    ("exporters", "otlp_http/prometheus", "retry_on_failure", "max_interval"),
    ("extensions", "file_storage/queue", "compaction", "on_rebound"),
    ("extensions", "health_check", "endpoint"),
    ("processors", "memory_limiter", "limit_mib"),
    ("receivers", "prometheus", "scrape_on_shutdown"),
    ("receivers", "prometheus", "config", "scrape_configs", 0, "scrape_interval"),
    ("service", "telemetry", "metrics", "level"),
    ("service", "pipelines", "metrics/apps", "processors"),
)


def test_the_pinned_version_is_known_exactly() -> None:
    assert OTELCOL.version in known_versions()


def test_every_component_of_our_build_is_known_by_its_current_name(otelcol_binary: Path) -> None:
    answer = subprocess.run([str(otelcol_binary), "components"], capture_output=True, text=True, check=True)
    listed = YAML(typ="safe", pure=True).load(answer.stdout)
    known = load_version(OTELCOL.version)["components"]

    for kind in KINDS:
        # The official distributions, which are known too, have more.
        assert {component["name"] for component in listed[kind]} <= set(known[kind])


@pytest.mark.parametrize("path", PATHS, ids=lambda path: ".".join(map(str, path[1:])))
def test_what_we_call_unknown_the_collector_refuses(
    otelcol_binary: Path, tmp_path: Path, path: tuple[Any, ...]
) -> None:
    pipeline = parse_pipeline("apps: [{name: shop, module: 'a:b'}]")
    document = copy.deepcopy(build_local(pipeline, LocalSettings(tmp_path, LocalPorts(apps={"shop": 8000}))))
    parent: Any = document
    for part in path[:-1]:
        parent = parent[part]
    parent[f"{path[-1]}x"] = parent.pop(path[-1])
    file = tmp_path / "config.yaml"
    file.write_text(dump_yaml(document))

    ours = check_config(document, OTELCOL.version)
    theirs = subprocess.run([str(otelcol_binary), "validate", "--config", str(file)], capture_output=True, check=False)

    assert [problem.loc[-1] for problem in ours] == [f"{path[-1]}x"]
    assert ours[0].hint == f"did you mean '{path[-1]}'?"
    assert theirs.returncode == 1
