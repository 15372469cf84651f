"""The Python runtime's metrics are left out of the page, and of nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client import CollectorRegistry

from kubeglass.errors import InstrumentationError
from kubeglass.flask import instrument
from kubeglass.instrument.storage.multiprocess_folder import FOLDER_VARIABLE


def page(registry: CollectorRegistry, **options: bool) -> str:
    app = Flask("shop")
    instrument(app, registry=registry, **options)  # type: ignore[arg-type]
    return app.test_client().get("/metrics").text


def test_they_are_shown_unless_left_out() -> None:
    assert "\npython_info{" in page(CollectorRegistry())
    text = page(CollectorRegistry(), python_metrics=False)

    assert "python_" not in text
    assert "\nprocess_resident_memory_bytes " in text
    assert "\nhttp_requests_in_progress " in text


def test_the_environment_leaves_them_out_and_code_has_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBEGLASS_METRICS_PYTHON", "0")

    assert "python_" not in page(CollectorRegistry())
    assert "\npython_info{" in page(CollectorRegistry(), python_metrics=True)
    monkeypatch.setenv("KUBEGLASS_METRICS_PYTHON", "no")
    with pytest.raises(InstrumentationError, match="KUBEGLASS_METRICS_PYTHON: must be 0 or 1"):
        page(CollectorRegistry())


#: The default registry, which prometheus_client fills, alone and with workers' folder.
CODE = """
import gc
from flask import Flask
from prometheus_client import REGISTRY, Gauge, generate_latest
from kubeglass.flask import instrument
Gauge("python_snakes", "Mine.").set(3)
app = Flask("shop")
instrument(app, python_metrics=False)
gc.collect()
app.test_client().get("/")
text = app.test_client().get("/metrics").text
print(sorted({line.split("{")[0].split(" ")[0] for line in text.splitlines() if line.startswith("python_")}))
print(b"python_info{" in generate_latest(REGISTRY), b"python_gc_collections_total{" in generate_latest(REGISTRY))
"""


@pytest.mark.parametrize("is_shared", [False, True])
def test_the_default_registry_keeps_them_for_whoever_else_reads_it(tmp_path: Path, is_shared: bool) -> None:
    env = {name: text for name, text in os.environ.items() if not name.startswith(("KUBEGLASS", "PROMETHEUS"))}
    shared = {FOLDER_VARIABLE: str(tmp_path)} if is_shared else {}
    done = subprocess.run(
        [sys.executable, "-c", CODE], env={**env, **shared}, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines() == ["['python_snakes']", "True True"]
