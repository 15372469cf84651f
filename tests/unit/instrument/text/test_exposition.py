"""The formats: byte for byte what prometheus_client writes, only sooner."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Enum, Gauge, Histogram, Info, Summary, generate_latest, utils
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.openmetrics import exposition as open_metrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open
from prometheus_client.parser import text_string_to_metric_families as parse_text
from prometheus_client.registry import Collector

from kubeglass.instrument.text import registry as registry_module
from kubeglass.instrument.text.encoding import PIECE, choose_coding, choose_format, join_lines
from kubeglass.instrument.text.format import OPEN_METRICS, TEXT_0_0_4, TEXT_1_0_0, Format, format_number
from kubeglass.instrument.text.registry import write_registry

generate_open: Callable[[CollectorRegistry], bytes] = open_metrics.generate_latest
float_to_go: Callable[[float], str] = utils.floatToGoString

FLOATS = st.floats() | st.integers(0, 10**17).map(float) | st.floats(0, 1e9)
VALUES = st.text(max_size=12)

Fill = Callable[[CollectorRegistry, list[tuple[str, float]]], object]


def fill_counter(registry: CollectorRegistry, samples: list[tuple[str, float]]) -> None:
    metric = Counter("things", 'Help with \\ and \n and "quotes".', ["kind", "a"], registry=registry)
    for label, value in samples:
        metric.labels(label, "x").inc(abs(value))


def fill_gauge(registry: CollectorRegistry, samples: list[tuple[str, float]]) -> None:
    metric = Gauge("level", "Help.", ["kind"], registry=registry)
    for label, value in samples:
        metric.labels(label).set(value)
    Gauge("asked", "Help.", registry=registry).set_function(lambda: 7)


def fill_histogram(registry: CollectorRegistry, samples: list[tuple[str, float]]) -> None:
    metric = Histogram("took_seconds", "Help.", ["kind"], buckets=(0.005, 1, 1e6, 1e20), registry=registry)
    for label, value in samples:
        metric.labels(label).observe(value)


def fill_summary(registry: CollectorRegistry, samples: list[tuple[str, float]]) -> None:
    metric = Summary("size", "Help.", ["kind"], unit="bytes", registry=registry)
    for label, value in samples:
        metric.labels(label).observe(value)


def fill_others(registry: CollectorRegistry, samples: list[tuple[str, float]]) -> None:
    class Own(Collector):
        def collect(self) -> list[GaugeMetricFamily]:
            family = GaugeMetricFamily("own", "Help.", labels=["kind"])
            for label, value in dict(samples).items():
                family.add_metric([label], value, timestamp=1.5)
            return [family]

    registry.register(Own())
    Info("build", "Help.", registry=registry).info({"version": "1"})
    Enum("state", "Help.", states=["on", "off"], registry=registry)
    registry.set_target_info({"env": "test"})


@pytest.mark.parametrize("fill", [fill_counter, fill_gauge, fill_histogram, fill_summary, fill_others])
@settings(max_examples=40)
@given(samples=st.lists(st.tuples(VALUES, FLOATS), max_size=8))
def test_every_format_is_what_prometheus_client_writes(fill: Fill, samples: list[tuple[str, float]]) -> None:
    registry = CollectorRegistry()
    fill(registry, samples)

    for _ in range(2):  # the second time from what the first has kept
        assert join_lines(write_registry(registry, TEXT_0_0_4)) == generate_latest(registry)
        assert join_lines([*write_registry(registry, OPEN_METRICS), OPEN_METRICS.end]) == generate_open(registry)


def test_a_changed_prometheus_client_is_written_the_slow_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry_module.WRITTEN, Counter, (("_total",), lambda *_: "nonsense\n"))
    registry_module.is_trusted.cache_clear()
    registry = CollectorRegistry()
    fill_counter(registry, [("book", 2.0)])

    try:
        assert join_lines(write_registry(registry, TEXT_0_0_4)) == generate_latest(registry)
    finally:
        monkeypatch.undo()
        registry_module.is_trusted.cache_clear()


def test_exemplars_are_shown_in_openmetrics_only() -> None:
    registry = CollectorRegistry()
    Counter("things", "Help.", registry=registry).inc(1, {"trace_id": "abc"})
    Histogram("took", "Help.", registry=registry).observe(2, {"trace_id": "abc"})

    assert b"trace_id" not in join_lines(write_registry(registry, TEXT_1_0_0))
    assert join_lines([*write_registry(registry, OPEN_METRICS), OPEN_METRICS.end]) == generate_open(registry)


def test_children_that_an_application_removes_are_gone() -> None:
    registry = CollectorRegistry()
    metric = Gauge("level", "Help.", ["kind"], registry=registry)
    for number in range(10):
        metric.labels(str(number)).set(1)
    join_lines(write_registry(registry, TEXT_0_0_4))
    for number in range(9):
        metric.remove(str(number))

    assert join_lines(write_registry(registry, TEXT_0_0_4)) == generate_latest(registry)


@given(FLOATS)
def test_numbers_are_written_as_prometheus_client_does(number: float) -> None:
    assert format_number(number) == float_to_go(number)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", TEXT_0_0_4),
        ("text/html", TEXT_0_0_4),
        ("*/*", TEXT_0_0_4),
        ("text/plain;version=1.0.0;escaping=allow-utf-8", TEXT_1_0_0),
        ("application/openmetrics-text", OPEN_METRICS),
        ("application/openmetrics-text;version=1.0.0;q=0.2,text/plain;version=0.0.4;q=0.3", TEXT_0_0_4),
        ("application/openmetrics-text;version=1.0.0;q=0,text/plain;q=nonsense", TEXT_0_0_4),
        (
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
            "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;q=0.3,*/*;q=0.1",
            OPEN_METRICS,
        ),
        ("application/openmetrics-text,*/*", OPEN_METRICS),
        ("*/*,application/openmetrics-text;q=0.9", TEXT_0_0_4),
        ("APPLICATION/OpenMetrics-Text;Version=1.0.0;Q=0.5", OPEN_METRICS),
        ("application/openmetrics-text;version=2.0.0", TEXT_0_0_4),
        ("application/*", OPEN_METRICS),
        # The most specific range decides, wherever it stands.
        ("*/*;q=0.8,text/plain;q=0.1,application/openmetrics-text;q=0.5", OPEN_METRICS),
        ("text/*;q=0,*/*", OPEN_METRICS),
        ("text/plain;version=0.0.4;q=0,text/plain", TEXT_1_0_0),
        ('text/html;title="a, application/openmetrics-text",text/plain', TEXT_0_0_4),
        # Not weights: an item with one of these does not count.
        ("application/openmetrics-text;q=nan,text/plain;q=0.1", TEXT_0_0_4),
        ("application/openmetrics-text;q=5,text/plain;q=0.1", TEXT_0_0_4),
        ("application/openmetrics-text;q=-1,text/plain;q=0.1", TEXT_0_0_4),
        ("application/openmetrics-text;q=0.0001,text/plain;q=0", TEXT_0_0_4),
    ],
)
def test_the_format_with_the_greatest_weight_is_chosen(accept: str, expected: Format) -> None:
    assert choose_format(accept) is expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "identity"),
        ("gzip", "gzip"),
        ("X-GZip", "gzip"),
        ("br, gzip;q=0.5", "gzip"),
        ("gzip;q=0", "identity"),
        ("gzip;q=0.000", "identity"),
        ("br", "identity"),
        ("*", "gzip"),
        # A coding's own weight counts, wherever the one of all others stands.
        ("*;q=0, gzip", "gzip"),
        ("gzip;q=0, *", "identity"),
        ("*, gzip;q=0", "identity"),
        # The one the client likes better.
        ("gzip;q=0.5, identity", "identity"),
        ("identity;q=0.5, gzip;q=0.8", "gzip"),
        ("gzip;q=0.2, *;q=0.7", "identity"),
        ("gzip, identity", "gzip"),
        ("identity;q=0, gzip;q=0.001", "gzip"),
        ("identity;q=0, *", "gzip"),
        ("identity, *;q=0", "identity"),
        # None at all.
        ("identity;q=0", None),
        ("*;q=0", None),
        ("br, identity;q=0", None),
        ("gzip;q=0, identity;q=0", None),
        # Not weights: an item with one of these does not count.
        ("gzip;q=nan", "identity"),
        ("gzip;q=1.5", "identity"),
        ("gzip;q=", "identity"),
    ],
)
def test_the_coding_with_the_greatest_weight_is_chosen(header: str, expected: str | None) -> None:
    assert choose_coding(header) == expected


@pytest.mark.parametrize("packed", [False, True])
def test_others_get_their_turn_after_every_piece(packed: bool) -> None:
    turns: list[None] = []
    lines = [f"line {number}\n" for number in range(PIECE * 3 + 1)]

    body = join_lines(lines, gzip=packed, pause=lambda: turns.append(None))

    assert (gzip.decompress(body) if packed else body) == "".join(lines).encode()
    assert len(turns) == 4


@pytest.mark.parametrize(("format_", "parse"), [(TEXT_0_0_4, parse_text), (OPEN_METRICS, parse_open)])
def test_a_name_that_only_utf8_formats_carry_is_written_with_underscores(format_: Format, parse: Any) -> None:
    registry = CollectorRegistry()
    Gauge("my.level", "Help.", registry=registry).set(1)

    text = join_lines([*write_registry(registry, format_), format_.end]).decode()

    assert [family.name for family in parse(text)] == ["my_level"]
