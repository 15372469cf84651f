"""What a dashboard can be narrowed to: a label's values, asked of Prometheus, several at once or all."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import QueryVariable
from grafana_foundation_sdk.models.dashboard import VariableOption, VariableRefresh, VariableSort

from kubeglass.dashboards.defaults import DATASOURCE


def label_values(name: str, label: str, query: str) -> QueryVariable:
    """Offer a label's values.

    Args:
        name: the variable's name, ``$name`` in queries; "All" is ``.*`` there.
        label: its name above the dashboard.
        query: Grafana's ``label_values(selector, label)``.
    """
    everything = VariableOption(selected=True, text="All", value="$__all")
    variable = QueryVariable(name).label(label).datasource(DATASOURCE).query({"query": query, "refId": name})
    variable = variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).sort(VariableSort.ALPHABETICAL_ASC)
    return variable.multi(True).include_all(True).all_value(".*").current(everything)
