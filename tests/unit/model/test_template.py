"""The file that `kubeglass init` writes loads, says the defaults, and its comments are no lies."""

from __future__ import annotations

import re

import pytest

from kubeglass.model.load import parse_pipeline
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.template import write_template


def uncomment(text: str) -> str:
    """Turn every commented example into a key, and leave sentences alone."""
    text = re.sub(r"^apps: \[\]$|^objectives: \[\]$", lambda match: match[0][:-3], text, flags=re.MULTILINE)
    return re.sub(r"^#(  )", r" \1"[1:], text, flags=re.MULTILINE)


def test_as_written_only_the_app_is_set() -> None:
    pipeline = parse_pipeline(write_template("shop:app", "shop"))

    assert [(app.name, app.module) for app in pipeline.apps] == [("shop", "shop:app")]
    assert pipeline.model_copy(update={"apps": ()}) == Pipeline()


def test_without_an_app_the_file_still_loads() -> None:
    assert parse_pipeline(write_template(None, "app")) == Pipeline()


@pytest.mark.parametrize("module", ["shop:app", None])
def test_every_commented_example_is_valid(module: str | None) -> None:
    text = uncomment(write_template(module, "shop"))
    if module is None:
        text = text.replace("app: shop", "app: my-app")
    text = text.replace("folders: [dashboards]", "folders: []")

    pipeline = parse_pipeline(text)

    assert pipeline.storage.remote is not None
    assert pipeline.collector.host_metrics.enabled
    assert pipeline.objectives[0].availability == 99.9
