"""What the library's metrics are called in queries: an app may give them a prefix, dashboards and rules follow it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kubeglass.model.sections.app import App


@dataclass(frozen=True, slots=True)
class MetricNames:
    """The names of the library's metrics, app by app.

    Args:
        jobs: prefix to the apps that use it, in the order of the file; apps without a prefix are not in it.
    """

    jobs: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def rate(self, metric: str, matchers: str, window: str) -> str:
        """Write the per-second increase of a counter over ``window``."""
        return self.union(metric, matchers, lambda selector: f"rate({selector}[{window}])")

    def union(self, metric: str, matchers: str, query: Callable[[str], str] = str) -> str:
        """Write ``query`` for each name the metric has, joined by ``or``; each job is read under one name only.

        Args:
            metric: the series' name in the catalogue, with ``_bucket``, ``_sum`` or ``_count`` for a histogram.
            matchers: what goes between the braces, or empty.
            query: makes a query of a selector.
        """
        if not self.jobs:
            return query(_select(metric, matchers))
        prefixed = [job for _, jobs in self.jobs for job in jobs]
        parts = [query(_select(metric, matchers, f'job!~"{"|".join(prefixed)}"'))]
        parts += [query(_select(prefix + metric, matchers, f'job=~"{"|".join(jobs)}"')) for prefix, jobs in self.jobs]
        return f"({' or '.join(parts)})"

    def selector(self, metric: str, matchers: str, label: str) -> str:
        """Write one selector for every name the metric has, where no ``or`` is allowed.

        Args:
            metric: the series' name in the catalogue.
            matchers: what goes between the braces.
            label: a label that the library's metric has; an app's own metric of the same name may not.
        """
        if not self.jobs:
            return _select(metric, matchers)
        names = "|".join((metric, *(prefix + metric for prefix, _ in self.jobs)))
        return _select("", f'__name__=~"{names}"', matchers, f'{label}!=""')


def metric_names(apps: Iterable[App]) -> MetricNames:
    """Collect the prefixes of ``apps``."""
    jobs: dict[str, tuple[str, ...]] = {}
    for app in apps:
        if app.metrics_prefix:
            jobs[app.metrics_prefix] = (*jobs.get(app.metrics_prefix, ()), app.name)
    return MetricNames(tuple(jobs.items()))


def _select(name: str, *matchers: str) -> str:
    inside = ", ".join(filter(None, matchers))
    return f"{name}{{{inside}}}" if inside else name
