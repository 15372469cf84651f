"""Under a real uWSGI: totals of all workers, wherever the application is loaded and whatever happens to them."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.library.conftest import StartGunicorn
from tests.library.samples import Samples, went_back
from tests.library.server import CUT_OFF, ROUTE, Uwsgi, all_at_once, free_port, wait_until

#: uWSGI loads the application in its master and forks, unless it is told to load it in each worker.
KINDS = {
    "master": (),
    "lazy": ("--lazy-apps",),
    "threads": ("--threads=4",),
    "after-fork": ("--py-call-osafterfork",),
}
AT_ONCE = 8


@pytest.fixture(scope="module")
def servers(start_shared: StartGunicorn) -> dict[str, Uwsgi]:
    started = {kind: start_shared(kind, "--processes=3", *options, server=Uwsgi) for kind, options in KINDS.items()}
    for server in started.values():
        server.wait()
        server.wait_for_workers(3)
    return started


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest, servers: dict[str, Uwsgi]) -> Uwsgi:
    return servers[request.param]


def use(server: Uwsgi, count: int) -> None:
    """Have requests answered, several at a time so that several workers answer."""
    all_at_once(lambda _: server.send(count // AT_ONCE), range(AT_ONCE))


def test_every_request_is_counted_once_whichever_worker_answers(server: Uwsgi) -> None:
    before = server.scrape()

    use(server, 160)
    for path in ("/fail", "/nowhere", "/stream"):
        server.get(path)
    after = server.scrape()

    def added(name: str, **labels: str) -> float:
        return after.total(name, **labels) - before.total(name, **labels)

    assert added("http_requests_total", endpoint=ROUTE, method="GET", status="200") == 160
    assert added("http_request_duration_seconds_count", endpoint=ROUTE) == 160
    assert added("http_requests_total", endpoint="<unmatched>", status="404") == 1
    assert added("http_request_exceptions_total", endpoint="/fail", exception="LookupError") == 1
    assert added("http_request_duration_seconds_sum", endpoint="/stream") > 0.15
    assert added("sold_things_total") == 160
    assert after.total("http_requests_in_progress") == 0


def test_each_process_that_has_answered_is_shown(server: Uwsgi) -> None:
    loaded = {server.process.pid} if "--lazy-apps" not in server.options else set[int]()

    def every_worker_is_shown() -> bool:
        use(server, AT_ONCE)
        shown = server.scrape().labels("process_cpu_seconds_total", "pid")
        return shown == {str(pid) for pid in server.workers() | loaded}

    wait_until(every_worker_is_shown, "each worker has answered, and no other is shown")


def test_requests_in_progress_in_several_workers_add_up_and_die_with_them(server: Uwsgi) -> None:
    def hang() -> None:
        with suppress(*CUT_OFF):
            server.get("/hang")

    hanging = [threading.Thread(target=hang, daemon=True) for _ in range(2)]
    for thread in hanging:
        thread.start()
    wait_until(lambda: server.scrape().total("http_requests_in_progress") == 2, "the requests are in progress")

    server.kill_workers()
    for thread in hanging:
        thread.join()

    assert server.scrape().total("http_requests_in_progress") == 0


def test_killed_workers_leave_their_totals(server: Uwsgi) -> None:
    before, had = server.scrape().counters(), server.answered()
    use(server, 40)

    server.kill_workers()
    use(server, 40)

    assert server.answered() == had + 80
    assert went_back(before, server.scrape().counters()) == []


def test_totals_survive_a_reload(server: Uwsgi) -> None:
    had = server.answered()
    use(server, 40)

    server.reload()
    use(server, 40)

    assert server.answered() == had + 80
    assert server.scrape().total("http_requests_in_progress") == 0


def test_a_stream_that_its_client_leaves_is_counted_and_no_longer_in_progress(server: Uwsgi) -> None:
    had = server.scrape().total("http_requests_total", endpoint="/endless")
    host, _, port = server.address.removeprefix("http://").partition(":")
    with closing(socket.create_connection((host, int(port)))) as client:
        client.sendall(b"GET /endless HTTP/1.1\r\nHost: shop\r\n\r\n")
        assert client.recv(10_000)
        wait_until(lambda: server.scrape().total("http_requests_in_progress") == 1, "the stream is in progress")

    wait_until(lambda: server.scrape().total("http_requests_in_progress") == 0, "the stream has ended")
    assert server.scrape().total("http_requests_total", endpoint="/endless") == had + 1


@pytest.mark.parametrize("options", [(), ("--lazy-apps",)], ids=["master", "lazy"])
def test_workers_that_end_after_some_requests_take_nothing_with_them(
    start: StartGunicorn, options: tuple[str, ...]
) -> None:
    server = start("short", "--processes=2", "--max-requests=5", "--min-worker-lifetime=0", *options, server=Uwsgi)
    server.wait()

    totals = []
    for _ in range(3):
        server.send(5)
        totals.append(server.answered())

    assert totals == [5.0 * (number + 1) for number in range(3)]
    wait_until(lambda: len(server.begun()) > 2, "a worker has ended and another has begun")


def test_workers_that_come_and_go_with_the_load_take_nothing_with_them(start: StartGunicorn) -> None:
    server = start("cheaper", "--processes=4", "--cheaper=1", "--cheaper-overload=1", "--idle=1", server=Uwsgi)
    server.wait()

    def more_have_begun() -> bool:
        all_at_once(lambda _: server.get("/stream"), range(AT_ONCE))
        return len(server.begun()) > 1

    rounds = 1
    while not more_have_begun():
        rounds += 1
    wait_until(lambda: len(server.workers()) == 1, "one worker is left")

    assert server.scrape().total("http_requests_total", endpoint="/stream") == AT_ONCE * rounds


def read(server: Uwsgi, port: int) -> Samples | None:
    with suppress(*CUT_OFF):
        return Samples(server.get("/metrics", address=f"http://127.0.0.1:{port}"))
    return None


@pytest.mark.parametrize(
    ("options", "decorators", "hooks"),
    [
        ((), "", set()),
        (("--lazy-apps",), "", set()),
        (("--py-call-osafterfork",), "", set()),
        # They replace a hook that was set before.
        ((), "first", {"decorators"}),
        ((), "last", {"application", "decorators"}),
    ],
    ids=["master", "lazy", "after-fork", "decorators-first", "decorators-last"],
)
def test_metrics_at_an_address_of_their_own_outlive_workers(
    start: StartGunicorn, options: tuple[str, ...], decorators: str, hooks: set[str]
) -> None:
    port = free_port()
    environment = {"TEST_METRICS_ADDRESS": f"127.0.0.1:{port}", "TEST_UWSGIDECORATORS": decorators}
    server = start("apart", "--processes=2", "--enable-threads", *options, server=Uwsgi, environment=environment)
    server.wait()

    wait_until(lambda: read(server, port), "the address answers, before any request")
    server.send(10)
    server.kill_workers()
    server.send(10)
    wait_until(lambda: read(server, port), "the address answers again")

    found = read(server, port)
    assert found is not None
    assert found.total("http_requests_total", endpoint=ROUTE) == 20
    # uWSGI's master forks in C: a worker could wait for a lock that a thread of the master's held.
    assert len(list(Path(f"/proc/{server.process.pid}/task").iterdir())) == 1
    assert set(re.findall(r"hook of (\w+)", server.log.read_text())) == hooks


def test_metrics_at_an_address_of_their_own_need_no_master(start: StartGunicorn) -> None:
    port = free_port()
    environment = {"TEST_METRICS_ADDRESS": f"127.0.0.1:{port}"}
    server = start("alone", "--enable-threads", server=Uwsgi, environment=environment, master=False)
    server.wait()

    wait_until(lambda: read(server, port), "the address answers")
