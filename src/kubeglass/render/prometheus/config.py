"""Prometheus's own configuration for a local run: it receives OTLP and scrapes the collector's telemetry."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from kubeglass.model.local import LOOPBACK, LocalSettings
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.file import RenderedFile
from kubeglass.render.prometheus.parts import base_document
from kubeglass.render.yaml import dump_yaml

PATH = PurePosixPath("prometheus/prometheus.yml")


def render(pipeline: Pipeline, settings: LocalSettings) -> list[RenderedFile]:
    """Write the configuration file; rule files lie beside it."""
    return [RenderedFile(PATH, dump_yaml(build(pipeline, settings)))]


def build(pipeline: Pipeline, settings: LocalSettings) -> dict[str, Any]:
    """Build the configuration as data; the collector is scraped directly, so that its death is seen."""
    telemetry = f"{LOOPBACK}:{settings.ports.otelcol_telemetry}"
    jobs = [{"job_name": "otel-collector", "static_configs": [{"targets": [telemetry]}]}]
    return {**base_document(pipeline, rules="rules/*.yml"), "scrape_configs": jobs}
