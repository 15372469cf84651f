"""Definitions that must be accepted, and what they mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeglass.model.load import load_pipeline
from kubeglass.model.pipeline import Pipeline

FOLDER = Path(__file__).parent / "good"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_it_is_accepted(path: Path) -> None:
    assert isinstance(load_pipeline(path), Pipeline)


@pytest.mark.parametrize("name", ["empty", "only_comments", "empty_sections"])
def test_nothing_written_means_the_defaults(name: str) -> None:
    assert load_pipeline(FOLDER / f"{name}.yaml") == Pipeline()


def test_notations_become_numbers() -> None:
    pipeline = load_pipeline(FOLDER / "notations.yaml")

    assert pipeline.scrape.interval == 90.0
    assert pipeline.scrape.longest == 0.5
    assert pipeline.storage.retention.time == 14 * 86400.0
    assert pipeline.apps[0].resources.requests.cpu == "1"
    assert pipeline.objectives[0].availability == 99.95


def test_merged_keys_count_as_written() -> None:
    first, second = load_pipeline(FOLDER / "anchors.yaml").apps

    assert (first.name, second.name) == ("a", "b")
    assert first.module == second.module
