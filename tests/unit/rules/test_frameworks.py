"""What other libraries expose is recorded under kubeglass's names, for apps that are only scraped."""

from __future__ import annotations

import pytest

from kubeglass.model.frameworks import FRAMEWORKS, Framework
from kubeglass.model.load import parse_pipeline
from kubeglass.rules import frameworks
from kubeglass.rules.rule import RecordingRule

EXISTING = "apps: [{name: blog, existing: deployment/blogs/blog}, {name: old, target: '127.0.0.1:80'}]"


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda framework: framework.library)
def test_requests_and_every_part_of_the_duration_are_recorded_of_each_library(
    framework: Framework,
) -> None:
    (group,) = frameworks.groups(parse_pipeline(EXISTING))
    recorded = {rule.record: rule.expr for rule in group.rules if isinstance(rule, RecordingRule)}

    requests = framework.requests.replace("_total_by", "_(total_)?by")
    assert f'{{__name__=~"{requests}", job=~"blog|old"' in recorded["http_requests_total"]
    for part in ("bucket", "sum", "count"):
        assert f'"{framework.duration}_{part}"' in recorded[f"http_request_duration_seconds_{part}"]


def test_apps_that_kubeglass_runs_need_none() -> None:
    assert frameworks.groups(parse_pipeline("apps: [{name: shop, module: 'shop:app'}]")) == []


def test_an_app_that_kubeglass_instruments_is_not_counted_twice() -> None:
    (group,) = frameworks.groups(parse_pipeline(EXISTING))
    queries = [rule.expr for rule in group.rules]

    assert all(query.endswith("unless on (job, instance) kubeglass_build_info") for query in queries)
