"""Exporters: OTLP over HTTP through a queue on disk that survives an outage and a killed collector."""

from __future__ import annotations

from typing import Any

from kubeglass.model.duration import format_duration
from kubeglass.model.parts import COLLECTOR_GRACE
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.quantity import parse_size
from kubeglass.model.sections.storage import Remote


def literal(text: str) -> str:
    """Escape ``$``, which the collector would expand."""
    return text.replace("$", "$$")


#: Ids of components that other parts of the configuration refer to.
QUEUE = "file_storage/queue"
TO_PROMETHEUS = "otlp_http/prometheus"
TO_REMOTE = "otlp_http/remote"
REMOTE_BASIC = "basicauth/remote"
REMOTE_BEARER = "bearertokenauth/remote"

#: Where Prometheus receives OTLP: https://prometheus.io/docs/guides/opentelemetry/
OTLP_PATH = "/api/v1/otlp/v1/metrics"


def send(pipeline: Pipeline, prometheus: str) -> dict[str, Any]:
    """Send to the pipeline's own Prometheus at ``prometheus``, and to the remote endpoint if there is one."""
    # Prometheus is so close that compression costs more than it saves.
    local = {"metrics_endpoint": f"{prometheus}{OTLP_PATH}", "compression": "none", **_delivery(pipeline)}
    remote = pipeline.storage.remote
    return {TO_PROMETHEUS: local} | ({TO_REMOTE: _send_to_remote(pipeline, remote)} if remote else {})


def _send_to_remote(pipeline: Pipeline, remote: Remote) -> dict[str, Any]:
    settings: dict[str, Any] = {"metrics_endpoint": f"{remote.url}/v1/metrics", "compression": "gzip"}
    headers = {name: literal(value) for name, value in remote.headers.items()}
    if remote.auth is not None and remote.auth.header is not None:
        headers[remote.auth.header.name] = f"${{env:{remote.auth.header.value.variable}}}"
    if headers:
        settings["headers"] = headers
    for authenticator in authenticate(remote):
        settings["auth"] = {"authenticator": authenticator}
    return settings | _delivery(pipeline)


def authenticate(remote: Remote | None) -> dict[str, Any]:
    """Return the extension that adds ``remote``'s credentials, if it needs one; they stay in the environment."""
    auth = remote.auth if remote else None
    if auth is not None and auth.basic is not None:
        password = f"${{env:{auth.basic.password.variable}}}"
        return {REMOTE_BASIC: {"client_auth": {"username": literal(auth.basic.username), "password": password}}}
    if auth is not None and auth.bearer is not None:
        return {REMOTE_BEARER: {"token": f"${{env:{auth.bearer.variable}}}"}}
    return {}


def keep_queue(pipeline: Pipeline, directory: str) -> dict[str, Any]:
    """Keep the queues below ``directory``, one file per exporter, which shrink again after an outage."""
    return {
        "directory": literal(directory),
        "create_directory": True,
        # A new collector waits for the lock of one that is still ending, instead of failing after a second.
        "timeout": format_duration(1.5 * COLLECTOR_GRACE),
        "fsync": pipeline.collector.queue.fsync,
        # Moves a damaged file aside, but only if bbolt panics in the caller's goroutine; since bbolt 1.5 it checks the
        # file in another one and ends the process. tests/engines/test_queue_damage.py tells when that changes; until
        # then a local run repairs the queue (supervise/state/queue_repair.py), and a cluster's must be removed by hand.
        "recreate": True,
        "compaction": {"directory": literal(directory), "on_start": True, "on_rebound": True, "cleanup_on_start": True},
    }


def _delivery(pipeline: Pipeline) -> dict[str, Any]:
    return {
        "sending_queue": {
            "storage": QUEUE,
            # In bytes, so that disk use is limited whatever the size of a scrape.
            "sizer": "bytes",
            "queue_size": parse_size(pipeline.collector.queue.size),
            # One sender, so that few samples are late: several would overtake each other.
            "num_consumers": 1,
            # Batch after the queue, not before: what the batch processor holds in memory is lost with the process.
            "batch": {"flush_timeout": "200ms", "sizer": "items", "min_size": 2000, "max_size": 10_000},
        },
        # Retry forever: undelivered data waits on disk, limited only by the queue's size.
        "retry_on_failure": {"initial_interval": "500ms", "max_interval": "2s", "max_elapsed_time": "0s"},
        "timeout": "10s",
    }
