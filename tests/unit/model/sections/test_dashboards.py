"""Dashboards of the user's own: read with the definition, and refused when Grafana or the page could not take them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kubeglass.errors import ConfigError
from kubeglass.model.load import load_pipeline
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.dashboards import LARGEST_BYTES


def dashboard(uid: str = "mine", **rest: Any) -> str:
    return json.dumps({"uid": uid, "title": "Mine", "panels": [], **rest})


def load(folder: Path, **files: str) -> Pipeline:
    (folder / "boards").mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / "boards" / f"{name}.json").write_text(text)
    (folder / "kubeglass.yaml").write_text("dashboards: {folders: [boards]}\n")
    return load_pipeline(folder / "kubeglass.yaml")


def test_dashboards_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    pipeline = load(tmp_path, b=dashboard("two"), a=dashboard("one"))

    assert list(pipeline.dashboards.own) == ["one", "two"]
    assert pipeline.dashboards.own["one"] == dashboard("one") + "\n"


def test_folders_below_are_read_and_hidden_files_are_not(tmp_path: Path) -> None:
    (tmp_path / "boards/team").mkdir(parents=True)
    (tmp_path / "boards/team/x.json").write_text(dashboard("deep"))
    (tmp_path / "boards/.draft.json").write_text("{")

    assert list(load(tmp_path).dashboards.own) == ["deep"]


MISTAKES = {
    "{": "is not JSON (line 1, column 2: Expecting property name enclosed in double quotes); export it from Grafana",
    '{"a": NaN}': "is not JSON (it contains NaN, which Grafana rejects)",
    "[" * 100_000: "is nested too deeply for a dashboard",
    "[]": "is not a dashboard (it has no list 'panels'); export it as classic JSON",
    '{"dashboard": {}}': "is not a dashboard (it has no list 'panels'); export it as classic JSON",
    dashboard(title=""): "has no title; add 'title'",
    dashboard("two words"): 'has no valid uid (found "two words"); add one of at most 40 letters, digits',
    '{"title": "a", "panels": []}': "has no valid uid (found null); add one of at most 40 letters",
    dashboard("application-overview"): "has the uid of a kubeglass dashboard ('application-overview'); choose",
    dashboard(__inputs=[{"name": "DS"}]): "was exported for sharing (it has '__inputs') and names no data source",
    dashboard(x="x" * LARGEST_BYTES): "is too large for a ConfigMap (1 MiB); split the dashboard",
}


@pytest.mark.parametrize("text", MISTAKES, ids=[wrong[:30] for wrong in MISTAKES.values()])
def test_a_file_that_is_no_dashboard_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, odd=text)

    assert (
        f"kubeglass.yaml:1:24: dashboards.folders[0] contains odd.json, which {MISTAKES[text]}" in caught.value.message
    )


def test_two_files_with_one_uid_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"contains b\.json, which has the uid of another file \('mine'\)"):
        load(tmp_path, a=dashboard(), b=dashboard())


def test_a_folder_without_dashboards_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"dashboards\.folders\[0\] contains no \.json file"):
        load(tmp_path)


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    (tmp_path / "boards").mkdir()
    (tmp_path / "boards/odd.json").write_bytes(b"\xff")

    with pytest.raises(ConfigError, match=r"odd\.json, which cannot be read \(not UTF-8 text\)"):
        load(tmp_path)


def test_what_was_read_is_part_of_what_makes_two_pipelines_the_same(tmp_path: Path) -> None:
    before = load(tmp_path, a=dashboard())

    assert load(tmp_path, a=dashboard()) == before
    assert load(tmp_path, a=dashboard(title="Other")) != before
