"""Recordings and alerts for objectives: how fast each one's error budget is being spent."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kubeglass.model.duration import HOUR, MINUTE, format_duration
from kubeglass.model.pipeline import Objective, Pipeline
from kubeglass.model.quantity import format_percent
from kubeglass.rules import burn, red
from kubeglass.rules.rule import AlertingRule, RecordingRule, RuleGroup, Severity

#: Averages over windows up to this are recorded often, longer ones rarely: they change slowly and cost more.
LONGEST_FAST_WINDOW = 6 * HOUR
FAST, SLOW = 30.0, 5 * MINUTE

#: A group is a file, which must fit into a ConfigMap: Kubernetes allows 1 MiB, plain `kubectl apply` a fifth of it.
#: One objective of both kinds takes about 6 KB.
MOST_IN_A_GROUP = 20


def groups(pipeline: Pipeline) -> list[RuleGroup]:
    """Record the error ratio over every window, then alert on it; nothing without objectives."""
    if not pipeline.objectives:
        return []
    levels = sorted({_level(objective) for objective in pipeline.objectives if objective.availability is not None})
    longer = [window for window in burn.windows(pipeline) if window > pipeline.alert_window]
    recorded = {window: [_record(level, window, pipeline) for level in levels] for window in longer}
    fast = [rule for window, rules in recorded.items() if window <= LONGEST_FAST_WINDOW for rule in rules]
    slow = [rule for window, rules in recorded.items() if window > LONGEST_FAST_WINDOW for rule in rules]
    groups = [RuleGroup("budgets", FAST, tuple(fast)), RuleGroup("budgets-slow", SLOW, tuple(slow))]
    if pipeline.alerts.enabled:
        groups += _alert_groups(pipeline)
    return [group for group in groups if group.rules]


def _alert_groups(pipeline: Pipeline) -> Iterator[RuleGroup]:
    """Make a group for each app, and further ones for an app with many objectives."""
    of_apps: dict[str, list[Objective]] = {}
    for objective in pipeline.objectives:
        of_apps.setdefault(objective.app, []).append(objective)
    for app, objectives in of_apps.items():
        for start in range(0, len(objectives), MOST_IN_A_GROUP):
            part = objectives[start : start + MOST_IN_A_GROUP]
            alerts = tuple(alert for objective in part for alert in _alerts(objective, pipeline))
            # No app's name contains a dot, so no two groups have the same name.
            name = f"objectives.{app}.{start // MOST_IN_A_GROUP + 1}" if start else f"objectives.{app}"
            yield RuleGroup(name, FAST, alerts)


def _level(objective: Objective) -> str:
    return "job" if objective.endpoint is None else "job_endpoint"


def _error_ratio(level: str, window: float, pipeline: Pipeline) -> str:
    if window == pipeline.alert_window:
        return red.error_ratio(level, pipeline)
    return f"{level}:http_requests_errors:ratio_avg{format_duration(window)}"


def _record(level: str, window: float, pipeline: Pipeline) -> RecordingRule:
    """Average errors and requests separately, so that busy hours weigh more than quiet ones."""
    span = format_duration(window)
    failed, total = red.errors(level, pipeline), red.requests(level, pipeline)
    expr = f"avg_over_time({failed}[{span}])\n/\navg_over_time({total}[{span}])"
    return RecordingRule(_error_ratio(level, window, pipeline), expr)


def _alerts(objective: Objective, pipeline: Pipeline) -> list[AlertingRule]:
    alerts = []
    if objective.availability is not None:
        ratio = _availability(objective, pipeline)
        alerts += _both(
            "AvailabilityBudgetBurn", "end with a server error", objective.availability, ratio, objective, pipeline
        )
    if objective.latency is not None:
        late = f"take longer than {format_duration(objective.latency.threshold)}"
        ratio = _lateness(objective, pipeline)
        alerts += _both("LatencyBudgetBurn", late, objective.latency.target, ratio, objective, pipeline)
    return alerts


def _availability(objective: Objective, pipeline: Pipeline) -> Callable[[float], str]:
    return lambda window: _error_ratio(_level(objective), window, pipeline) + _selector(objective)


def _lateness(objective: Objective, pipeline: Pipeline) -> Callable[[float], str]:
    """Share of requests beyond the threshold, from the recorded histogram."""
    assert objective.latency is not None
    # OTLP writes the bound 1 as "1", a scrape by Prometheus itself as "1.0".
    bound = f"{objective.latency.threshold:g}"
    within = _selector(objective, f'le=~"{bound.replace(".", chr(92) * 2 + ".")}(\\\\.0)?"')
    every = _selector(objective, 'le="+Inf"')
    histogram = red.buckets(_level(objective), pipeline)

    def ratio(window: float) -> str:
        span = format_duration(window)
        late = f"1 - avg_over_time({histogram}{within}[{span}])"
        return f"{late}\n    / ignoring (le) avg_over_time({histogram}{every}[{span}])"

    return ratio


def _selector(objective: Objective, *more: str) -> str:
    matchers = [f'job="{objective.app}"']
    if objective.endpoint is not None:
        matchers.append(f"endpoint={promql_text(objective.endpoint)}")
    return "{" + ", ".join((*matchers, *more)) + "}"


def _both(
    alert: str, bad: str, target: float, ratio: Callable[[float], str], objective: Objective, pipeline: Pipeline
) -> list[AlertingRule]:
    """Return the page and the ticket of one objective."""
    endpoint = template_text(objective.endpoint or "")
    period = format_duration(objective.window)
    labels = {"job": objective.app} | ({"endpoint": endpoint} if endpoint else {})
    return [
        AlertingRule(
            alert=alert,
            expr=burn.condition(severity, target, objective.window, ratio, pipeline),
            severity=severity,
            summary=f"{' '.join(labels.values())} is burning its error budget {_PACE[severity]}",
            description=(
                f"{{{{ $value | humanizePercentage }}}} of its requests {bad}; "
                f"the objective is {format_percent(target)} over {period}."
            ),
            labels=labels,
        )
        for severity in (Severity.PAGE, Severity.TICKET)
    ]


_PACE = {
    Severity.PAGE: "fast enough to use it up within days",
    Severity.TICKET: "faster than the period allows",
}


def promql_text(text: str) -> str:
    """Quote a PromQL string literal: https://prometheus.io/docs/prometheus/latest/querying/basics/#string-literals."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def template_text(text: str) -> str:
    """Escape ``{{``, since Prometheus expands labels and annotations as Go templates.

    https://pkg.go.dev/text/template#hdr-Text_and_spaces
    """
    return text.replace("{{", '{{"{{"}}')
