"""What is written reads back as the same data, by YAML 1.2 and by YAML 1.1 readers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from kubeglass.render.yaml import HEADER, dump_yaml, dump_yaml_documents

TEXT = st.text(st.characters(codec="utf-8"), max_size=40) | st.sampled_from(
    [
        "",
        "yes",
        "No",
        "null",
        "~",
        "1e3",
        "0x1F",
        "12:30:45",
        "2026-01-01",
        "1_000",
        "0o7",
        "<<",
        "=",
        "- a",
        "a: b",
        "a #b",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.floats(-1e6, 1e6) | TEXT
DATA = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=20
)


def read(text: str, version: tuple[int, int] = (1, 2)) -> Any:
    yaml = YAML(typ="safe", pure=True)
    yaml.version = version
    return yaml.load(text)


@given(st.dictionaries(TEXT, DATA, min_size=1, max_size=4))
@example({"expr": "a\n  b\nc"})
@example({"expr": "a\n\nb"})
@example({"expr": "a \nb"})
@example({"expr": "#a\nb"})
@example({"list": [[1, [2]], [], {}, {"a": []}]})
@example({"text": "\u0085\u2028\ufeff\x7f\U0001f600"})
def test_what_is_written_reads_back(document: dict[str, Any]) -> None:
    text = dump_yaml(document)

    assert read(text) == document
    assert read(text, (1, 1)) == document


def test_queries_of_several_lines_are_written_as_blocks() -> None:
    text = dump_yaml({"rules": [{"expr": "sum by (job) (\n  rate(a[5m])\n)", "for": "5m"}]}, header="")

    assert text == "rules:\n  - expr: |-\n      sum by (job) (\n        rate(a[5m])\n      )\n    for: 5m\n"


def test_ordinary_words_stay_unquoted_and_doubtful_ones_do_not() -> None:
    text = dump_yaml({"url": "http://a.b:80/c", "on": "yes", "mode": "0644", "size": "10GB"}, header="")

    assert text == "url: http://a.b:80/c\n'on': 'yes'\nmode: '0644'\nsize: 10GB\n"


def test_several_documents_are_separated() -> None:
    assert dump_yaml_documents([{"a": 1}, {"b": None}]) == f"{HEADER}a: 1\n---\nb: null\n"


def test_what_is_not_plain_data_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot write set as YAML"):
        dump_yaml({"a": {1, 2}})
