"""The committed Go sources are those of the manifest and of the pins, checksums included."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from kubeglass.engines.engine import GoBuild, load_distribution
from kubeglass.engines.registry import OTELCOL, PROMETHEUS

KINDS = ("receivers", "processors", "exporters", "extensions")


def _build(name: str) -> GoBuild:
    build = load_distribution(name).build
    assert build is not None
    return build


def _manifest() -> dict[str, Any]:
    manifest: dict[str, Any] = YAML(typ="safe").load(_build("otelcol").sources / "builder.yaml")
    return manifest


def _requirements(go_mod: Path) -> dict[str, str]:
    return dict(re.findall(r"^(?:\t|require )(\S+) (v\S+)(?: // indirect)?$", go_mod.read_text(), re.MULTILINE))


def test_the_manifest_builds_the_pinned_collector() -> None:
    assert _manifest()["dist"]["version"] == OTELCOL.version
    assert _manifest()["dist"]["name"] == OTELCOL.name


@pytest.mark.parametrize("kind", KINDS)
def test_the_sources_hold_the_manifests_components_and_no_other(kind: str) -> None:
    expected = {entry["gomod"] for entry in _manifest()[kind]}
    text = (_build("otelcol").sources / "components.go").read_text()
    block = re.search(rf"factories\.{kind.capitalize().removesuffix('s')}Modules = (.*?)\}}\)", text, re.DOTALL)

    assert block is not None
    assert set(re.findall(r'"([^"]+ v[^"]+)"', block.group(1))) == expected


def test_the_modules_required_are_those_of_the_manifest() -> None:
    required = _requirements(_build("otelcol").sources / "go.mod")
    wanted = dict(entry["gomod"].split() for kind in (*KINDS, "providers") for entry in _manifest()[kind])

    assert {module: required.get(module) for module in wanted} == wanted


def test_prometheus_is_built_from_the_module_of_the_pinned_version() -> None:
    required = _requirements(_build("prometheus").sources / "go.mod")
    major, minor, patch = PROMETHEUS.version.split(".")

    # Prometheus 3.16.0 is the Go module v0.316.0.
    assert required["github.com/prometheus/prometheus"] == f"v0.{major}{int(minor):02}.{patch}"


@pytest.mark.parametrize("name", ["otelcol", "prometheus"])
def test_every_required_module_has_a_checksum(name: str) -> None:
    sources = _build(name).sources
    sums = (sources / "go.sum").read_text()
    replaced = re.findall(r"^replace (\S+) => (\S+) (v\S+)$", (sources / "go.mod").read_text(), re.MULTILINE)
    needed = _requirements(sources / "go.mod") | {new: version for _, new, version in replaced}

    assert needed
    assert [f"{module} {version}" for module, version in needed.items() if f"{module} {version}" not in sums] == []
