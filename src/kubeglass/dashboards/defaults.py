"""Defaults of all panels and variables: data source, legends, decimals, descriptions."""

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

from kubeglass.model.duration import format_duration
from kubeglass.model.parts import DATASOURCE_TYPE, DATASOURCE_UID
from kubeglass.model.sections.dashboards import DashboardName

DATASOURCE = DataSourceRef(type_val=DATASOURCE_TYPE, uid=DATASOURCE_UID)
REFRESH_CHOICES = ["1s", "2s", "5s", "10s", "30s", "1m", "5m", "15m"]


def page(title: str, name: DashboardName, topic: str, description: str, *, refresh: float) -> DashboardBuilder:
    """Start a dashboard that shows the last 15 minutes.

    Args:
        title: its name in lists.
        name: its name in URLs and files.
        topic: a tag, in addition to ``kubeglass``.
        description: what it shows, as a sentence.
        refresh: refresh interval of an open page in seconds.
    """
    builder = DashboardBuilder(title).uid(name.value).tags(["kubeglass", topic]).editable().description(description)
    builder = builder.time("now-15m", "now").timezone("browser").refresh(format_duration(refresh))
    builder = builder.timepicker(TimePicker().refresh_intervals(REFRESH_CHOICES))
    return builder.tooltip(DashboardCursorSync.CROSSHAIR)


def range_query(expr: str, legend: str = "__auto", ref_id: str = "A") -> prometheus.Dataquery:
    """Query ``expr`` over the dashboard's time range."""
    query = prometheus.Dataquery().expr(expr).range().legend_format(legend).ref_id(ref_id)
    return query.datasource(DATASOURCE)


def instant_query(expr: str, legend: str = "__auto", ref_id: str = "A") -> prometheus.Dataquery:
    """Query ``expr`` at the end of the dashboard's time range."""
    query = prometheus.Dataquery().expr(expr).instant().legend_format(legend).ref_id(ref_id)
    return query.datasource(DATASOURCE)


def table_query(expr: str, ref_id: str) -> prometheus.Dataquery:
    """Query ``expr`` at the end of the time range, with labels as columns."""
    return instant_query(expr, ref_id=ref_id).format(PromQueryFormat.TABLE)


def thresholds(*steps: tuple[float | None, str]) -> ThresholdsConfig:
    """Set the colour from each value on; the first step, the base, has the value None."""
    config = ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE)
    return config.steps([Threshold(value=value, color=color) for value, color in steps])


def last_value() -> common.ReduceDataOptions:
    """Show the last value of each series."""
    return common.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False)


def lines(title: str, description: str, unit: str) -> timeseries.Panel:
    """Draw lines from zero, with mean, maximum and last value in the legend, largest first."""
    legend = common.VizLegendOptions().display_mode(LegendDisplayMode.TABLE).placement(LegendPlacement.BOTTOM)
    legend = legend.show_legend(True).calcs(["mean", "max", "lastNotNull"]).sort_by("Mean").sort_desc(True)
    tooltip = common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING)
    panel = timeseries.Panel().title(title).description(description).datasource(DATASOURCE).unit(unit).min(0)
    panel = panel.color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC))
    panel = panel.line_width(1.5).fill_opacity(8).gradient_mode(GraphGradientMode.OPACITY)
    return panel.show_points(VisibilityMode.NEVER).legend(legend).tooltip(tooltip)


def figure(title: str, description: str, unit: str) -> stat.Panel:
    """Show one number, coloured by thresholds, above a sparkline."""
    panel = stat.Panel().title(title).description(description).datasource(DATASOURCE).unit(unit).min(0)
    panel = panel.color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS)).reduce_options(last_value())
    return panel.graph_mode(BigValueGraphMode.AREA).color_mode(BigValueColorMode.VALUE)


def dial(title: str, description: str, unit: str) -> gauge.Panel:
    """Show one number on a gauge."""
    panel = gauge.Panel().title(title).description(description).datasource(DATASOURCE).unit(unit).min(0)
    panel = panel.color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS)).reduce_options(last_value())
    return panel.show_threshold_markers(True)


def bars(title: str, description: str, unit: str) -> bargauge.Panel:
    """Show a horizontal bar per series, with a colour gradient."""
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
    """Show a table."""
    return table.Panel().title(title).description(description).datasource(DATASOURCE).show_header(True)


def label_values(name: str, label: str, query: str) -> QueryVariable:
    """Make a variable of a label's values, multi-select and with "All".

    Args:
        name: the variable's name, ``$name`` in queries; "All" is ``.*`` there.
        label: its title on the dashboard.
        query: Grafana's ``label_values(selector, label)``.
    """
    everything = VariableOption(selected=True, text="All", value="$__all")
    variable = QueryVariable(name).label(label).datasource(DATASOURCE).query({"query": query, "refId": name})
    variable = variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).sort(VariableSort.ALPHABETICAL_ASC)
    return variable.multi(True).include_all(True).all_value(".*").current(everything)
