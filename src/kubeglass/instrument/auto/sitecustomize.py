"""Imported by Python at startup if this folder is in ``PYTHONPATH``: begin, then run the next ``sitecustomize``.

``opentelemetry-instrument`` puts its own ``sitecustomize`` first, which runs no other, but it calls the entry points of
``opentelemetry_pre_instrument``. The folder ``kubeglass_auto.dist-info`` beside this file has one, and is found in
``PYTHONPATH`` as installed packages are.
"""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path

import kubeglass_auto  # type: ignore[import-not-found]  # beside this file

HERE = Path(__file__).resolve().parent


def run_next() -> None:
    """Run the ``sitecustomize`` that would run without this one, such as a distribution's or a coverage tool's."""
    others = [entry for entry in sys.path if Path(entry or ".").resolve() != HERE]
    spec = PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        module = sys.modules["sitecustomize"] = module_from_spec(spec)
        spec.loader.exec_module(module)


kubeglass_auto.begin()
run_next()
