"""Loading: every mistake at once, each with its place; files that cannot be read are told, not traced."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
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


def test_contradictions_of_sections_that_are_right_are_told_together_with_the_others() -> None:
    text = """\
apps:
  - {name: shop, module: "shop:app"}
scrape: {interval: 10, timeout: 1m}
objectives:
  - {app: shap, availability: 99%}
storage: {retention: {time: 3h}, out_of_order: 6h}
"""

    with pytest.raises(ConfigError) as caught:
        parse_pipeline(text)

    # Nothing is said about the timeout, whose interval is not known, nor about the window that follows from it.
    assert [line.split(" ")[1] for line in caught.value.details] == [
        "scrape.interval",
        "objectives[0].app",
        "storage.retention.time",
        "storage.out_of_order",
    ]


def test_nothing_is_said_about_what_refers_to_a_section_that_is_wrong() -> None:
    with pytest.raises(ConfigError, match=r"apps\[0\]\.name must be lower-case"):
        parse_pipeline("apps: [{name: My_Shop, module: 'a:b'}]\nobjectives: [{app: my-shop, availability: 99%}]")


def test_json_is_yaml_with_its_halves_of_characters_too() -> None:
    pipeline = parse_pipeline('{"apps": [{"name": "a", "module": "a:b", "env": {"FACE": "\\ud83d\\ude00"}}]}')

    assert pipeline.apps[0].env["FACE"] == "\U0001f600"


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


#: Pieces that mean something to YAML or to a definition; in any order they are answered as well as any text.
PIECES = (
    "apps:|scrape:|storage:|env:|  |    |\n|\n  - |- |: |, |[|]|{|}|&a |*a|<<: |<<: *a|!!omap |!!python/name:os |!foo |"
    "!|!!set |!!binary aGk=|!!int x|!!bool x|%YAML 9|---|...|? |# |'|\"|\\ud800|\\0|true|null|~|9e999|.nan|1|"
    "2026-01-01|name: a|interval: |5s|port: |\t|\x00|\x07|\ufeff|é|\U0001f600|=|@|`| |>"
)


@settings(max_examples=400)
@given(st.text(max_size=200) | st.lists(st.sampled_from(PIECES.split("|")), max_size=25).map("".join))
@example("apps: " + "[" * 500 + "]" * 500)
@example("a: &a\n  <<: *a\n")
@example("apps: &a [*a]")
@example("apps: !!omap [a: 1]")
@example("a: &a [1]\nb: &a [2]\nc: *a")
def test_whatever_is_written_is_answered_in_words(text: str) -> None:
    try:
        answer: Pipeline | ConfigError = parse_pipeline(text)
    except ConfigError as error:
        answer = error

    assert isinstance(answer, Pipeline) or answer.message.startswith("kubeglass.yaml")
