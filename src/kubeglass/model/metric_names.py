"""Names of the library's metrics in queries, with the prefix that an app may give them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kubeglass.model.sections.app import App


@dataclass(frozen=True, slots=True)
class MetricNames:
    """The prefixes of the library's metrics.

    Args:
        jobs: each prefix with the apps that use it, in the order of the file.
    """

    jobs: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def rate(self, metric: str, matchers: str, window: str) -> str:
        """Return the per-second increase of a counter over ``window``."""
        return self.union(metric, matchers, lambda selector: f"rate({selector}[{window}])")

    def union(self, metric: str, matchers: str, query: Callable[[str], str] = str) -> str:
        """Return ``query`` for each name of the metric, joined by ``or``; each job is read under one name only.

        Args:
            metric: the series' name in the catalogue, with ``_bucket``, ``_sum`` or ``_count`` for a histogram.
            matchers: label matchers, or empty.
            query: turns a selector into a query.
        """
        if not self.jobs:
            return query(_select(metric, matchers))
        prefixed = [job for _, jobs in self.jobs for job in jobs]
        parts = [query(_select(metric, matchers, f'job!~"{"|".join(prefixed)}"'))]
        parts += [query(_select(prefix + metric, matchers, f'job=~"{"|".join(jobs)}"')) for prefix, jobs in self.jobs]
        return f"({' or '.join(parts)})"

    def selector(self, metric: str, matchers: str, label: str) -> str:
        """Return one selector for all names of the metric, where no ``or`` is allowed.

        Args:
            metric: the series' name in the catalogue.
            matchers: label matchers.
            label: a label that the library's metric has, and an app's own metric of the same name may not have.
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
