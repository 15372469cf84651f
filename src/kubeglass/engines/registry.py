"""Every program that kubeglass pins, in the order in which it is shown."""

from __future__ import annotations

from kubeglass.engines.distribution import load_distribution
from kubeglass.engines.engine import Tool
from kubeglass.engines.otelcol import OTELCOL
from kubeglass.engines.prometheus import PROMETHEUS, PROMTOOL
from kubeglass.errors import UsageError

#: Pinned for clusters, where it runs from its image.
GRAFANA = load_distribution("grafana")

TOOLS: tuple[Tool, ...] = (OTELCOL, PROMETHEUS, PROMTOOL)


def find_tool(name: str) -> Tool:
    """Return the program with this name.

    Raises:
        UsageError: no engine has that name.
    """
    for tool in TOOLS:
        if tool.name == name:
            return tool
    known = ", ".join(tool.name for tool in TOOLS)
    raise UsageError(name, "is not a known engine", hint=f"choose from: {known}")
