"""The one data source of all panels, as provisioned in Grafana and served by the page server."""

from __future__ import annotations

from typing import Final

DATASOURCE_UID: Final = "prometheus"
DATASOURCE_NAME: Final = "Prometheus"
DATASOURCE_TYPE: Final = "prometheus"
