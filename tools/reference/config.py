"""docs/reference/config.md: every key of kubeglass.yaml, from the model's own JSON Schema."""

from __future__ import annotations

import json
from typing import Any

from kubeglass.model.template import build_schema

HEAD = """# kubeglass.yaml

Generated from the model by `make docs`. `kubeglass init` writes a commented file; without a file, all defaults apply.
Durations are written `15s`, `1m30s`, `500ms`; storage sizes `10GB`; quantities as Kubernetes writes them, `250m` and
`256Mi`; percentages `99.9%`. A bare number is never a duration. An unknown key is an error, reported with its line and
column. Editors complete the file with the [JSON Schema](../schema/kubeglass.schema.json).
"""


def render_config() -> str:
    """Write one table a section, in the order of the file."""
    schema = build_schema()
    parts = [HEAD, "\n## Top level\n\n", _table(schema, schema)]
    told: list[dict[str, Any]] = []
    for name, section in _sections(schema, schema["properties"], ""):
        # Resources and secrets look the same wherever they stand, and are explained where they come first.
        if section not in told:
            told.append(section)
            parts.append(f"\n## {name}\n\n{_describe(section)}\n\n{_table(schema, section)}")
    return "".join(parts)


def _sections(schema: dict[str, Any], properties: dict[str, Any], prefix: str) -> list[tuple[str, dict[str, Any]]]:
    """Walk the keys that hold sections, depth first, each with its path in the file."""
    found = []
    for key, value in properties.items():
        section = _section(schema, value)
        if section is not None:
            path = f"{prefix}{key}[]" if value.get("type") == "array" else f"{prefix}{key}"
            found.append((path, section))
            found += _sections(schema, section["properties"], f"{path}.")
    return found


def _section(schema: dict[str, Any], value: dict[str, Any]) -> dict[str, Any] | None:
    for node in (value, value.get("items", {}), value.get("additionalProperties", {}), *value.get("anyOf", [])):
        if isinstance(node, dict) and "$ref" in node:
            target: dict[str, Any] = schema["$defs"][node["$ref"].rpartition("/")[2]]
            return target if "properties" in target else None
    return None


def _describe(section: dict[str, Any]) -> str:
    return str(section.get("description", "")).splitlines()[0].replace("``", "`")


def _table(schema: dict[str, Any], section: dict[str, Any]) -> str:
    required = section.get("required", [])
    lines = ["| key | meaning | default |", "|---|---|---|"]
    for key, value in section["properties"].items():
        default = "required" if key in required else _default(value)
        inner = _section(schema, value)
        description = value.get("description") or (_describe(inner) if inner else "")
        lines.append(f"| `{key}` | {description} | {default} |")
    return "\n".join(lines) + "\n"


def _default(value: dict[str, Any]) -> str:
    default = value.get("default")
    if default in (None, "", [], {}) or isinstance(default, dict):
        return ""
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"
