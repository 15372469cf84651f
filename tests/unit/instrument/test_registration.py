"""Which metrics belong to which registry, in one process and in many."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from flask import Flask
from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.parser import text_string_to_metric_families

from kubeglass.flask import instrument
from kubeglass.instrument.options import Options
from kubeglass.instrument.registration import metrics_of
from kubeglass.instrument.storage.multiprocess_folder import FOLDER_VARIABLE
from tests.unit.instrument.counting import in_fork, shown


def make_app(name: str, registry: CollectorRegistry) -> Flask:
    app = Flask(name)
    app.add_url_rule(f"/{name}", name, lambda: name)
    instrument(app, registry=registry)
    return app


def test_a_registry_of_ones_own_tells_of_python_and_the_process_too() -> None:
    text = make_app("shop", CollectorRegistry()).test_client().get("/metrics").text

    for name in ("python_info{", "process_cpu_seconds_total ", "python_gc_collections_total{"):
        assert f"\n{name}" in text


@pytest.mark.parametrize("comes_first", [True, False])
def test_an_applications_own_metric_of_such_a_name_stands_alone(comes_first: bool) -> None:
    registry = CollectorRegistry()
    if comes_first:
        Gauge("python_info", "Mine.", registry=registry)
    app = make_app("shop", registry)
    if not comes_first:
        Gauge("python_info", "Mine.", registry=registry)

    assert app.test_client().get("/metrics").text.count("# TYPE python_info ") == 1


class TestRegistriesThatShareAFolder:
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
        return tmp_path

    def test_each_page_shows_its_own_requests_of_all_workers(self) -> None:
        first, second = make_app("first", CollectorRegistry()), make_app("second", CollectorRegistry())
        for _ in range(2):
            in_fork(lambda: (first.test_client().get("/first"), second.test_client().get("/second")))
        second.test_client().get("/second")

        assert shown(first, "http_requests_total") == shown(first, "http_requests_total", endpoint="/first") == 2
        assert shown(second, "http_requests_total") == shown(second, "http_requests_total", endpoint="/second") == 3
        assert shown(second, "python_gc_collections_total") > 0
        assert shown(second, "process_resident_memory_bytes", pid=str(os.getpid())) > 0

    def test_workers_find_the_folder_by_the_applications_name(self, folder: Path) -> None:
        kept = [make_app("a/b", CollectorRegistry()), make_app("a/b", CollectorRegistry())]

        names = sorted(path.name for path in folder.iterdir() if path.is_dir())

        assert len(kept) == 2
        assert names[0].startswith("registry-a_b")
        assert len(names) == 2

    def test_a_metric_of_the_applications_own_is_shown_by_its_registrys_page_alone(self, folder: Path) -> None:
        code = """
from flask import Flask
from prometheus_client import REGISTRY, CollectorRegistry, Counter
from kubeglass.flask import instrument
own = CollectorRegistry()
apps = Flask("a"), Flask("b")
for app, registry in zip(apps, (REGISTRY, own)):
    instrument(app, registry=registry)
    Counter(f"of_{app.name}", "Help.", registry=registry).inc()
print([[name in app.test_client().get("/metrics").text for name in ("of_a_total 1", "of_b_total 1")] for app in apps])
"""
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

        assert done.stdout == "[[True, False], [False, True]]\n"


def unregister_all(registry: CollectorRegistry) -> None:
    for collector in list(registry._collector_to_names):
        registry.unregister(collector)


def clear_dicts(registry: CollectorRegistry) -> None:
    registry._collector_to_names.clear()
    registry._names_to_collectors.clear()


class TestARegistryThatAFixtureEmpties:
    @pytest.fixture(params=[unregister_all, clear_dicts])
    def empty(self, request: pytest.FixtureRequest) -> Callable[[CollectorRegistry], None]:
        return cast("Callable[[CollectorRegistry], None]", request.param)

    def test_the_next_application_counts_from_zero_with_options_of_its_own(
        self, empty: Callable[[CollectorRegistry], None]
    ) -> None:
        registry = CollectorRegistry()
        for number in range(3):
            app = Flask("shop")
            app.add_url_rule("/", "index", lambda: "index")
            instrument(app, registry=registry, buckets=(1, 2 + number))
            app.test_client().get("/")

            assert shown(app, "http_requests_total") == shown(app, "http_requests_total", endpoint="/") == 1
            assert shown(app, "python_info") == 1
            empty(registry)

    def test_an_application_from_before_is_still_shown(self, empty: Callable[[CollectorRegistry], None]) -> None:
        registry = CollectorRegistry()
        app = make_app("shop", registry)
        app.test_client().get("/shop")

        empty(registry)
        app.test_client().get("/shop")

        assert shown(app, "http_requests_total", endpoint="/shop") == 2

    def test_what_the_next_application_counts_in_a_folder_is_shown(
        self, empty: Callable[[CollectorRegistry], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
        registry = CollectorRegistry()
        make_app("first", registry)
        empty(registry)

        app = make_app("second", registry)
        app.test_client().get("/second")

        assert shown(app, "http_requests_total", endpoint="/second") == 1


def test_modules_that_are_imported_again_show_each_family_once() -> None:
    code = """
import sys
def make_app():
    from flask import Flask
    from kubeglass.flask import instrument
    app = Flask("shop")
    instrument(app)
    app.test_client().get("/")
    return app
make_app()
for name in [name for name in sys.modules if name.startswith("kubeglass")]:
    del sys.modules[name]
text = make_app().test_client().get("/metrics").text
print(text.count("# TYPE http_requests_total"), 'status="404"} 1.0' in text)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "1 True\n", done.stderr


def test_a_folder_that_was_named_too_late_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))

    metrics_of(CollectorRegistry(), Options())

    [line] = [record.getMessage() for record in caplog.records]
    assert "PROMETHEUS_MULTIPROC_DIR was set after prometheus_client was imported" in line


def test_a_folder_that_was_named_in_time_is_nothing_to_say(tmp_path: Path) -> None:
    code = "from flask import Flask; from kubeglass.flask import instrument; instrument(Flask('shop'))"

    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, FOLDER_VARIABLE: str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stderr == ""


def test_a_family_has_one_type_whoever_registers_it() -> None:
    registry = CollectorRegistry()
    Counter("things", "Help.", registry=registry)
    text = make_app("shop", registry).test_client().get("/metrics").text

    names = [family.name for family in text_string_to_metric_families(text)]

    assert len(names) == len(set(names))
