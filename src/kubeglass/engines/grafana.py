"""Grafana, pinned for clusters: it runs from its image, provisioned with the files that kubeglass renders."""

from __future__ import annotations

from kubeglass.engines.distribution import load_distribution

GRAFANA = load_distribution("grafana")
