"""Strikes one fault on a run of its own and counts what it cost."""

from __future__ import annotations

import json
import re
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from faults.fault import Fault, Outcome
from faults.stand import JOB, Stand, ask, find_telemetry, read_log
from faults.waiting import wait_until
from kubeglass.http import make_client

#: Requests before the fault, and after it once everything is well again.
REQUESTS = 50
SCRAPE_INTERVAL = 1.0
#: A value older than this is not the latest one: a scrape, its way through the collector, and a busy machine.
FRESH_SECONDS = 2.5

COUNTED = f'sum(http_requests_total{{job="{JOB}"}}) by (endpoint)'
#: When the shop was scraped last, if that scrape succeeded; timestamp() of anything but a series is the present.
LATEST = f'max(timestamp(up{{job="{JOB}"}}) * (up{{job="{JOB}"}} == 1))'


def measure(fault: Fault) -> Outcome:
    """Run the demo, strike, wait until all is well, let the customers leave, and compare.

    Raises:
        NeverCameError: the run did not come up, or did not become well again.
    """
    with tempfile.TemporaryDirectory(prefix="kubeglass-fault-") as name, Stand(Path(name), fault.disk) as stand:
        first = wait_until(lambda: ask(stand, LATEST), "the first scrape")
        _let_traffic_flow(stand)
        began = first if fault.reaches_back else wait_until(lambda: ask(stand, LATEST), "a scrape before the fault")
        fault.strike(stand)
        over = time.time()
        wait_until(lambda: _is_fresh(stand, over), "the latest value after the fault")
        recovered = time.time()
        _let_traffic_flow(stand)
        alerted = bool(fault.alert and wait_until(lambda: _fires(stand, fault.alert), f"the alert {fault.alert}"))
        sent = _end_traffic(stand)
        due, made = _count_scrapes(stand, began)
        return Outcome(
            answered=sent["answered"],
            failed=sent["failed"],
            missing=_compare(sent["by_route"], _count(stand)),
            due_scrapes=due,
            lost_scrapes=due - made,
            recover_seconds=recovered - over,
            counted={metric: _read_metric(stand, metric) for metric in fault.counted_by},
            alerted=alerted,
            told=fault.told_by is not None and fault.told_by[1] in read_log(stand, fault.told_by[0]),
        )


@contextmanager
def side_by_side(faults: Sequence[Fault]) -> Iterator[Mapping[str, Future[Outcome]]]:
    """Measure faults at the same time, each on a run of its own: most of the time they only wait.

    Returns:
        For each fault's name what it will be found to cost, or why it could not be.
    """
    with ThreadPoolExecutor(max(len(faults), 1), thread_name_prefix="fault") as threads:
        yield {fault.name: threads.submit(measure, fault) for fault in faults}


def _let_traffic_flow(stand: Stand) -> None:
    before = _read_account(stand).get("answered", 0)
    wait_until(lambda: _read_account(stand).get("answered", 0) >= before + REQUESTS, "customers to be served")


def _is_fresh(stand: Stand, since: float) -> bool:
    latest = ask(stand, LATEST) or 0.0
    return latest > since and time.time() - latest < FRESH_SECONDS


def _fires(stand: Stand, alert: str) -> bool:
    return ask(stand, f'ALERTS{{alertname="{alert}",alertstate="firing"}}') is not None


def _end_traffic(stand: Stand) -> dict[str, Any]:
    """Let the customers leave, and wait until a later scrape has arrived, which has seen every request."""
    stand.take_down("traffic", signal.SIGTERM)
    left = time.time()
    wait_until(lambda: (ask(stand, LATEST) or 0.0) > left, "a scrape after the last request")
    return _read_account(stand)


def _read_account(stand: Stand) -> dict[str, Any]:
    try:
        return dict(json.loads((stand.root / "data" / "traffic.json").read_text()))
    except FileNotFoundError:
        return {}


def _count(stand: Stand) -> dict[str, float]:
    return {sample.labels["endpoint"]: sample.value for sample in stand.prometheus.query(COUNTED)}


def _compare(sent: Mapping[str, int], counted: Mapping[str, float]) -> dict[str, int]:
    routes = sorted({*sent, *counted})
    missing = {route: sent.get(route, 0) - int(counted.get(route, 0)) for route in routes}
    return {route: number for route, number in missing.items() if number}


def _count_scrapes(stand: Stand, began: float) -> tuple[int, int]:
    """Count the scrapes since ``began`` that the clock asked for, and those that have a value."""
    ended = wait_until(lambda: ask(stand, LATEST), "the last scrape")
    window = round((ended - began) * 1000)
    made = ask(stand, f'sum(sum_over_time(up{{job="{JOB}"}}[{window}ms] @ {ended:.3f}))')
    return round((ended - began) / SCRAPE_INTERVAL), int(made or 0)


def _read_metric(stand: Stand, name: str) -> float:
    """Add up the series of a metric on the page of the engine whose metric it is.

    Prometheus does not scrape itself, and of what the collector told while Prometheus was away it knows only the sum.
    """
    address = stand.prometheus.url if name.startswith("prometheus_") else find_telemetry(stand)
    with make_client() as client:
        lines = client.get(f"{address}/metrics").text.splitlines()
    series = re.compile(rf"{name}(_total)?(\{{.*\}})? (\S+)")
    return sum(float(match.group(3)) for match in map(series.fullmatch, lines) if match)
