"""The ``objectives`` and ``alerts`` sections: what is promised, and when somebody is told."""

from __future__ import annotations

from pydantic import Field

from kubeglass.model.quantity import Duration, Percent
from kubeglass.model.section import Section
from kubeglass.model.text import Endpoint

DAY = 86400.0


class LatencyObjective(Section):
    """A share of requests answered within a time."""

    threshold: Duration = Field(description="Answered within this; must be a bucket bound of the duration histogram.")
    target: Percent = Field(default=99.0, description="Share of the requests that must be.")


class Objective(Section):
    """A promise about one application, alerted on by the speed its error budget is spent."""

    app: str = Field(description="Name of an app of this file.")
    endpoint: Endpoint | None = Field(
        default=None, description="Route template, such as /items/<int:id>; empty means all of the app."
    )
    availability: Percent | None = Field(default=None, description="Share of requests answered without a server error.")
    latency: LatencyObjective | None = Field(default=None, description="Share of requests answered in time.")
    window: Duration = Field(default=30 * DAY, ge=DAY, le=90 * DAY, description="Period the promise is about.")


class Alerts(Section):
    """Thresholds of the alerts that need no objective."""

    enabled: bool = Field(default=True, description="Render alerting rules.")
    window: Duration | None = Field(
        default=None,
        description="Period error ratio and latency are measured over; empty means 5m, or 4 scrape intervals.",
    )
    error_ratio: Percent = Field(default=5.0, description="Share of requests with a server error that is too much.")
    latency: Duration = Field(default=1.0, ge=0.001, description="99th percentile of the duration that is too slow.")
    hold: Duration = Field(default=300.0, ge=0.0, description="How long a condition must last before it alerts.")
    down_after: Duration = Field(default=60.0, ge=0.0, description="How long a target must be down before it alerts.")
