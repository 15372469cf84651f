"""How the engines are started and asked, and that the pins agree with what is built."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kubeglass.engines.engine import VERSION_PATTERN, load_distribution
from kubeglass.engines.registry import GRAFANA, OTELCOL, PROMETHEUS, PROMTOOL, TOOLS, find_tool
from kubeglass.errors import UsageError
from kubeglass.model.local import LocalPorts, LocalSettings

SETTINGS = LocalSettings(root=Path("/run/.kubeglass"), ports=LocalPorts(prometheus=9191, otelcol_health=13199))


def test_the_collector_is_started_with_its_rendered_configuration() -> None:
    argv = OTELCOL.argv(Path("/bin/otelcol"), SETTINGS)

    assert argv == ["/bin/otelcol", "--config", "/run/.kubeglass/otelcol/config.yaml"]


def test_prometheus_is_started_on_loopback_with_its_own_data_and_ready_for_otlp() -> None:
    argv = PROMETHEUS.argv(Path("/bin/prometheus"), SETTINGS)

    assert argv[0] == "/bin/prometheus"
    assert "--config.file=/run/.kubeglass/prometheus/prometheus.yml" in argv
    assert "--storage.tsdb.path=/run/.kubeglass/data/prometheus" in argv
    assert "--web.listen-address=127.0.0.1:9191" in argv
    assert "--web.enable-otlp-receiver" in argv


def test_how_long_prometheus_keeps_data_is_said_in_its_configuration_alone() -> None:
    argv = PROMETHEUS.argv(Path("/bin/prometheus"), SETTINGS)

    assert [argument for argument in argv if "retention" in argument] == []


def test_no_engine_can_be_told_anything_over_http_but_data() -> None:
    argv = PROMETHEUS.argv(Path("/bin/prometheus"), SETTINGS)

    assert not {"--web.enable-lifecycle", "--web.enable-admin-api"} & set(argv)


def test_engines_are_asked_on_their_own_ports() -> None:
    assert OTELCOL.readiness_url(SETTINGS) == "http://127.0.0.1:13199/"
    assert PROMETHEUS.readiness_url(SETTINGS) == "http://127.0.0.1:9191/-/ready"
    assert PROMETHEUS.liveness_url(SETTINGS) == "http://127.0.0.1:9191/-/healthy"


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ("otelcol version 0.155.0\n", "0.155.0"),
        ("otelcol-k8s version 0.155.0", "0.155.0"),
        ("prometheus, version 3.16.0 (branch: HEAD, revision: 0123abc)\n  go version:       go1.26.8\n", "3.16.0"),
        ("promtool, version 3.16.0 (branch: , revision: unknown)", "3.16.0"),
        ("gadget version v1.2.3", "1.2.3"),
    ],
)
def test_versions_are_read_as_the_programs_say_them(answer: str, version: str) -> None:
    found = VERSION_PATTERN.search(answer)

    assert found is not None
    assert found.group(1) == version


def test_every_tool_is_found_by_its_name() -> None:
    assert [find_tool(tool.name) for tool in TOOLS] == [OTELCOL, PROMETHEUS, PROMTOOL]


def test_an_unknown_engine_is_refused_with_the_known_names() -> None:
    with pytest.raises(UsageError, match="choose from: otelcol, prometheus, promtool"):
        find_tool("telegraf")


@pytest.mark.parametrize("name", ["otelcol", "prometheus"])
@pytest.mark.parametrize("system", ["linux", "darwin"])
def test_a_release_brings_every_program_over_https(name: str, system: str) -> None:
    distribution = load_distribution(name)
    release = (distribution.releases or {})[system]

    assert set(release.members) == set(distribution.binaries)
    assert release.archive.startswith("https://")
    assert release.checksums.startswith("https://")
    assert "{version}" in release.archive
    assert release.archive.endswith("{arch}.tar.gz")


def test_images_carry_the_pinned_versions() -> None:
    for distribution in (OTELCOL.distribution, PROMETHEUS.distribution, GRAFANA):
        assert re.fullmatch(
            rf"[a-z0-9./-]+:v?{re.escape(distribution.version)}(@sha256:[0-9a-f]{{64}})?", distribution.image
        )
