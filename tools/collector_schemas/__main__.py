"""``python -m tools.collector_schemas 0.155.0 0.160.0 0.165.0``: write one file a version."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from tools.collector_schemas.components import MODULES
from tools.collector_schemas.keys import Resolver
from tools.collector_schemas.modules import CORE, Modules, download

#: Our own build's version, of which every component can be had.
PINNED = "v0.155.0"
OUT = Path("src/kubeglass/schemas/versions")
TELEMETRY = f"{CORE}/service/telemetry/otelconftelemetry"


def generate(version: str) -> dict[str, Any]:
    """Build everything known of one collector version."""
    modules = Modules(version)
    folders = {module: modules.add(module) for module in MODULES}
    modules.add(f"{CORE}/service")
    resolver = Resolver(modules)
    components: dict[str, dict[str, Any]] = {
        kind: {} for kind in ("extensions", "receivers", "processors", "exporters", "connectors")
    }
    for module, folder in folders.items():
        known = folder or download(module, PINNED)
        if known is None:
            raise SystemExit(f"{module} is unavailable in every version")
        metadata = yaml.safe_load((known / "metadata.yaml").read_text())
        # Of a component that cannot be had in this version only the name is known.
        entry: dict[str, Any] = {"config": resolver.resolve(module, "config") if folder else True}
        if "deprecated_type" in metadata:
            entry["deprecated_name"] = metadata["deprecated_type"]
        components[f"{metadata['status']['class']}s"][metadata["type"]] = entry
    telemetry = resolver.resolve(TELEMETRY, "config")
    for kind, entries in components.items():
        components[kind] = dict(sorted(entries.items()))
    sys.stderr.write(f"{version}: may hold anything: {sorted(set(resolver.open))}\n")
    sys.stderr.write(f"{version}: unavailable: {sorted(modules.missing)}\n")
    return {"version": version, "components": components, "telemetry": telemetry}


def main(versions: list[str]) -> None:
    """Write ``<version>.json`` for each version."""
    OUT.mkdir(parents=True, exist_ok=True)
    for version in versions:
        text = json.dumps(generate(version), indent=1, sort_keys=True)
        (OUT / f"{version}.json").write_text(text + "\n")


main(sys.argv[1:])
