"""What the library imports: prometheus-client and the standard library, and Flask in one module alone."""

from __future__ import annotations

import json
import subprocess
import sys

CORE = """
import importlib, json, pkgutil, sys
import kubeglass.instrument
for module in pkgutil.walk_packages(kubeglass.instrument.__path__, "kubeglass.instrument."):
    importlib.import_module(module.name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
FLASK = """
import json, sys
import flask
before = set(sys.modules)
import kubeglass.flask
print(json.dumps(sorted({name.partition(".")[0] for name in set(sys.modules) - before})))
"""


def imported(code: str) -> set[str]:
    """Run a program in a fresh Python and return the packages beyond the standard library that it says it imported."""
    done = subprocess.run([sys.executable, "-I", "-c", PATH + code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {name for name in json.loads(done.stdout) if name not in sys.stdlib_module_names and name[0] != "_"}


#: What this Python finds, and nothing that it was started with.
PATH = f"import sys; sys.path[:] = {sys.path!r}\n"


def test_the_core_imports_prometheus_client_and_nothing_else() -> None:
    assert imported(CORE) == {"kubeglass", "prometheus_client"}


def test_beside_flask_the_library_imports_prometheus_client_and_nothing_else() -> None:
    assert imported(FLASK) == {"kubeglass", "prometheus_client"}
