"""The demo's customers: believable in the mean, exact in their account."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from customers.journeys import Reply, choose_journey
from customers.load import DAY, Load
from customers.totals import Totals
from hypothesis import given
from hypothesis import strategies as st

EXAMPLE = Path(__file__).parents[3] / "examples" / "shop"


class CountingHandler(BaseHTTPRequestHandler):
    """A shop that answers everything with 200 and counts."""

    seen: ClassVar[Counter[str]]
    enough: ClassVar[threading.Event]

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.seen[self.path.partition("?")[0]] += 1
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
        if self.seen.total() >= 50:
            self.enough.set()

    do_GET = do_POST = answer  # noqa: N815  # names the base class looks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        pass


@pytest.fixture
def shop() -> Iterator[ThreadingHTTPServer]:
    CountingHandler.seen, CountingHandler.enough = Counter(), threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), CountingHandler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_account_equals_what_the_shop_saw_and_the_end_is_clean(shop: ThreadingHTTPServer, tmp_path: Path) -> None:
    totals = tmp_path / "totals.json"
    command = [sys.executable, "traffic.py", "--url", f"http://127.0.0.1:{shop.server_port}", "--rate", "200"]

    with subprocess.Popen([*command, "--totals", str(totals)], cwd=EXAMPLE, stderr=subprocess.PIPE) as traffic:
        assert CountingHandler.enough.wait(timeout=30)
        traffic.send_signal(signal.SIGTERM)
        traffic.communicate(timeout=30)

    account = json.loads(totals.read_text())

    assert traffic.returncode == 0
    assert account["answered"] == CountingHandler.seen.total()
    assert account["answered"] == sum(account["by_route"].values()) == sum(account["by_status"].values())
    assert account["failed"] == 0
    assert account["by_route"]["/"] == CountingHandler.seen["/"]


#: The signal comes just while the main thread holds the lock of the event that the signal sets.
SIGNALLED_INSIDE_WAIT = """
import os, signal, sys, threading, traffic
class Event(threading.Event):
    def wait(self, timeout=None):
        with self._cond:
            if threading.current_thread() is threading.main_thread():
                os.kill(os.getpid(), signal.SIGTERM)
        return super().wait(timeout)
threading.Event = Event
sys.exit(traffic.main(["--url", "http://127.0.0.1:9"]))
"""


def test_a_signal_at_any_moment_ends_it() -> None:
    command = [sys.executable, "-c", SIGNALLED_INSIDE_WAIT]

    assert subprocess.run(command, cwd=EXAMPLE, stderr=subprocess.DEVNULL, timeout=10, check=False).returncode == 0


@pytest.mark.parametrize("option", [("--url", "shop"), ("--rate", "0"), ("--rate", "many")])
def test_nonsense_on_the_command_line_is_refused(option: tuple[str, str]) -> None:
    result = subprocess.run([sys.executable, "traffic.py", *option], cwd=EXAMPLE, capture_output=True, check=False)

    assert result.returncode == 2
    assert b"Traceback" not in result.stderr


@given(seed=st.integers(), statuses=st.lists(st.sampled_from([200, 303, 402, 404, 409, 500]), min_size=1))
def test_every_journey_ends_whatever_the_shop_answers(seed: int, statuses: list[int]) -> None:
    journey = choose_journey(random.Random(seed))
    step = next(journey)
    for number in range(200):
        assert step.path.startswith("/")
        try:
            step = journey.send(Reply(statuses[number % len(statuses)], "/orders/1"))
        except StopIteration:
            return
    pytest.fail("a journey of 200 steps")


@given(seed=st.integers())
def test_load_stays_above_zero_and_swings_around_its_mean(seed: int) -> None:
    load = Load(25.0, random.Random(seed))

    rates = [load.rate_at(second) for second in range(int(DAY))]

    assert min(rates) > 0
    assert max(rates) > 1.2 * 25 > 25 > 0.8 * 25 > min(rates)


def test_totals_agree_with_themselves_under_many_threads(tmp_path: Path) -> None:
    totals = Totals()

    def count() -> None:
        for _ in range(1000):
            totals.count_answer("/", 200)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    totals.count_failure()
    totals.write(tmp_path / "totals.json")

    expected = {"answered": 8000, "failed": 1, "by_route": {"/": 8000}, "by_status": {"200": 8000}}

    assert json.loads((tmp_path / "totals.json").read_text()) == expected
    assert [path.name for path in tmp_path.iterdir()] == ["totals.json"]
