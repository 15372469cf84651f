"""The one data source every panel reads: what provisioning declares and what the page server answers for."""

from __future__ import annotations

from typing import Final

DATASOURCE_UID: Final = "prometheus"
DATASOURCE_NAME: Final = "Prometheus"
DATASOURCE_TYPE: Final = "prometheus"
