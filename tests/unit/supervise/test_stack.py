"""Which processes a run consists of, and what each is told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kubeglass.errors import ConfigError
from kubeglass.model.load import parse_pipeline
from kubeglass.model.local import LocalPorts, LocalSettings
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App
from kubeglass.model.sections.secret import SecretSource
from kubeglass.supervise.app.environment import app_environment, collector_environment
from kubeglass.supervise.options import RunOptions
from kubeglass.supervise.process.spec import ProcessSpec
from kubeglass.supervise.stack import Stack, plan_processes
from kubeglass.supervise.state.queue_repair import QueueRepair

ROOT = Path("/home/me/.kubeglass")
SHOP = App(name="shop", module="shop:create_app()", workers=3, threads=4)
ELSEWHERE = App(name="elsewhere", target="127.0.0.1:9000")
BINARIES = {"otelcol": Path("/bin/otelcol"), "prometheus": Path("/bin/prometheus")}


def plan(*apps: App, demo: bool = False, timeout_seconds: float = 60.0) -> dict[str, ProcessSpec]:
    settings = LocalSettings(ROOT, LocalPorts(viewer=3001, apps={"shop": 8123}))
    options = RunOptions(Pipeline(apps=apps), Path("/home/me"), ROOT, demo=demo, timeout_seconds=timeout_seconds)
    return {spec.name: spec for spec in plan_processes(Stack(options, settings, BINARIES))}


def test_the_demo_stops_customers_first_then_collector_app_storage_and_page() -> None:
    assert list(reversed(plan(SHOP, demo=True))) == ["traffic", "otelcol", "shop", "prometheus", "viewer"]


def test_only_apps_of_our_own_are_run() -> None:
    assert "elsewhere" not in plan(SHOP, ELSEWHERE)


def test_the_collector_starts_once_everything_it_scrapes_and_feeds_is_ready() -> None:
    assert plan(SHOP)["otelcol"].after == ("prometheus", "shop")


def test_the_collectors_queue_is_repaired_when_it_dies_of_it() -> None:
    assert plan(SHOP)["otelcol"].repair == QueueRepair(ROOT / "data" / "otelcol" / "queue")
    assert plan(SHOP)["otelcol"] == plan(SHOP)["otelcol"], "a reload that changes nothing leaves it alone"


def test_an_app_runs_under_gunicorn_on_the_loopback_as_it_was_configured() -> None:
    spec = plan(SHOP)["shop"]

    assert spec.argv[:3] == (sys.executable, "-m", "kubeglass.supervise.app.server_process")
    assert spec.argv[-1] == "shop:create_app()"
    assert "--bind 127.0.0.1:8123 --workers 3 --threads 4" in " ".join(spec.argv)
    assert spec.cwd == Path("/home/me")
    assert spec.address == "http://127.0.0.1:8123"


@pytest.mark.parametrize(("timeout_seconds", "ready_seconds"), [(5.0, 30.0), (90.0, 90.0)])
def test_an_app_has_as_long_to_be_ready_as_data_has_to_be_seen(timeout_seconds: float, ready_seconds: float) -> None:
    assert plan(SHOP, timeout_seconds=timeout_seconds)["shop"].ready_seconds == ready_seconds


def test_an_app_is_instrumented_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/mine")

    env = plan(SHOP)["shop"].env

    folder, *rest = env["PYTHONPATH"].split(":")
    assert (Path(folder) / "sitecustomize.py").is_file()
    assert rest == ["/mine"]
    assert env["KUBEGLASS_INSTRUMENT"] == "1"
    assert env["PROMETHEUS_MULTIPROC_DIR"] == f"{ROOT}/data/metrics/shop"


def test_what_concerns_one_process_is_not_handed_to_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "/somebody/elses")
    monkeypatch.setenv("KUBEGLASS_INSTRUMENT", "1")

    for name in ("otelcol", "prometheus", "viewer"):
        env = plan(SHOP)[name].env
        assert not {"PROMETHEUS_MULTIPROC_DIR", "KUBEGLASS_INSTRUMENT"} & set(env)


def test_a_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "s3cret")
    app = App(
        name="shop", module="a:b", env={"MODE": "x"}, secret_env={"PASSWORD": SecretSource(env="DATABASE_PASSWORD")}
    )

    env = app_environment(app)

    assert (env["MODE"], env["PASSWORD"]) == ("x", "s3cret")


def test_a_secret_that_is_not_there_is_named_and_not_shown() -> None:
    app = App(name="shop", module="a:b", secret_env={"PASSWORD": SecretSource(env="ABSENT_ONE")})

    with pytest.raises(ConfigError, match=r"app shop: is missing its secret PASSWORD .*ABSENT_ONE is not set"):
        app_environment(app)


def test_a_collector_without_its_secret_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = parse_pipeline("storage: {remote: {url: 'https://x.y', auth: {bearer: {env: ABSENT_ONE}}}}")

    with pytest.raises(
        ConfigError, match=r"collector: is missing its secret for storage\.remote .*ABSENT_ONE is not set"
    ):
        collector_environment(pipeline)

    monkeypatch.setenv("ABSENT_ONE", "s3cret")
    assert collector_environment(pipeline)["ABSENT_ONE"] == "s3cret"
