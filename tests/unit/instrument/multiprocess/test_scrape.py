"""What a scrape makes of files that do not fit together, and of a fork in the middle of another scrape."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from prometheus_client import CollectorRegistry
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.parser import text_string_to_metric_families

from kubeglass.flask import instrument
from kubeglass.instrument.multiprocess.shared_registry import Scrape, SharedValues
from kubeglass.instrument.storage.multiprocess_folder import FOLDER_VARIABLE
from kubeglass.instrument.text.format import TEXT_0_0_4
from tests.unit.instrument.counting import in_fork


def text_of(values: SharedValues) -> str:
    return "".join(values.write(Scrape(TEXT_0_0_4, {})))


def write_gauge(folder: Path, labels: dict[str, str]) -> None:
    file: Any = MmapedDict(str(folder / f"gauge_all_{os.getpid()}.db"))  # type: ignore[no-untyped-call]
    file.write_value(mmap_key("g", "g", list(labels), list(labels.values()), "Help."), 1.0, 0.0)
    file.close()


def test_a_gauge_with_a_pid_label_of_its_own_keeps_it_under_another_name(tmp_path: Path) -> None:
    for value in ("x", "y"):
        write_gauge(tmp_path, {"pid": value, "kind": "book"})

    [family] = text_string_to_metric_families(text_of(SharedValues(tmp_path)))

    assert sorted(tuple(sorted(sample.labels.items())) for sample in family.samples) == [
        (("exported_pid", value), ("kind", "book"), ("pid", str(os.getpid()))) for value in ("x", "y")
    ]


def test_a_fork_in_the_middle_of_a_scrape_keeps_what_it_reads_too(tmp_path: Path) -> None:
    write_gauge(tmp_path, {})
    values = SharedValues(tmp_path)
    busy = values.write(Scrape(TEXT_0_0_4, {}))
    next(busy)
    kept = values._kept

    def scrape_twice() -> None:
        assert text_of(values)
        own = values._kept
        assert own is not kept
        assert text_of(values)
        assert values._kept is own

    in_fork(scrape_twice)


def buckets(app: Flask) -> dict[str, float]:
    families = text_string_to_metric_families(app.test_client().get("/metrics").text)
    return {
        sample.labels["le"]: sample.value
        for family in families
        for sample in family.samples
        if sample.name == "http_request_duration_seconds_bucket"
    }


def make_app(bounds: tuple[float, ...]) -> Flask:
    app = Flask("shop")
    app.add_url_rule("/", "index", lambda: "index")
    registry = CollectorRegistry()
    instrument(app, registry=registry, buckets=bounds)
    return app


class TestBucketsThatChanged:
    @pytest.fixture(autouse=True)
    def one_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every registry is the same application's, deployed again."""
        monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
        monkeypatch.setattr("kubeglass.instrument.registration.name_folder", lambda *_: "shop")
        monkeypatch.setattr("kubeglass.instrument.multiprocess.shared_registry.folder_name", lambda _: "shop")

    def test_a_new_deployment_shows_its_own_with_the_deads_counts_in_them(self) -> None:
        in_fork(lambda: [make_app((5.0, 100.0)).test_client().get("/") for _ in range(10)])
        app = make_app((50.0, 100.0))
        app.test_client().get("/")

        assert buckets(app) == {"50.0": 11.0, "100.0": 11.0, "+Inf": 11.0}

    def test_while_both_live_only_those_they_share_are_shown(self) -> None:
        old, new = make_app((5.0, 100.0)), make_app((50.0, 100.0))
        for app in (old, new):
            app.test_client().get("/")

        assert buckets(new) == {"100.0": 2.0, "+Inf": 2.0}


def test_a_worker_in_the_middle_of_making_its_buckets_hides_nobodys(tmp_path: Path) -> None:
    for pid, bounds in ((os.getpid(), ("1.0", "2.0", "+Inf")), (os.getppid(), ("1.0",))):
        file: Any = MmapedDict(str(tmp_path / f"histogram_{pid}.db"))  # type: ignore[no-untyped-call]
        for bound in bounds:
            file.write_value(mmap_key("h", "h_bucket", ["le"], [bound], "Help."), 1.0, 0.0)
        file.close()

    lines = text_of(SharedValues(tmp_path)).splitlines()

    assert [line for line in lines if "bucket" in line] == [
        'h_bucket{le="1.0"} 2.0',
        'h_bucket{le="2.0"} 3.0',
        'h_bucket{le="+Inf"} 4.0',
    ]
