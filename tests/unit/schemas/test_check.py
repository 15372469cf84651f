"""The strict key check: what we render passes for every known version, and no misspelt key gets by."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubeglass.errors import ConfigError
from kubeglass.model.load import parse_pipeline
from kubeglass.model.local import LocalPorts, LocalSettings
from kubeglass.model.problem import Problem
from kubeglass.render.otelcol.config import build_cluster, build_local
from kubeglass.schemas.check import check_config
from kubeglass.schemas.versions import known_versions, load_changes, load_version
from tools.collector_schemas.components import MODULES

PINNED = "0.155.0"
EVERYTHING = """
apps:
  - {name: shop, module: "shop:app"}
  - {name: other, target: "127.0.0.1:9000"}
collector: {host_metrics: {enabled: true}, kubelet: {insecure_skip_verify: true}}
storage: {remote: {url: "https://x.example/otlp", headers: {X-Scope-OrgID: a}, auth: {%s}}}
"""
BASIC = "basic: {username: me, password: {env: PASSWORD}}"
BEARER = "bearer: {env: TOKEN}"


def rendered() -> list[dict[str, Any]]:
    where = LocalSettings(Path("/x"), LocalPorts(apps={"shop": 8000}))
    pipelines = [parse_pipeline(EVERYTHING % auth) for auth in (BASIC, BEARER)]
    return [build_local(pipelines[0], where), build_cluster(pipelines[0]), build_cluster(pipelines[1])]


DOCUMENTS = rendered()


def named_keys(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every path to a key that the collector names, so not a component's id, a pipeline's or a header's."""
    if isinstance(node, dict):
        for key, child in node.items():
            here = (*path, key)
            free = (len(here) == 2 and here[0] != "service") or (
                here[:2] == ("service", "pipelines") and len(here) == 3
            )
            if not free and "headers" not in path:
                yield here
            yield from named_keys(child, here)
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from named_keys(child, (*path, index))


#: Below these the collector passes keys on to Prometheus's discovery, whose sources carry no schema.
OPEN = ("kubernetes_sd_configs", "static_configs")
KEYS = [
    (index, path)
    for index, document in enumerate(DOCUMENTS)
    for path in named_keys(document)
    if not any(name in path[:-1] for name in OPEN)
]


@pytest.mark.parametrize("version", known_versions())
@pytest.mark.parametrize("document", DOCUMENTS, ids=["local", "cluster-basic", "cluster-bearer"])
def test_what_is_rendered_is_known_to_every_version(version: str, document: dict[str, Any]) -> None:
    assert check_config(document, version) == []


@pytest.mark.parametrize("version", known_versions())
@settings(max_examples=200)
@given(at=st.sampled_from(KEYS), letter=st.sampled_from("zqx"), where=st.integers(0, 30))
def test_a_misspelt_key_is_found_wherever_it_stands(
    version: str, at: tuple[int, tuple[Any, ...]], letter: str, where: int
) -> None:
    index, path = at
    document = copy.deepcopy(DOCUMENTS[index])
    parent: Any = document
    for part in path[:-1]:
        parent = parent[part]
    wrong = path[-1][: where % len(path[-1])] + letter + path[-1][where % len(path[-1]) :]
    parent[wrong] = parent.pop(path[-1])

    found = check_config(document, version)

    assert any(problem.loc[-1] == wrong for problem in found) or not is_closed(version, path)


def is_closed(version: str, path: tuple[Any, ...]) -> bool:
    """Whether the version's data tells the component's keys; if its module was unavailable, only the name."""
    if path[0] == "service":
        return True
    return load_version(version)["components"][path[0]][str(path[1]).partition("/")[0]]["config"] is not True


def one(document: dict[str, Any], version: str = PINNED) -> Problem:
    (problem,) = check_config(document, version)
    return problem


def test_a_deprecated_name_is_told_with_the_new_one() -> None:
    problem = one({"receivers": {"kubeletstats/mine": {"auth_type": "serviceAccount"}}})

    assert str(problem) == (
        "receivers.kubeletstats/mine is the deprecated name of 'kubelet_stats'; write 'kubelet_stats/mine'"
    )


def test_a_removed_component_is_told_with_its_successor() -> None:
    problem = one({"exporters": {"logging": {}}})

    assert str(problem) == "exporters.logging was removed from the collector; use the 'debug' exporter"


def test_a_removed_key_is_told_with_what_to_write() -> None:
    problem = one({"exporters": {"debug": {"loglevel": "debug"}}})

    assert problem.hint == "write 'verbosity: detailed', 'normal' or 'basic'"


