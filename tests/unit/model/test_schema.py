"""The JSON Schema that editors use is the model's, and knows its notations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kubeglass.model.template import build_schema, write_schema

COMMITTED = Path(__file__).parents[3] / "docs" / "schema" / "kubeglass.schema.json"


def test_the_committed_schema_is_the_models() -> None:
    assert COMMITTED.read_text() == write_schema(), "run: make docs"


def test_every_key_is_explained() -> None:
    schema = build_schema()
    silent = [
        f"{name}.{key}"
        for name, section in {"Pipeline": schema, **schema["$defs"]}.items()
        for key, value in section.get("properties", {}).items()
        if "description" not in value and "$ref" not in value
    ]

    assert silent == []


def test_a_duration_is_text_with_a_unit() -> None:
    interval: dict[str, Any] = build_schema()["$defs"]["Scrape"]["properties"]["interval"]

    assert interval["type"] == "string"
    assert interval["default"] == "5s"


def test_bounds_are_written_as_json_schema_names_them() -> None:
    page: dict[str, Any] = build_schema()["$defs"]["ChosenPorts"]["properties"]["page"]

    assert page["anyOf"][0] == {"maximum": 65535, "minimum": 1, "type": "integer"}
    assert '"ge"' not in write_schema()


def test_an_empty_section_is_allowed() -> None:
    assert {"type": "null"} in build_schema()["properties"]["scrape"]["anyOf"]


def test_keys_that_do_not_exist_are_not_allowed() -> None:
    assert all(
        section.get("additionalProperties") is False
        for section in build_schema()["$defs"].values()
        if section["type"] == "object"
    )
