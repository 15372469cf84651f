"""Loading: every mistake at once, each with its place; files that cannot be read are told, not traced."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubeglass.errors import ConfigError
from kubeglass.model.load import load_pipeline, parse_pipeline
from kubeglass.model.pipeline import Pipeline, Scrape

THREE_MISTAKES = """\
apps:
  - name: Shop
    prot: 8000
scrape:
  interval: 10
"""


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "kubeglass.yaml"
    path.write_text(THREE_MISTAKES)

    with pytest.raises(ConfigError) as caught:
        load_pipeline(path)

    assert caught.value.message == f"{path}: has 3 mistakes"
    assert [line.removeprefix(f"{path}:").split(" ")[:2] for line in caught.value.details] == [
        ["2:11:", "apps[0].name"],
        ["3:5:", "apps[0].prot"],
        ["5:13:", "scrape.interval"],
    ]


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"does not exist; write one with `kubeglass init`"):
        load_pipeline(tmp_path / "kubeglass.yaml")


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read \(Is a directory\)"):
        load_pipeline(tmp_path)


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    path = tmp_path / "kubeglass.yaml"
    path.write_bytes(b"apps: \xff\xfe")

    with pytest.raises(ConfigError, match=r"is not UTF-8 text \(byte 6\)"):
        load_pipeline(path)


def test_code_may_pass_seconds_where_a_file_needs_a_unit() -> None:
    assert Scrape(interval=1.0).interval == 1.0
    with pytest.raises(ConfigError, match="must be a duration"):
        parse_pipeline("scrape: {interval: 1.5}")


def test_a_pipeline_cannot_be_changed_once_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        parse_pipeline("").scrape.interval = 2.0


def test_what_is_written_as_json_is_read_as_the_same_pipeline() -> None:
    pipeline = parse_pipeline(
        "apps: [{name: shop, module: 'a:b'}]\nscrape: {interval: 1m30s}\nalerts: {error_ratio: 2.5%}"
    )

    assert parse_pipeline(pipeline.model_dump_json(exclude_defaults=True)) == pipeline


@settings(deadline=None)
@given(st.text(max_size=200))
def test_whatever_is_written_is_answered_in_words(text: str) -> None:
    try:
        answer: Pipeline | ConfigError = parse_pipeline(text)
    except ConfigError as error:
        answer = error

    assert isinstance(answer, Pipeline) or answer.message.startswith("kubeglass.yaml")