def test_a_new_name_is_told_even_of_a_component_that_is_not_known_here() -> None:
    problem = one({"exporters": {"loadbalancing": {}}})

    assert str(problem) == (
        "exporters.loadbalancing is the deprecated name of 'load_balancing'; write 'load_balancing'"
    )


def test_a_component_without_its_new_name_yet_is_not_told_to_take_it() -> None:
    assert ("receivers", "filelog") in load_changes("0.149.0").renamed
    assert ("receivers", "filelog") not in load_changes("0.148.9").renamed


@pytest.mark.parametrize(
    ("old", "new"), [("hostmetrics", "host_metrics"), ("filelog", "file_log"), ("kubeletstats", "kubelet_stats")]
)
def test_the_keys_of_a_renamed_component_are_checked_too(old: str, new: str) -> None:
    renamed, unknown = check_config({"receivers": {old: {"colour": "red"}}}, PINNED)

    assert renamed.hint == f"write '{new}'"
    assert unknown.loc == ("receivers", old, "colour")


def test_connectors_are_checked_like_everything_else() -> None:
    document: dict[str, Any] = {"connectors": {"spanmetrics": {}, "count": {"spansx": {}}, "forwards": None}}

    assert [str(problem) for problem in check_config(document, PINNED)] == [
        "connectors.spanmetrics is the deprecated name of 'span_metrics'; write 'span_metrics'",
        "connectors.count.spansx is not a known key here; did you mean 'spans'?",
        "connectors.forwards is not a known component; did you mean 'forward'?",
    ]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"receivers": ["otlp"]}, "receivers must be a mapping; write each component's settings below its id"),
        ({"service": "all"}, "service must be a mapping; write 'pipelines', 'extensions' and 'telemetry'"),
        (
            {"service": {"pipelines": ["metrics"]}},
            "service.pipelines must be a mapping; write each pipeline below its name",
        ),
        (
            {"service": {"pipelines": {"metrics": ["otlp"]}}},
            "service.pipelines.metrics must be a mapping; write 'receivers', 'processors' and 'exporters'",
        ),
        (
            {"receivers": {"otlp": None}, "service": {"pipelines": {"metrics": {"receivers": "otlp"}}}},
            "service.pipelines.metrics.receivers must be a list; write '[otlp]'",
        ),
    ],
)
def test_what_is_no_mapping_or_no_list_is_told(document: dict[str, Any], said: str) -> None:
    assert str(one(document)) == said


@pytest.mark.parametrize("version", ["v0.155.0", "latest", "0.155.0-rc.1", "0.155", "", "0.155.0 "])
def test_what_is_no_version_is_refused(version: str) -> None:
    with pytest.raises(ConfigError, match="is not a version; write it as 'otelcol --version' does"):
        check_config({}, version)


def test_every_change_says_where_it_is_written_down() -> None:
    data = tomllib.loads((files("kubeglass.schemas") / "renames.toml").read_text())

    assert all(re.fullmatch(r"(core|contrib)#\d+", entry["source"]) for table in data.values() for entry in table)


def test_the_generator_covers_every_component_of_our_build() -> None:
    text = (files("kubeglass.engines") / "sources/collector/builder.yaml").read_text()
    built = re.findall(r"gomod: (\S+/(?:extension|receiver|processor|exporter|connector)/\S+) v", text)

    assert set(built) <= set(MODULES)
    assert len(built) >= 14


def test_a_duration_without_a_unit_is_ten_nanoseconds() -> None:
    problem = one({"receivers": {"kubelet_stats": {"collection_interval": 10}}})

    assert problem.wrong == "has no unit and means 10 nanoseconds"
    assert problem.hint == "write '10s'"


def test_a_pipeline_that_uses_what_is_not_configured_is_found() -> None:
    pipelines = {"metrics": {"receivers": ["otlp"], "exporters": ["debug"]}}
    problem = one({"receivers": {"otlp": None}, "exporters": {}, "service": {"pipelines": pipelines}})

    assert str(problem) == "service.pipelines.metrics.exporters.debug is not configured under 'exporters'"


def test_a_version_between_two_known_ones_takes_the_older() -> None:
    assert load_version("0.158.2")["version"] == "0.155.0"


def test_a_version_older_than_all_known_ones_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"collector 0\.90\.0: is older than every version kubeglass knows"):
        check_config({}, "0.90.0")


def test_renames_of_data_agree_with_the_modules_own() -> None:
    for version in known_versions():
        for kind, components in load_version(version)["components"].items():
            for name, entry in components.items():
                if "deprecated_name" in entry:
                    assert load_changes(version).renamed[kind, entry["deprecated_name"]] == name
