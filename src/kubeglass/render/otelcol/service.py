"""The service section: which parts run, in which order, and what the collector says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def serve(
    extensions: Mapping[str, Any],
    pipelines: Mapping[str, tuple[str, list[str]]],
    exporters: Mapping[str, Any],
    telemetry: tuple[str, int],
) -> dict[str, Any]:
    """Join the parts.

    Args:
        extensions: every extension, by id; all of them run.
        pipelines: for each pipeline its receiver and the processors between the first, which is always the memory
            limiter (https://github.com/open-telemetry/opentelemetry-collector/tree/main/processor#recommended-processors),
            and the exporters' own batching, which stands for the batch processor that would be last.
        exporters: every exporter, by id; each pipeline feeds all of them.
        telemetry: host and port where the collector exposes its own metrics.
    """
    host, port = telemetry
    reader = {"pull": {"exporter": {"prometheus": {"host": host, "port": port}}}}
    return {
        "extensions": list(extensions),
        "telemetry": {"metrics": {"level": "normal", "readers": [reader]}},
        "pipelines": {
            name: {
                "receivers": [receiver],
                "processors": ["memory_limiter", *processors],
                "exporters": list(exporters),
            }
            for name, (receiver, processors) in pipelines.items()
        },
    }
