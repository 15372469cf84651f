"""The Dockerfile for those who have Docker makes what ``kubeglass images build`` makes; here it is read, not run."""

from __future__ import annotations

import re
import shlex

from kubeglass.render.kubernetes.app import METRICS_DIR, SOURCE_DIR
from kubeglass.render.kubernetes.pods import IMAGE_USER
from tests.house.house import ROOT

FILE = ROOT / "examples" / "docker" / "Dockerfile"
KNOWN = {"ARG", "CMD", "COPY", "ENV", "EXPOSE", "FROM", "RUN", "USER", "WORKDIR"}


def instructions() -> list[tuple[str, str]]:
    """Each instruction with its words, lines joined as Docker joins them."""
    lines = [line for line in FILE.read_text().splitlines() if line and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines()
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in joined)]


def words_of(name: str) -> list[str]:
    return [rest for found, rest in instructions() if found == name]


def environment() -> dict[str, str]:
    pairs = (pair.partition("=") for rest in words_of("ENV") for pair in shlex.split(rest))
    return {name: value for name, _, value in pairs}


def test_it_is_made_of_instructions_docker_knows() -> None:
    assert {name for name, _ in instructions()} <= KNOWN
    assert instructions()[0][0] == "FROM"


def test_every_base_is_named_with_registry_and_version() -> None:
    bases = [rest.split()[0] for rest in words_of("FROM")]

    assert len(set(bases)) == 1
    assert re.fullmatch(r"docker\.io/library/python:3\.\d+-slim", bases[0])


def test_it_runs_as_the_user_the_pods_name_and_where_they_look() -> None:
    assert words_of("USER") == [f"{IMAGE_USER}:{IMAGE_USER}"]
    assert words_of("WORKDIR")[-1] == SOURCE_DIR
    assert environment()["PROMETHEUS_MULTIPROC_DIR"] == METRICS_DIR
    assert f"mkdir -m 1777 {METRICS_DIR}" in words_of("RUN")


def test_the_app_is_instrumented_by_files_that_are_there() -> None:
    version = re.search(r"python:(3\.\d+)", words_of("FROM")[0])
    assert version

    installed, _, inside = environment()["PYTHONPATH"].partition("/site-packages/kubeglass/")
    assert installed == f"/venv/lib/python{version[1]}"
    assert (ROOT / "src" / "kubeglass" / inside / "sitecustomize.py").is_file()
    assert environment()["KUBEGLASS_INSTRUMENT"] == "1"


def test_what_is_copied_from_the_context_is_what_an_app_has() -> None:
    copied = [rest.split()[0] for rest in words_of("COPY") if not rest.startswith("--from")]

    assert copied == ["requirements.txt", "."]
    assert (ROOT / "examples" / "shop" / "requirements.txt").is_file()
