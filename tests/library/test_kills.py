"""Clients, scrapers and a killer at the same time: no counter ever goes back, and totals say what clients saw."""

from __future__ import annotations

import os
import re
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from tests.library.conftest import StartGunicorn
from tests.library.samples import Key, Samples, went_back
from tests.library.server import CUT_OFF, MODELS, ROUTE, Gunicorn, all_at_once, wait_until

KILL_EVERY = 0.4
KILLS, SCRAPES, ANSWERS = 8, 20, 20
WORKERS = 3


@dataclass
class Seen:
    """What those outside a server saw."""

    tried: int = 0
    answered: int = 0
    scrapes: int = 0
    kills: int = 0
    gone_back: list[Key] = field(default_factory=list)
    last: Samples = field(default_factory=lambda: Samples(""))


class Siege:
    """Two clients, two scrapers and a killer, all at one server."""

    def __init__(self, server: Gunicorn) -> None:
        self.server = server
        self.seen = Seen()
        self._lock = threading.Lock()
        self._is_over = threading.Event()

    def run(self) -> Seen:
        """Go on until enough was seen: some seconds, where nothing else runs. Then look once more."""
        roles = (self._use, self._use, self._scrape, self._scrape, self._kill)
        threads = [threading.Thread(target=role) for role in roles]
        for thread in threads:
            thread.start()
        try:
            wait_until(self._is_enough, "enough is seen")
        finally:
            self._is_over.set()
            for thread in threads:
                thread.join()
        self.server.wait_for_workers(WORKERS)
        self.seen.last = self.server.scrape()
        return self.seen

    def _have_answered(self) -> set[int]:
        return {int(pid) for pid in re.findall(r"answered by <(\d+)>", self.server.log.read_text())}

    def _is_enough(self) -> bool:
        seen = self.seen
        return seen.kills >= KILLS and seen.scrapes >= SCRAPES and seen.answered >= ANSWERS

    def _use(self) -> None:
        while not self._is_over.is_set():
            with self._lock:
                self.seen.tried += 1
            with suppress(*CUT_OFF):
                answer = self.server.get("/things/1")
                with self._lock:
                    self.seen.answered += answer.isdecimal()

    def _scrape(self) -> None:
        before: dict[Key, float] = {}
        while not self._is_over.is_set():
            with suppress(*CUT_OFF):
                after = self.server.scrape().counters()
                with self._lock:
                    self.seen.scrapes += 1
                    self.seen.gone_back += went_back(before, after)
                before = after

    def _kill(self) -> None:
        while not self._is_over.wait(KILL_EVERY):
            working = self.server.workers() & self._have_answered()
            # One always goes on, so that somebody answers however slow the machine is at starting others.
            if len(working) > 1:
                with suppress(ProcessLookupError):
                    os.kill(min(working), signal.SIGKILL)
                self.seen.kills += 1


@pytest.fixture(scope="module")
def sieges(start_shared: StartGunicorn) -> dict[str, Seen]:
    """What was seen of each worker model."""
    options = [f"--workers={WORKERS}", "--max-requests=40", "--max-requests-jitter=20"]
    options += ["--access-logfile=-", "--access-logformat=answered by %(p)s"]
    started = {model: start_shared(model, *chosen, *options) for model, chosen in MODELS.items()}

    def besiege(model: str) -> Seen:
        started[model].wait()
        started[model].wait_for_workers(WORKERS)
        return Siege(started[model]).run()

    return all_at_once(besiege, started)


@pytest.mark.parametrize("model", MODELS)
def test_no_counter_goes_back_while_workers_are_killed(sieges: dict[str, Seen], model: str) -> None:
    assert sieges[model].gone_back == []


@pytest.mark.parametrize("model", MODELS)
def test_totals_lie_between_what_was_answered_and_what_was_tried(sieges: dict[str, Seen], model: str) -> None:
    seen = sieges[model]
    counted = seen.last.total("http_requests_total", endpoint=ROUTE, status="200")
    sold = seen.last.total("sold_things_total")

    assert 0 < seen.answered <= counted <= seen.tried
    assert seen.answered <= sold <= seen.tried
    assert counted <= sold
