"""What the library's tests ask again and again: what was counted, and what a fork counts."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import EnvironBuilder


def value(registry: CollectorRegistry, name: str, **labels: str) -> float:
    """Add up the samples of a name that have these labels."""
    return sum(
        sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def requests(registry: CollectorRegistry, **labels: str) -> float:
    """How many requests were counted."""
    return value(registry, "http_requests_total", **labels)


def shown(app: Flask, name: str, **labels: str) -> float:
    """Add up the samples that the application's own page shows."""
    families = text_string_to_metric_families(app.test_client().get("/metrics").text)
    return sum(
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def run_body(
    app: Any, path: str, environ: dict[str, Any] | None = None
) -> tuple[Iterable[bytes], Callable[[], object]]:
    """Call an application as a server does, perhaps with an environ of before; return its body and what closes it."""
    environ = {} if environ is None else environ
    if path:
        environ.update(EnvironBuilder(path).get_environ())
    body: Any = app(environ, lambda *_: None)
    return body, getattr(body, "close", lambda: None)


def in_fork(act: Callable[[], object]) -> None:
    """Run something in a fork of this process and wait for it; what it raises fails the test."""
    pid = os.fork()
    if not pid:
        status = 1
        try:
            act()
            status = 0
        except BaseException:  # noqa: BLE001  # the exit status tells of it
            traceback.print_exc()
        finally:
            os._exit(status)
    assert os.waitpid(pid, 0)[1] == 0
