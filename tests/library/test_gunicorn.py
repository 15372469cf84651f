"""Under a real gunicorn: every worker model, totals of all workers, whatever happens to them."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import urllib.request
from contextlib import suppress

import pytest

from tests.library.conftest import Gunicorn, Samples, StartGunicorn, wait_until

MODELS = {
    "sync": ("--worker-class=sync",),
    "gthread": ("--worker-class=gthread", "--threads=4"),
    "gevent": ("--worker-class=gevent",),
}
ROUTE = "/things/<int:number>"


@pytest.fixture(params=[(model, preload) for model in MODELS for preload in (False, True)], ids=str)
def options(request: pytest.FixtureRequest) -> tuple[str, ...]:
    model, preload = request.param
    return (*MODELS[model], "--workers=3", *(["--preload"] if preload else []))


def send(server: Gunicorn, count: int) -> None:
    for number in range(count):
        assert server.get(f"/things/{number}").isdecimal()


def requests(server: Gunicorn) -> float:
    return server.scrape().total("http_requests_total", endpoint=ROUTE, status="200")


def test_a_scrape_tells_of_all_workers(start: StartGunicorn, options: tuple[str, ...]) -> None:
    server = start(*options)

    send(server, 40)
    server.get("/fail")
    server.get("/nowhere")
    server.get("/stream")
    found = server.scrape()

    assert found.total("http_requests_total", endpoint=ROUTE, method="GET", status="200") == 40
    assert found.total("http_request_duration_seconds_count", endpoint=ROUTE) == 40
    assert found.total("http_requests_total", endpoint="<unmatched>", status="404") == 1
    assert found.total("http_requests_total", endpoint="/fail", status="500") == 1
    assert found.total("http_request_exceptions_total", endpoint="/fail", exception="LookupError") == 1
    assert found.total("http_request_duration_seconds_sum", endpoint="/stream") > 0.15
    assert found.total("http_requests_in_progress") == 0
    assert found.total("sold_things_total", kind="book") == 40
    assert found.total("price_euros_bucket", le="10.0") == 11
    assert found.total("worker_value") == 39
    assert found.total("kubeglass_build_info") == 1
    assert found.total("python_info") == 1
    assert found.total("process_resident_memory_bytes") > 1e6
    assert "python_gc_collections_total" in found.text


def test_killed_workers_leave_their_totals_and_no_files(start: StartGunicorn, options: tuple[str, ...]) -> None:
    server = start(*options)
    send(server, 20)
    before = server.files()

    server.kill_workers()
    send(server, 20)

    assert requests(server) == 40
    assert server.scrape().total("sold_things_total") == 40
    server.kill_workers()
    server.scrape()
    assert server.scrape().total("price_euros_count") == 40
    assert len(server.files()) <= len(before) + 4


@pytest.mark.parametrize("model", MODELS)
def test_a_request_that_dies_with_its_worker_is_no_longer_in_progress(start: StartGunicorn, model: str) -> None:
    server = start(*MODELS[model], "--workers=2")

    def hang() -> None:
        with suppress(OSError):
            server.get("/hang")

    hanging = threading.Thread(target=hang, daemon=True)
    hanging.start()
    wait_until(lambda: server.scrape().total("http_requests_in_progress") == 1, "the request is in progress")

    server.kill_workers()
    hanging.join()

    assert server.scrape().total("http_requests_in_progress") == 0


@pytest.mark.parametrize("model", MODELS)
def test_workers_that_end_after_some_requests_take_nothing_with_them(start: StartGunicorn, model: str) -> None:
    server = start(*MODELS[model], "--workers=2", "--max-requests=5")

    totals = []
    for _ in range(12):
        send(server, 5)
        totals.append(requests(server))

    assert totals == [5.0 * (number + 1) for number in range(12)]
    assert len(server.files()) < 30


@pytest.mark.parametrize("preload", [False, True])
def test_totals_survive_a_reload(start: StartGunicorn, preload: bool) -> None:
    server = start("--workers=2", *(["--preload"] if preload else []))
    send(server, 20)
    old = server.workers()

    os.kill(server.process.pid, signal.SIGHUP)
    wait_until(lambda: len(server.workers()) == 2 and not server.workers() & old, "the workers are new")
    send(server, 20)

    assert requests(server) == 40


@pytest.mark.parametrize("model", MODELS)
def test_totals_never_go_back_while_workers_are_killed(start: StartGunicorn, model: str) -> None:
    server = start(*MODELS[model], "--workers=3")
    answered, tried, seen = 0, 0, [0.0]

    for number in range(90):
        if number % 15 == 14:
            os.kill(min(server.workers()), signal.SIGKILL)
        tried += 1
        try:
            answered += server.get("/things/1").isdecimal()
            seen.append(requests(server))
        except OSError:
            continue

    assert seen == sorted(seen)
    wait_until(lambda: len(server.workers()) == 3, "three workers again")
    assert answered <= requests(server) <= tried


def test_the_command_instruments_an_application_that_knows_nothing_of_it(start: StartGunicorn) -> None:
    command = (sys.executable, "-m", "kubeglass", "run", "gunicorn")
    server = start("--workers=3", command=command, environment={"KUBEGLASS_INSTRUMENT": "1"})

    send(server, 30)

    assert requests(server) == 30
    assert server.scrape().total("sold_things_total") == 30


def test_metrics_on_a_port_of_their_own_outlive_the_worker_that_serves_them(start: StartGunicorn) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = start("--workers=3", environment={"TEST_METRICS_ADDRESS": f"127.0.0.1:{port}"})
    apart = f"http://127.0.0.1:{port}/metrics"

    def read() -> Samples | None:
        with suppress(OSError), urllib.request.urlopen(apart, timeout=5) as answer:
            return Samples(answer.read().decode())
        return None

    send(server, 10)
    wait_until(read, "the port answers")
    server.kill_workers()
    send(server, 10)
    wait_until(read, "another worker answers at the port")

    found = read()
    assert found is not None
    assert found.total("http_requests_total", endpoint=ROUTE) == 20
    assert server.scrape_is_missing()


def test_each_living_worker_has_its_process_metrics(start: StartGunicorn) -> None:
    server = start("--workers=3")
    wait_until(lambda: len(server.scrape().labels("process_cpu_seconds_total", "pid")) == 3, "three workers")

    server.kill_workers()
    wait_until(
        lambda: server.scrape().labels("process_cpu_seconds_total", "pid") == {str(pid) for pid in server.workers()},
        "the new ones",
    )
