"""What the metrics page shows beside requests: Python, the process, the library itself, and troubles."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client import CollectorRegistry

from kubeglass.catalog import HTTP_METRICS, HTTP_SIZE_METRICS
from kubeglass.flask import instrument
from tests.library.samples import Samples

TRACED = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}


def make_app() -> Flask:
    app = Flask("shop")
    app.add_url_rule("/", "index", lambda: "welcome")
    instrument(app, registry=CollectorRegistry(), sizes=True)
    return app


def test_a_registry_of_its_own_tells_of_python_the_process_and_the_library_too() -> None:
    shown = Samples(make_app().test_client().get("/metrics").text)

    assert shown.total("python_info") == 1
    assert shown.total("process_resident_memory_bytes") > 1e6
    assert {"0", "1", "2"} == shown.labels("python_gc_collections_total", "generation")
    assert shown.total("kubeglass_build_info") == 1


def test_each_metric_is_shown_with_the_help_of_the_catalogue_which_names_its_unit() -> None:
    shown = {family.name: family for family in Samples(make_app().test_client().get("/metrics").text).families}

    for metric in (*HTTP_METRICS, *HTTP_SIZE_METRICS):
        assert shown[metric.name.removesuffix("_total")].documentation == metric.help
        assert metric.unit in metric.help
        assert not metric.unit or metric.name.endswith(metric.unit)


def test_the_text_format_shows_no_exemplars_which_it_has_no_place_for() -> None:
    client = make_app().test_client()
    client.get("/", headers=TRACED)

    assert "trace_id" not in client.get("/metrics").text
    assert "trace_id" in client.get("/metrics", headers={"Accept": "application/openmetrics-text"}).text


def test_a_page_that_cannot_be_made_is_an_error_and_not_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path / "values"))
    client = make_app().test_client()
    shutil.rmtree(tmp_path / "values")

    answer = client.get("/metrics")

    assert answer.status_code == 503
    assert "workers' values cannot be read there" in answer.text
