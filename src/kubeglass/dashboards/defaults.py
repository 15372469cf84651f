"""What all panels and variables have in common: data source, legends with figures, rounding, a description each."""

from __future__ import annotations

from grafana_foundation_sdk.builders import bargauge, common, gauge, piechart, prometheus, stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard as DashboardBuilder
from grafana_foundation_sdk.builders.dashboard import FieldColor, QueryVariable, ThresholdsConfig, TimePicker
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BigValueColorMode,
    BigValueGraphMode,
    GraphGradientMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    TooltipDisplayMode,
    VisibilityMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DataSourceRef,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
    VariableOption,
    VariableRefresh,
    VariableSort,
)
from grafana_foundation_sdk.models.piechart import PieChartLegendValues, PieChartType
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from kubeglass.dashboards.datasource import DATASOURCE_TYPE, DATASOURCE_UID
from kubeglass.model.quantity import format_duration

DATASOURCE = DataSourceRef(type_val=DATASOURCE_TYPE, uid=DATASOURCE_UID)
REFRESH_CHOICES = ["1s", "2s", "5s", "10s", "30s", "1m", "5m", "15m"]


def page(title: str, uid: str, topic: str, description: str, *, refresh: float) -> DashboardBuilder:
    """Begin a dashboard that shows the last quarter of an hour.

    Args:
        title: its name in lists.
        uid: its name in addresses and files.
        topic: the tag it is found by, beside ``kubeglass``.
        description: what it shows, as a sentence.
        refresh: seconds between two readings of an open page.
    """
    builder = DashboardBuilder(title).uid(uid).tags(["kubeglass", topic]).editable().description(description)
    builder = builder.time("now-15m", "now").timezone("browser").refresh(format_duration(refresh))
    builder = builder.timepicker(TimePicker().refresh_intervals(REFRESH_CHOICES))
    return builder.tooltip(DashboardCursorSync.CROSSHAIR)


def range_query(expr: str, legend: str = "__auto", ref_id: str = "A") -> prometheus.Dataquery:
    """Ask for ``expr`` over the dashboard's time range."""
    query = prometheus.Dataquery().expr(expr).range().legend_format(legend).ref_id(ref_id)
    return query.datasource(DATASOURCE)


def instant_query(expr: str, legend: str = "__auto", ref_id: str = "A") -> prometheus.Dataquery:
    """Ask for ``expr`` at the end of the dashboard's time range."""
    query = prometheus.Dataquery().expr(expr).instant().legend_format(legend).ref_id(ref_id)
    return query.datasource(DATASOURCE)


def table_query(expr: str, ref_id: str) -> prometheus.Dataquery:
    """Ask for ``expr`` at the end of the time range, labels as columns."""
    return instant_query(expr, ref_id=ref_id).format(PromQueryFormat.TABLE)


def thresholds(*steps: tuple[float | None, str]) -> ThresholdsConfig:
    """Colour from a value on; the first step's value is None, the base."""
    config = ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE)
    return config.steps([Threshold(value=value, color=color) for value, color in steps])


def last_value() -> common.ReduceDataOptions:
    """Show the newest value of each series."""
    return common.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False)


def lines(title: str, description: str, unit: str) -> timeseries.Panel:
    """Draw lines from zero up, with mean, maximum and last value of each in the legend, the largest first."""
    legend = common.VizLegendOptions().display_mode(LegendDisplayMode.TABLE).placement(LegendPlacement.BOTTOM)
    legend = legend.show_legend(True).calcs(["mean", "max", "lastNotNull"]).sort_by("Mean").sort_desc(True)
    tooltip = common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING)
    panel = timeseries.Panel().title(title).description(description).datasource(DATASOURCE).unit(unit).min(0)
    panel = panel.color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC))
    panel = panel.line_width(1.5).fill_opacity(8).gradient_mode(GraphGradientMode.OPACITY)
    return panel.show_points(VisibilityMode.NEVER).legend(legend).tooltip(tooltip)


def figure(title: str, description: str, unit: str) -> stat.Panel:
    """Show one figure, coloured by thresholds, above a small line of its past."""
    panel = stat.Panel().title(title).description(description).datasource(DATASOURCE).unit(unit).min(0)
    panel = panel.color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS)).reduce_options(last_value())
    return panel.graph_mode(BigValueGraphMode.AREA).color_mode(BigValueColorMode.VALUE)


def dial(title: str, description: str, unit: str) -> gauge.Panel:
    """Show one figure on an arc."""
    panel = gauge.Panel().title(title).description(description).datasource(DATASOURCE).unit(unit).min(0)
    panel = panel.color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS)).reduce_options(last_value())
    return panel.show_threshold_markers(True)


def bars(title: str, description: str, unit: str) -> bargauge.Panel:
    """Show a horizontal bar for each series, in a gradient of several colours."""
    panel = bargauge.Panel().title(title).description(description).datasource(DATASOURCE).unit(unit).min(0)
    panel = panel.color_scheme(FieldColor().mode(FieldColorModeId.CONTINUOUS_BL_YL_RD)).reduce_options(last_value())
    panel = panel.display_mode(BarGaugeDisplayMode.GRADIENT).orientation(VizOrientation.HORIZONTAL)
    return panel.show_unfilled(True).min_viz_height(12)


def donut(title: str, description: str, unit: str) -> piechart.Panel:
    """Show shares of a whole, values and percentages in the legend."""
    legend = piechart.PieChartLegendOptions().display_mode(LegendDisplayMode.TABLE).placement(LegendPlacement.RIGHT)
    legend = legend.show_legend(True).values([PieChartLegendValues.PERCENT, PieChartLegendValues.VALUE])
    panel = piechart.Panel().title(title).description(description).datasource(DATASOURCE).unit(unit)
    panel = panel.color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC)).pie_type(PieChartType.DONUT)
    tooltip = common.VizTooltipOptions().mode(TooltipDisplayMode.SINGLE)
    return panel.legend(legend).tooltip(tooltip).reduce_options(last_value())


def rows(title: str, description: str) -> table.Panel:
    """Show a table under a heading."""
    return table.Panel().title(title).description(description).datasource(DATASOURCE).show_header(True)


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
