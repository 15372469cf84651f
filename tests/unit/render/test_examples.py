"""The rendered files beside each example are what the renderers make of it now."""

from __future__ import annotations

import pytest

from kubeglass.render.drift import compare
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


def test_no_secret_reaches_a_rendered_file() -> None:
    texts = [file.content for file in render_example("otlp-backend")]

    assert sum("${env:MIMIR_PASSWORD}" in text for text in texts) == 2
