"""The PromQL of a dashboard's panels, with variables set to "All"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kubeglass.model.duration import format_duration, parse_duration

#: ``$name``, ``${name}``, ``${name:format}`` and the old ``[[name]]``.
_REFERENCE = re.compile(r"\$(\w+)|\$\{(\w+)(?::\w+)?\}|\[\[(\w+)(?::\w+)?\]\]")
_ANYTHING = ".*"
_DEFAULT_RANGE_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class PanelQuery:
    """One query of a panel, as Prometheus takes it.

    Args:
        panel_title: the panel's title.
        expr: PromQL without variables.
    """

    panel_title: str
    expr: str


def panel_queries(dashboard: Mapping[str, Any], *, scrape_interval: float) -> list[PanelQuery]:
    """List the queries of every panel, including those in collapsed rows, except hidden ones.

    Args:
        dashboard: a dashboard's JSON as Grafana would load it.
        scrape_interval: seconds; ``$__rate_interval`` and ``$__interval`` follow from it.
    """
    values = _variable_values(dashboard) | _built_in_values(dashboard, scrape_interval)
    return [
        PanelQuery(panel.get("title", ""), fill(target["expr"], values))
        for panel in _panels(dashboard)
        for target in panel.get("targets", ())
        if target.get("expr") and not target.get("hide")
    ]


def fill(expr: str, values: Mapping[str, str]) -> str:
    """Replace the variables in ``values``; unknown ones are kept, as in Grafana."""

    def replace(match: re.Match[str]) -> str:
        name = next(group for group in match.groups() if group)
        return values.get(name, match[0])

    return _REFERENCE.sub(replace, expr)


def _panels(parent: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for panel in parent.get("panels", ()):
        yield panel
        yield from _panels(panel)


def _variable_values(dashboard: Mapping[str, Any]) -> dict[str, str]:
    return {variable["name"]: _choose_all(variable) for variable in dashboard.get("templating", {}).get("list", ())}


def _choose_all(variable: Mapping[str, Any]) -> str:
    if variable.get("includeAll"):
        return variable.get("allValue") or _ANYTHING
    value = variable.get("current", {}).get("value")
    if isinstance(value, list):
        value = "|".join(value)
    if value:
        return str(value)
    # Before the first load a query variable has no value; constants and text boxes have theirs in ``query``.
    return _ANYTHING if variable.get("type") == "query" else str(variable.get("query", "")).partition(",")[0]


def _built_in_values(dashboard: Mapping[str, Any], scrape_interval: float) -> dict[str, str]:
    """Return https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/ for a narrow panel."""
    seconds = _range_seconds(dashboard)
    return {
        "__interval": format_duration(scrape_interval),
        "__interval_ms": str(round(scrape_interval * 1000)),
        "__rate_interval": format_duration(4 * scrape_interval),
        "__range": format_duration(seconds),
        "__range_s": str(round(seconds)),
        "__range_ms": str(round(seconds * 1000)),
    }


def _range_seconds(dashboard: Mapping[str, Any]) -> float:
    """Read the default time range, ``now-15m`` to ``now``."""
    start = str(dashboard.get("time", {}).get("from", ""))
    try:
        return parse_duration(start.removeprefix("now-"))
    except ValueError:
        return _DEFAULT_RANGE_SECONDS
