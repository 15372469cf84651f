"""How long after a request a query shows it.

Target: p95 at most the scrape interval and one second.
"""

from __future__ import annotations

import http.client
import time
from urllib.parse import urlsplit

from demo import demo, read_status
from rounds import Measurement, write_result

from kubeglass.observe.prometheus import Prometheus

REQUESTS = 100
SCRAPE_INTERVAL = 1.0
#: No customer of the shop sends this method, so its count moves with our requests alone.
QUERY = 'sum(http_requests_total{job="shop",method="OPTIONS",endpoint="/"})'


def send(address: str) -> None:
    """Send one request that nobody else sends."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    connection.request("OPTIONS", "/")
    connection.getresponse().read()
    connection.close()


def measure_delay(prometheus: Prometheus, address: str, number: int) -> float:
    """Seconds from the answer of request ``number`` until a query counts it."""
    send(address)
    answered = time.monotonic()
    while (prometheus.value(QUERY) or 0.0) < number:
        time.sleep(0.01)
    return time.monotonic() - answered


if __name__ == "__main__":
    with demo() as folder:
        addresses = read_status(folder)["addresses"]
        delays = []
        with Prometheus(addresses["prometheus"]) as client:
            for request in range(1, REQUESTS + 1):
                delays.append(measure_delay(client, addresses["shop"], request))
                # A query sees a request just after a scrape. From there multiples of the golden ratio spread the next
                # request evenly over the moments between two scrapes.
                time.sleep(request * 0.618 % SCRAPE_INTERVAL)
    delays.sort()
    p50, p95 = delays[REQUESTS // 2 - 1], delays[int(REQUESTS * 0.95) - 1]
    write_result(
        "local_freshness",
        claim="Request to visible in a query, p95: at most the scrape interval + 1 s.",
        method=f"{REQUESTS} requests to the demo's shop, scraped each {SCRAPE_INTERVAL:g} s, at changing moments, "
        "each followed by a query every 10 ms until it is counted; the figure is p50, low is the minimum, high is p95.",
        figures={"request to query": Measurement(p50, delays[0], p95, "s")},
        derived={"p95_seconds": p95, "p95_share_of_target": p95 / (SCRAPE_INTERVAL + 1.0), "max_seconds": delays[-1]},
    )
