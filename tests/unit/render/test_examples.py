"""The rendered files beside each example are what the renderers make of it now."""

from __future__ import annotations

import pytest
from ruamel.yaml import YAML

from kubeglass.engines.registry import OTELCOL
from kubeglass.render.files import compare
from kubeglass.schemas.check import check_config
from tools.rendered_examples import EXAMPLES, SCENARIOS, render_example


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_rendered_files_match_the_definition(scenario: str) -> None:
    files = render_example(scenario)

    changes = compare(files, EXAMPLES / scenario / "rendered")

    assert [f"{change.kind}: {change.path}" for change in changes] == [], "run: python -m tools.rendered_examples"


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_nothing_else_lies_among_them(scenario: str) -> None:
    folder = EXAMPLES / scenario / "rendered"
    rendered = {folder / file.path for file in render_example(scenario)}

    assert {path for path in folder.rglob("*") if path.is_file()} == rendered


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_same_input_gives_the_same_bytes(scenario: str) -> None:
    assert render_example(scenario) == render_example(scenario)


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("path", ["cluster/otelcol.yaml", "local/otelcol/config.yaml"])
def test_the_collector_knows_every_key_in_them(scenario: str, path: str) -> None:
    text = (EXAMPLES / scenario / "rendered" / path).read_text()

    assert check_config(YAML(typ="safe", pure=True).load(text), OTELCOL.version) == []


def test_no_secret_reaches_a_rendered_file() -> None:
    texts = [file.content for file in render_example("otlp-backend")]

    assert sum("${env:MIMIR_PASSWORD}" in text for text in texts) == 2
