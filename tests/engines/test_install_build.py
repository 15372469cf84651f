"""Real builds by the real Go, of a small program and of our engines: interrupted, at once, and what comes out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from kubeglass.engines.install.cache import RECORD, distribution_folder
from kubeglass.engines.install.progress import Phase
from kubeglass.engines.install.resolve import resolve
from kubeglass.engines.install.search_path import check_candidate, read_version
from kubeglass.engines.install.source import Origin, Source
from kubeglass.engines.otelcol import OTELCOL
from kubeglass.engines.prometheus import PROMETHEUS
from tests.unit.engines.gadget import VERSION, Diary, make_distribution, make_tool, write_go_module

pytestmark = pytest.mark.engines

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("receivers", "processors", "exporters", "extensions")

#: Installs the gadget whose sources lie in argv[1]; one line a step, so that the test can watch and interrupt.
INSTALL = """
import sys
from pathlib import Path
from kubeglass.engines.install.resolve import resolve
from kubeglass.engines.install.source import Source
from tests.unit.engines.gadget import make_distribution, make_tool, write_go_module

class Loud:
    def step(self, name, phase, detail="", *, fraction=None, expected_seconds=None):
        print(phase, flush=True)
    def note(self, name, text):
        print("note", text, flush=True)

distribution = make_distribution(build=write_go_module(Path(sys.argv[1])))
print("at", resolve(make_tool(distribution), source=Source.BUILD, progress=Loud()).path, flush=True)
"""


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder for the gadget's sources; engine cache and Go's build cache are empty, so that a build takes its time."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("GOCACHE", str(tmp_path / "gocache"))
    return tmp_path / "sources"


def _start_install(sources: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", INSTALL, str(sources)], env=environment, stdout=subprocess.PIPE, text=True
    )


def test_a_build_killed_half_way_goes_on_at_the_second_try(sources: Path) -> None:
    distribution = make_distribution(build=write_go_module(sources))
    with _start_install(sources) as first:
        assert first.stdout is not None
        for _ in range(5):
            assert first.stdout.readline() == "compiling\n"
        first.send_signal(signal.SIGKILL)
    assert not (distribution_folder(distribution) / "gadget").exists()
    diary = Diary()

    installed = resolve(make_tool(distribution), source=Source.BUILD, progress=diary)

    assert installed.origin is Origin.BUILD
    assert read_version(installed.path) == VERSION
    assert diary.phases() == [Phase.COMPILE, Phase.LINK, Phase.DONE]
    fractions = [fraction for _, _, _, fraction in diary.steps if fraction is not None]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert sorted(path.name for path in distribution_folder(distribution).iterdir()) == ["gadget", RECORD]


def test_two_installations_at_once_build_once(sources: Path) -> None:
    write_go_module(sources)
    with _start_install(sources) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "compiling\n"
        with _start_install(sources) as second:
            heard_by_second, _ = second.communicate()
        heard_by_first, _ = first.communicate()

    path = distribution_folder(make_distribution()) / "gadget"
    assert heard_by_first.splitlines()[-1] == f"at {path}"
    assert heard_by_second.splitlines() == ["waiting", f"at {path}"]


def test_the_collector_has_the_components_of_its_manifest(otelcol_binary: Path) -> None:
    yaml = YAML(typ="safe")
    build = OTELCOL.distribution.build
    assert build is not None
    manifest = yaml.load(build.sources / "builder.yaml")
    answer = subprocess.run([otelcol_binary, "components"], capture_output=True, text=True, check=True).stdout
    listed = yaml.load(answer)

    # Without the versions, because a program on PATH or of the official release may differ in the last number.
    modules = {entry["module"].split()[0] for kind in KINDS for entry in listed[kind]}
    assert {entry["gomod"].split()[0] for kind in KINDS for entry in manifest[kind]} <= modules
    assert check_candidate(OTELCOL, otelcol_binary).startswith(OTELCOL.series)


def test_the_command_lists_what_is_installed(otelcol_binary: Path, prometheus_binary: Path) -> None:
    kubeglass = Path(sys.executable).with_name("kubeglass")

    answer = subprocess.run([kubeglass, "engines", "list", "--json"], capture_output=True, text=True, check=True).stdout

    engines = {engine["name"]: engine for engine in json.loads(answer)}
    assert engines["otelcol"]["path"] == str(otelcol_binary)
    assert engines["prometheus"]["path"] == str(prometheus_binary)
    assert engines["prometheus"]["version"].startswith(PROMETHEUS.series)
