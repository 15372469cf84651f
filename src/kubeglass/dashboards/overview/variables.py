"""What the overview can be narrowed to: job, instance, endpoint."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import QueryVariable
from grafana_foundation_sdk.models.dashboard import VariableOption, VariableRefresh, VariableSort

from kubeglass.dashboards.defaults import DATASOURCE
from kubeglass.dashboards.promql import COLLECTOR_JOB, TARGETS


def job() -> QueryVariable:
    """Choose applications; the collector is no application."""
    return _label_values("job", "Job", f'label_values(up{{job!="{COLLECTOR_JOB}"}}, job)')


def instance() -> QueryVariable:
    """Choose instances of the chosen applications."""
    return _label_values("instance", "Instance", f'label_values(up{{job!="{COLLECTOR_JOB}", job=~"$job"}}, instance)')


def endpoint() -> QueryVariable:
    """Choose routes of the chosen instances."""
    return _label_values("endpoint", "Endpoint", f"label_values(http_requests_total{{{TARGETS}}}, endpoint)")


def _label_values(name: str, label: str, query: str) -> QueryVariable:
    everything = VariableOption(selected=True, text="All", value="$__all")
    variable = QueryVariable(name).label(label).datasource(DATASOURCE).query({"query": query, "refId": name})
    variable = variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).sort(VariableSort.ALPHABETICAL_ASC)
    return variable.multi(True).include_all(True).all_value(".*").current(everything)
