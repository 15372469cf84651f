"""Under a real gunicorn, in every worker model: totals of all workers, whatever happens to them."""

from __future__ import annotations

import socket
import threading
from contextlib import closing, suppress

import pytest

from kubeglass.catalog import PROBE_PATH
from tests.library.conftest import StartGunicorn
from tests.library.samples import Samples
from tests.library.server import CUT_OFF, MODELS, ROUTE, Gunicorn, all_at_once, wait_until

TRACE = "0af7651916cd43dd8448eb211c80319c"


def test_a_scrape_tells_of_all_workers(server: Gunicorn) -> None:
    before = server.scrape()

    server.send(20)
    for path in ("/fail", "/nowhere", "/stream"):
        server.get(path)
    after = server.scrape()

    def added(name: str, **labels: str) -> float:
        return after.total(name, **labels) - before.total(name, **labels)

    assert added("http_requests_total", endpoint=ROUTE, method="GET", status="200") == 20
    assert added("http_request_duration_seconds_count", endpoint=ROUTE) == 20
    assert added("http_requests_total", endpoint="<unmatched>", status="404") == 1
    assert added("http_requests_total", endpoint="/fail", status="500") == 1
    assert added("http_request_exceptions_total", endpoint="/fail", exception="LookupError") == 1
    assert added("http_request_duration_seconds_sum", endpoint="/stream") > 0.15
    assert added("sold_things_total", kind="book") == 20
    assert added("price_euros_bucket", le="10.0") == 11
    assert after.total("http_requests_in_progress") == 0
    assert after.total("worker_value") == 19


def test_probes_of_all_workers_add_up_and_are_no_requests_of_the_application(server: Gunicorn) -> None:
    before = server.scrape()

    assert [server.get(PROBE_PATH) for _ in range(10)] == [""] * 10
    after = server.scrape()

    assert after.total("kubeglass_probe_requests_total") == before.total("kubeglass_probe_requests_total") + 10
    assert after.total("http_requests_total") == before.total("http_requests_total")


def test_a_scrape_tells_of_the_library_of_python_and_of_each_living_process(server: Gunicorn) -> None:
    # A process that loaded the application before its workers began is shown beside them.
    master = {server.process.pid} if "--preload" in server.options else set[int]()

    def every_worker_is_shown() -> bool:
        server.send(2)
        pids = {str(pid) for pid in server.workers() | master}
        return server.scrape().labels("process_cpu_seconds_total", "pid") == pids

    wait_until(every_worker_is_shown, "each worker has answered, and no other is shown")
    found = server.scrape()

    assert found.total("kubeglass_build_info") == 1
    assert found.total("python_info") == 1
    assert found.total("process_resident_memory_bytes") > 1e6
    assert "python_gc_collections_total" in found.text


def test_killed_workers_leave_their_totals_and_no_files(server: Gunicorn) -> None:
    before, had = server.scrape().counters(), server.answered()
    files = server.files()
    server.send(10)

    server.kill_workers()
    server.send(10)

    assert server.answered() == had + 20
    server.kill_workers()
    server.scrape()
    after = server.scrape()
    assert after.total("http_requests_total", endpoint=ROUTE) == had + 20
    assert [key for key in before if key not in after.counters()] == []
    assert len(server.files()) <= len(files) + 4


def test_killed_workers_files_are_compacted_by_those_that_live_without_a_scrape(server: Gunicorn) -> None:
    server.send(10)
    killed = server.workers()

    server.kill_workers()
    server.send(1)

    def left() -> list[str]:
        return [name for name in server.files() if any(f"_{pid}-" in name or f"_{pid}." in name for pid in killed)]

    wait_until(lambda: not left(), "the files of the killed are gone")


def test_totals_survive_a_reload(server: Gunicorn) -> None:
    had = server.answered()
    server.send(10)

    server.reload()
    server.send(10)

    assert server.answered() == had + 20


def test_a_request_that_dies_with_its_worker_is_no_longer_in_progress(server: Gunicorn) -> None:
    def hang() -> None:
        with suppress(*CUT_OFF):
            server.get("/hang")

    hanging = threading.Thread(target=hang, daemon=True)
    hanging.start()
    wait_until(lambda: server.scrape().total("http_requests_in_progress") == 1, "the request is in progress")

    server.kill_workers()
    hanging.join()

    assert server.scrape().total("http_requests_in_progress") == 0


def test_a_stream_that_its_client_leaves_is_counted_and_no_longer_in_progress(server: Gunicorn) -> None:
    def left() -> float:
        return server.scrape().total("http_requests_total", endpoint="/endless", status="200")

    had = left()
    host, _, port = server.address.removeprefix("http://").partition(":")
    with closing(socket.create_connection((host, int(port)))) as client:
        client.sendall(b"GET /endless HTTP/1.1\r\nHost: shop\r\n\r\n")
        assert client.recv(10_000)
        wait_until(lambda: server.scrape().total("http_requests_in_progress") == 1, "the stream is in progress")
        assert left() == had

    wait_until(lambda: server.scrape().total("http_requests_in_progress") == 0, "the stream has ended")
    assert left() == had + 1


def test_openmetrics_shows_the_trace_of_a_request_that_the_scraped_worker_answered(server: Gunicorn) -> None:
    def scrape() -> Samples:
        server.get("/things/1", headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})
        return Samples(server.get("/metrics", headers={"Accept": "application/openmetrics-text"}), is_open=True)

    def traces() -> set[str]:
        shown = [sample for sample in scrape().samples if sample.exemplar]
        assert all(sample.name == "http_request_duration_seconds_bucket" for sample in shown)
        return {sample.exemplar.labels["trace_id"] for sample in shown if sample.exemplar}

    wait_until(lambda: traces() == {TRACE}, "the trace is shown")
    assert scrape().text.endswith("# EOF\n")


def test_a_gauge_with_a_function_shows_what_each_worker_says(server: Gunicorn) -> None:
    def every_worker_has_answered() -> bool:
        server.send(2)
        return server.scrape().total("ready_workers") == len(server.workers())

    wait_until(every_worker_has_answered, "each worker has answered")
    found = server.scrape()

    assert {found.total("asked_pid", of="worker", pid=str(pid)) for pid in server.workers()} == server.workers()


@pytest.fixture(scope="module")
def totals_of_short_lived(start_shared: StartGunicorn) -> dict[str, tuple[list[float], int]]:
    """Totals after every five requests, and how many files there were at last, by worker model."""
    started = {
        model: start_shared(f"{model}-short", *options, "--workers=2", "--max-requests=5")
        for model, options in MODELS.items()
    }

    def measure(model: str) -> tuple[list[float], int]:
        server = started[model]
        server.wait()
        totals = []
        for _ in range(8):
            server.send(5)
            totals.append(server.answered())
        return totals, len(server.files())

    return all_at_once(measure, started)


@pytest.mark.parametrize("model", MODELS)
def test_workers_that_end_after_some_requests_take_nothing_with_them(
    totals_of_short_lived: dict[str, tuple[list[float], int]], model: str
) -> None:
    totals, files = totals_of_short_lived[model]

    assert totals == [5.0 * (number + 1) for number in range(8)]
    assert files < 30
