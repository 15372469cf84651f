"""Multi-window, multi-burn-rate alerts on error budgets, as in the SRE workbook.

https://sre.google/workbook/alerting-on-slos/#6-multiwindow-multi-burn-rate-alerts, table 5-8. The workbook's factors
are for 30 days: spending 2 % of that budget within one hour is 0.02 x 720 h / 1 h = 14.4 times the even pace. For
another period the share stays and the factor follows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kubeglass.model.duration import DAY, HOUR, MINUTE
from kubeglass.model.pipeline import Pipeline
from kubeglass.rules.rule import Severity


@dataclass(frozen=True, slots=True)
class Burn:
    """One pair of windows.

    Args:
        severity: how urgent this burn rate is.
        budget: share of the whole budget that is spent within ``long``.
        long: window in seconds that shows whether a significant share has been spent.
        short: window in seconds, a twelfth of it, that shows whether it is still being spent; it ends the alert soon.
    """

    severity: Severity
    budget: float
    long: float
    short: float

    def factor(self, period: float) -> float:
        """Burn rate: how many times faster than even spending, for a budget over ``period`` seconds."""
        return self.budget * period / self.long


BURNS = (
    Burn(Severity.PAGE, 0.02, HOUR, 5 * MINUTE),
    Burn(Severity.PAGE, 0.05, 6 * HOUR, 30 * MINUTE),
    Burn(Severity.TICKET, 0.10, DAY, 2 * HOUR),
    Burn(Severity.TICKET, 0.10, 3 * DAY, 6 * HOUR),
)


def windows(pipeline: Pipeline) -> tuple[float, ...]:
    """Every window of :data:`BURNS` in seconds, ascending; none shorter than a recorded rate covers."""
    base = pipeline.alert_window
    return tuple(sorted({max(base, window) for burn in BURNS for window in (burn.long, burn.short)}))


def condition(
    severity: Severity, target: float, period: float, ratio: Callable[[float], str], pipeline: Pipeline
) -> str:
    """Build the query that is true while a budget burns too fast.

    Args:
        severity: which of :data:`BURNS` to join.
        target: percentage of good requests, such as 99.9.
        period: period of the objective in seconds.
        ratio: returns the query for the share of bad requests over a window in seconds.
        pipeline: the definition; no window is shorter than its alert window.
    """
    base = pipeline.alert_window
    parts = []
    for burn in BURNS:
        if burn.severity is severity:
            # More than 1 / budget cannot be exceeded, not even if every request is bad.
            threshold = min(burn.factor(period) * (1 - target / 100), 0.999)
            long, short = ratio(max(base, burn.long)), ratio(max(base, burn.short))
            parts.append(f"(\n  {long} > {threshold:.6g}\n  and\n  {short} > {threshold:.6g}\n)")
    return "\nor\n".join(parts)
