"""All customers together: requests come at the load's pace, each from a customer who has time for the next step."""

from __future__ import annotations

import http.client
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from customers.journeys import Journey, Reply, Step, choose_journey
from customers.load import Load
from customers.session import Session
from customers.totals import Totals

#: Customers in the shop at once when nobody has to wait.
CUSTOMERS = 40
#: Requests waiting for an answer at once; beyond, customers queue outside rather than pile up.
IN_FLIGHT = 48


class Customer:
    """Somebody with a session and a journey.

    Args:
        url: the shop's address.
        journey: what they came for.
    """

    def __init__(self, url: str, journey: Journey) -> None:
        self._session = Session(url)
        self._journey = journey
        self._next: Step | None = next(journey)

    def take_step(self, totals: Totals) -> bool:
        """Send the next request and say whether the customer stays."""
        if self._next is None:
            return False
        try:
            reply = self._session.send(self._next)
        except (OSError, http.client.HTTPException):
            totals.count_failure()
            return False
        totals.count_answer(self._next.route, reply.status)
        return self._decide(reply)

    def _decide(self, reply: Reply) -> bool:
        try:
            self._next = self._journey.send(reply)
        except StopIteration:
            self._next = None
        return self._next is not None


class Crowd:
    """Customers who come and go until told to stop.

    Args:
        url: the shop's address.
        rate: mean requests a second.
        rng: source of all choices.
    """

    def __init__(self, url: str, rate: float, rng: random.Random) -> None:
        self.totals = Totals()
        self._url = url
        self._rng = rng
        self._load = Load(rate, rng)
        self._waiting: list[Customer] = []
        self._lock = threading.Lock()
        self._slots = threading.Semaphore(IN_FLIGHT)

    def run(self, stop: threading.Event) -> None:
        """Send requests until ``stop`` is set, then return when the last answer is in."""
        start = due = time.monotonic()
        with ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="customer") as threads:
            while not stop.is_set():
                now = time.monotonic()
                # After a pause of the machine go on from now: no burst that makes up for it.
                due = max(due + self._load.next_gap(now - start), now - 1)
                if stop.wait(max(due - now, 0)):
                    break
                if self._slots.acquire(timeout=0.5):
                    threads.submit(self._step, self._pick())

    def _pick(self) -> Customer:
        with self._lock:
            if len(self._waiting) >= CUSTOMERS:
                return self._waiting.pop(self._rng.randrange(len(self._waiting)))
        return Customer(self._url, choose_journey(random.Random(self._rng.random())))

    def _step(self, customer: Customer) -> None:
        try:
            if customer.take_step(self.totals):
                with self._lock:
                    self._waiting.append(customer)
        finally:
            self._slots.release()
