"""A small app under load, as far as a scrape can tell: ``python app.py PORT`` runs until it is stopped."""

from __future__ import annotations

import random
import sys
import threading

from prometheus_client import Counter, Histogram, start_http_server

REQUESTS = Counter("http_requests", "Requests.", ["endpoint", "status"])
DURATION = Histogram("http_request_duration_seconds", "Their durations.", ["endpoint"])
RATES = {"/": 12, "/cart": 6, "/products/<int:id>": 3}


def main() -> None:
    """Serve requests that nobody sends."""
    start_http_server(int(sys.argv[1]), addr="127.0.0.1")
    chance = random.Random(1)
    pause = threading.Event()
    while not pause.wait(0.1):
        for endpoint, rate in RATES.items():
            for _ in range(rate):
                REQUESTS.labels(endpoint, chance.choices(["200", "404", "500"], [90, 7, 3])[0]).inc()
                DURATION.labels(endpoint).observe(chance.lognormvariate(-3, 1))


if __name__ == "__main__":
    main()
