"""Whether data is seen: asked of a Prometheus that answers as the test wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kubeglass.catalog import PROBE_REQUESTS
from kubeglass.dashboards.queries import PanelQuery
from kubeglass.model.local import LocalPorts, LocalSettings
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App
from kubeglass.observe.errors import RefusedError, UnreachableError
from kubeglass.observe.prometheus import Prometheus
from kubeglass.supervise.end_to_end import Goal, check_end_to_end, diagnose
from kubeglass.supervise.options import RunOptions
from kubeglass.supervise.stack import Stack

Answer = dict[str, Any]
RATE = PanelQuery("Requests", "rate(requests)")


def vector(*series: tuple[dict[str, str], float]) -> Answer:
    result = [{"metric": labels, "value": [1.0, str(value)]} for labels, value in series]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


def up(job: str, value: float) -> tuple[dict[str, str], float]:
    return {"job": job, "instance": "i"}, value


NOTHING = vector()


class FakePrometheus:
    """Answers each query with what ``answers`` has for the first word found in it."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        answers = self.answers

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query).get("query", [""])[0]
                answer = next((found for word, found in answers.items() if word in query), NOTHING)
                self.send_response(200 if answer["status"] == "success" else 400)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                """Stay silent."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)

    @property
    def port(self) -> int:
        return self.server.server_port


@pytest.fixture
def fake() -> Iterator[FakePrometheus]:
    made = FakePrometheus()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def prometheus(fake: FakePrometheus) -> Iterator[Prometheus]:
    with Prometheus(f"http://127.0.0.1:{fake.port}") as made:
        yield made


def goal(*, panels_required: bool = True) -> Goal:
    return Goal(("shop",), 0.0, ("shop",), (RATE,), panels_required=panels_required)


def test_targets_are_awaited_before_panels(fake: FakePrometheus, prometheus: Prometheus) -> None:
    result = check_end_to_end(prometheus, goal())
    assert (result.complete, result.awaited) == (False, "scrapes of shop")

    fake.answers["up["] = vector(up("shop", 0), up("other", 1))
    result = check_end_to_end(prometheus, goal())
    assert (result.complete, result.awaited) == (False, "shop to answer its scrapes")


def test_every_probe_must_be_counted(fake: FakePrometheus, prometheus: Prometheus) -> None:
    fake.answers["up["] = vector(up("shop", 1))
    result = check_end_to_end(prometheus, goal())
    assert (result.complete, result.awaited) == (False, "the probe of shop to be counted")

    fake.answers[PROBE_REQUESTS.name] = vector(({"job": "shop"}, 1.0))
    assert check_end_to_end(prometheus, goal()).awaited == "data for 1 panels"


def test_every_panel_must_have_data(fake: FakePrometheus, prometheus: Prometheus) -> None:
    fake.answers["up["] = vector(up("shop", 1))
    fake.answers[PROBE_REQUESTS.name] = vector(({"job": "shop"}, 1.0))
    result = check_end_to_end(prometheus, goal())
    assert (result.complete, result.awaited) == (False, "data for 1 panels")

    fake.answers["rate(requests)"] = vector(({}, 0.0))
    assert check_end_to_end(prometheus, goal()).complete


def test_for_somebody_elses_app_empty_panels_are_only_told(fake: FakePrometheus, prometheus: Prometheus) -> None:
    fake.answers["up["] = vector(up("shop", 1))
    fake.answers[PROBE_REQUESTS.name] = vector(({"job": "shop"}, 1.0))

    result = check_end_to_end(prometheus, goal(panels_required=False))

    assert result.complete
    assert [str(panel) for panel in result.empty_panels] == ["Requests: no data for rate(requests)"]


def test_a_refused_query_is_quoted(fake: FakePrometheus, prometheus: Prometheus) -> None:
    fake.answers["up["] = vector(up("shop", 1))
    fake.answers[PROBE_REQUESTS.name] = vector(({"job": "shop"}, 1.0))
    fake.answers["rate(requests)"] = {"status": "error", "error": "parse error at char 3"}

    (empty,) = check_end_to_end(prometheus, goal()).empty_panels

    assert "parse error at char 3" in str(empty)


def test_a_refusal_outside_panels_is_an_error(fake: FakePrometheus, prometheus: Prometheus) -> None:
    fake.answers["up["] = {"status": "error", "error": "query too long"}

    with pytest.raises(RefusedError, match="query too long"):
        check_end_to_end(prometheus, goal())


def test_nobody_there_is_an_error(free_port: int) -> None:
    with (
        Prometheus(f"http://127.0.0.1:{free_port}") as absent,
        pytest.raises(UnreachableError, match="does not respond"),
    ):
        check_end_to_end(absent, goal())


def test_the_broken_link_is_found_from_the_app_onwards(
    fake: FakePrometheus, prometheus: Prometheus, free_ports: Callable[[int], list[int]]
) -> None:
    absent, health, telemetry = free_ports(3)

    def describe(target: int, *, health: int, storage: int) -> tuple[str, str]:
        ports = LocalPorts(prometheus=storage, otelcol_health=health, otelcol_telemetry=telemetry)
        pipeline = Pipeline(apps=(App(name="shop", target=f"127.0.0.1:{target}"),))
        stack = Stack(RunOptions(pipeline, Path("/"), Path("/x")), LocalSettings(Path("/x"), ports), {})
        error = diagnose(stack, check_end_to_end(prometheus, goal()), lambda *_: ("last words",))
        return error.where, error.wrong

    assert describe(absent, health=health, storage=fake.port) == ("shop", "its metrics cannot be read")
    assert describe(fake.port, health=health, storage=fake.port) == ("otelcol", "the collector is not healthy")
    assert describe(fake.port, health=fake.port, storage=absent) == ("prometheus", "Prometheus is not ready")
    assert describe(fake.port, health=fake.port, storage=fake.port)[1] == "the collector has scraped nothing yet"
    fake.answers["up["] = vector(up("shop", 0))
    assert describe(fake.port, health=fake.port, storage=fake.port)[1] == "the collector cannot scrape the app"
    fake.answers["up["] = vector(up("shop", 1))
    assert describe(fake.port, health=fake.port, storage=fake.port)[1] == (
        "its metrics do not count the request that kubeglass sent"
    )
    fake.answers[PROBE_REQUESTS.name] = vector(({"job": "shop"}, 1.0))
    assert describe(fake.port, health=fake.port, storage=fake.port) == ("dashboard", "panels have no data")
