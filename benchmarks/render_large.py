"""What rendering takes for the largest example: 50 applications, each with 10 endpoints of objectives of their own.

Target: at most 1 s from text to every file of a local run, as much for every manifest of a cluster, and at most a tenth
of what ruamel.yaml takes only to write the same rules.
"""

from __future__ import annotations

import io
import time
from pathlib import Path

from rounds import measure, write_result
from ruamel.yaml import YAML

from kubeglass.model.load import parse_pipeline
from kubeglass.model.local import LocalPorts, LocalSettings
from kubeglass.render.plan import render_kubernetes, render_local
from kubeglass.render.prometheus import rule_files

APPS, ENDPOINTS = 50, 10
ROUNDS = 7


def write_definition() -> str:
    """Write 50 applications and an objective of both kinds for each of 500 endpoints."""
    lines = ["apps:"]
    lines += [f"  - {{name: app-{app}, module: 'app{app}:app'}}" for app in range(APPS)]
    lines.append("objectives:")
    lines += [
        f"  - {{app: app-{app}, endpoint: '/items{endpoint}/<int:id>', availability: 99.9%, "
        "latency: {threshold: 250ms, target: 99%}}"
        for app in range(APPS)
        for endpoint in range(ENDPOINTS)
    ]
    return "\n".join(lines) + "\n"


TEXT = write_definition()
PIPELINE = parse_pipeline(TEXT)
SETTINGS = LocalSettings(Path("/x"), LocalPorts(apps={app.name: 8000 for app in PIPELINE.apps}))
RULES = [YAML(typ="safe", pure=True).load(text) for text in rule_files(PIPELINE).values()]


def load() -> float:
    """Processor seconds to read, validate and cross-check the definition."""
    started = time.process_time()
    parse_pipeline(TEXT)
    return time.process_time() - started


def render() -> float:
    """Seconds to render every file of a local run."""
    started = time.process_time()
    render_local(PIPELINE, SETTINGS)
    return time.process_time() - started


def render_for_a_cluster() -> float:
    """Seconds to render every manifest, the configurations within them included."""
    started = time.process_time()
    render_kubernetes(PIPELINE)
    return time.process_time() - started


def write_by_ruamel() -> float:
    """Seconds the well-known library takes only to write the rules, given as data."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    started = time.process_time()
    for document in RULES:
        yaml.dump(document, io.StringIO())
    return time.process_time() - started


def main() -> None:
    """Measure, print and keep the result."""
    library = "ruamel.yaml, writing the same rules only"
    measured = {
        "load": load,
        "render": render,
        "render for a cluster": render_for_a_cluster,
        library: write_by_ruamel,
    }
    figures = measure(measured, rounds=ROUNDS, unit="s")
    rules = sum(len(group["rules"]) for document in RULES for group in document["groups"])
    write_result(
        "render_large",
        claim="renders everything for 50 apps and 500 endpoints within 1 s, in at most a tenth of ruamel.yaml's time",
        method=(
            f"medians of {ROUNDS} interleaved rounds; {APPS} apps, two objectives for each of {APPS * ENDPOINTS}"
            f" endpoints, {rules} rules; processor time, since the machine is shared"
        ),
        figures=figures,
        derived={
            "load and render, s": figures["load"].median + figures["render"].median,
            "load and render for a cluster, s": figures["load"].median + figures["render for a cluster"].median,
            "render against ruamel.yaml": figures["render"].median / figures[library].median,
        },
    )


if __name__ == "__main__":
    main()
