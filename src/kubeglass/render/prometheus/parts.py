"""What Prometheus's configuration has in common locally and on a cluster."""

from __future__ import annotations

from typing import Any

from kubeglass.model.pipeline import Pipeline
from kubeglass.model.quantity import format_duration
from kubeglass.rules.windows import evaluation_interval


def base_document(pipeline: Pipeline, *, rules: str, promoted: tuple[str, ...] = ()) -> dict[str, Any]:
    """Build everything but the scrape jobs.

    Args:
        pipeline: the definition.
        rules: pattern of the rule files, absolute or relative to the configuration file.
        promoted: OTLP resource attributes that become labels of every series.
    """
    # Prometheus scrapes only the pipeline itself; faster than every 5 s tells nothing more about it.
    interval = evaluation_interval(pipeline)
    timeout = min(interval, max(pipeline.scrape.longest, 5.0))
    otlp: dict[str, Any] = {"translation_strategy": "UnderscoreEscapingWithSuffixes"}
    if promoted:
        otlp["promote_resource_attributes"] = list(promoted)
    return {
        "global": {
            "scrape_interval": format_duration(interval),
            "scrape_timeout": format_duration(timeout),
            "evaluation_interval": format_duration(interval),
        },
        "otlp": otlp,
        "storage": {"tsdb": _tsdb(pipeline)},
        "rule_files": [rules],
    }


def _tsdb(pipeline: Pipeline) -> dict[str, Any]:
    storage = pipeline.storage
    return {
        # After an outage the collector delivers its queue while newer samples of other targets are already stored.
        "out_of_order_time_window": format_duration(storage.lateness),
        "retention": {"time": format_duration(storage.retention.time), "size": storage.retention.size},
    }
