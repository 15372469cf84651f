"""The JSON Schema of kubeglass.yaml, so that editors complete it; ``docs/schema/kubeglass.schema.json`` is its text.

``make docs`` writes it to docs/schema/kubeglass.schema.json after a change to the model.
"""

from __future__ import annotations

import json
from typing import Any

from kubeglass.model.pipeline import Pipeline
from kubeglass.model.quantity import format_duration

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def build_schema() -> dict[str, Any]:
    """Build the schema of a whole file."""
    schema = Pipeline.model_json_schema(mode="validation")
    _tidy(schema)
    for key in schema["properties"].values():
        if "$ref" in key:
            # A section whose every key is commented out is empty, and means its defaults.
            key["anyOf"] = [{"$ref": key.pop("$ref")}, {"type": "null"}]
    return {"$schema": DIALECT, **schema, "title": "kubeglass.yaml"}


def write_schema() -> str:
    """Write the schema as text, the same bytes for the same model."""
    return json.dumps(build_schema(), indent=2, ensure_ascii=False) + "\n"


def _tidy(node: Any) -> None:
    """Drop what pydantic adds for programs: titles that repeat the key, and bounds in seconds on text such as 15s."""
    if isinstance(node, dict):
        if isinstance(node.get("title"), str):
            del node["title"]
        if node.get("type") == "string":
            for bound in ("minimum", "maximum", "ge", "le"):
                node.pop(bound, None)
            if isinstance(node.get("default"), float):
                node["default"] = format_duration(node["default"])
        for child in node.values():
            _tidy(child)
    elif isinstance(node, list):
        for child in node:
            _tidy(child)
