"""The strict key check: what we render passes for every known version, and no misspelt key gets by."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubeglass.errors import ConfigError
from kubeglass.model.load import parse_pipeline
from kubeglass.model.local import LocalPorts, LocalSettings
from kubeglass.render.otelcol import cluster, local
from kubeglass.schemas.check import Problem, check_config
from kubeglass.schemas.versions import known_versions, load_changes, load_version

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
    return [local.build(pipelines[0], where), cluster.build(pipelines[0]), cluster.build(pipelines[1])]


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


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(KEYS), st.sampled_from("zqx"), st.integers(0, 30))
def test_a_misspelt_key_is_found_wherever_it_stands(at: tuple[int, tuple[Any, ...]], letter: str, where: int) -> None:
    index, path = at
    document = copy.deepcopy(DOCUMENTS[index])
    parent: Any = document
    for part in path[:-1]:
        parent = parent[part]
    wrong = path[-1][: where % len(path[-1])] + letter + path[-1][where % len(path[-1]) :]
    parent[wrong] = parent.pop(path[-1])

    found = check_config(document, PINNED)

    assert any(problem.path[-1] == wrong for problem in found)


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

    assert problem.suggestion == "write 'verbosity: detailed', 'normal' or 'basic'"


def test_a_duration_without_a_unit_is_ten_nanoseconds() -> None:
    problem = one({"receivers": {"kubelet_stats": {"collection_interval": 10}}})

    assert problem.message == "has no unit, and means 10 nanoseconds"
    assert problem.suggestion == "write '10s'"


def test_a_pipeline_that_uses_what_is_not_configured_is_found() -> None:
    pipelines = {"metrics": {"receivers": ["otlp"], "exporters": ["debug"]}}
    problem = one({"receivers": {"otlp": None}, "exporters": {}, "service": {"pipelines": pipelines}})

    assert str(problem) == "service.pipelines.metrics.exporters.debug is not configured under 'exporters'"


def test_a_version_between_two_known_ones_takes_the_older() -> None:
    assert load_version("0.158.2")["version"] == "0.155.0"


def test_a_version_older_than_all_known_ones_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"collector 0\.90\.0: is older than any version kubeglass knows"):
        check_config({}, "0.90.0")


def test_renames_of_data_agree_with_the_modules_own() -> None:
    for version in known_versions():
        for kind, components in load_version(version)["components"].items():
            for name, entry in components.items():
                if "deprecated_name" in entry:
                    assert load_changes().renamed[kind, entry["deprecated_name"]] == name
