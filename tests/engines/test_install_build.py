"""Real builds by the real Go, of a small program and of our engines: interrupted, at once, and what comes out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from kubeglass.engines.install.cache import RECORD
from kubeglass.engines.install.progress import Phase
from kubeglass.engines.install.resolve import resolve
from kubeglass.engines.install.search_path import check_candidate, read_version
from kubeglass.engines.install.source import Origin, Source
from kubeglass.engines.platform import Platform, read_platform
from kubeglass.engines.registry import OTELCOL, PROMETHEUS
from tests.unit.engines.gadget import VERSION, make_distribution, make_tool, write_go_module

pytestmark = pytest.mark.engines

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("receivers", "processors", "exporters", "extensions")

#: Installs the gadget whose sources lie in argv[1]; one line a step, so that a test can watch and interrupt.
INSTALL = """
import sys
from dataclasses import dataclass
from pathlib import Path
from kubeglass.engines.install.resolve import resolve
from kubeglass.engines.install.source import Source
from tests.unit.engines.gadget import make_distribution, make_tool, write_go_module

class Loud:
    def step(self, name, phase, detail="", *, fraction=None, expected_seconds=None):
        print(phase, "" if fraction is None else fraction, flush=True)
    def note(self, name, text):
        print("note", text, flush=True)

distribution = make_distribution(build=write_go_module(Path(sys.argv[1])))
installed = resolve(make_tool(distribution), source=Source.BUILD, progress=Loud())
print(installed.origin, installed.path, flush=True)
"""


@dataclass(frozen=True)
class Builds:
    """What came of three installations of one program.

    Args:
        left: programs after the first, which was killed half way.
        second: what the second said.
        third: what the third said, which was started while the second built.
    """

    left: list[Path]
    second: list[str]
    third: list[str]

    @property
    def program(self) -> Path:
        return Path(self.second[-1].split()[1])


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Builds:
    """Build where engine cache and Go's build cache are empty, so that it takes its time."""
    folder = tmp_path_factory.mktemp("builds")
    caches = {"XDG_CACHE_HOME": str(folder / "cache"), "GOCACHE": str(folder / "gocache")}
    environment = {**os.environ, **caches, "PYTHONPATH": str(ROOT)}

    def start() -> subprocess.Popen[str]:
        argv = [sys.executable, "-c", INSTALL, str(folder / "sources")]
        return subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, text=True)

    with start() as first:
        for _ in range(5):
            assert read_line(first).startswith("compiling ")
        first.send_signal(signal.SIGKILL)
    left = list((folder / "cache").rglob("gadget"))
    with start() as second:
        begun = read_line(second)
        with start() as third:
            heard_by_third, _ = third.communicate()
        heard_by_second, _ = second.communicate()
    return Builds(left, [begun, *heard_by_second.splitlines()], heard_by_third.splitlines())


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_build_killed_half_way_goes_on_at_the_second_try(builds: Builds) -> None:
    *steps, end = [line.split() for line in builds.second]
    fractions = [float(step[1]) for step in steps if len(step) > 1]

    assert [path for path in builds.left if path.is_file()] == []
    assert end == [Origin.BUILD, str(builds.program)]
    assert read_version(builds.program) == VERSION
    assert list(dict.fromkeys(step[0] for step in steps)) == [Phase.COMPILE, Phase.LINK, Phase.DONE]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert sorted(path.name for path in builds.program.parent.iterdir()) == ["gadget", RECORD]


def test_two_installations_at_once_build_once(builds: Builds) -> None:
    waiting, *_, end = builds.third

    assert waiting.split() == [Phase.WAIT]
    assert len(builds.third) == 2
    assert end.split()[1] == str(builds.program)


@pytest.mark.parametrize("platform", [Platform("linux", "arm64"), Platform("darwin", "arm64")], ids=str)
def test_a_build_for_another_platform_comes_out_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: Platform
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    tool = make_tool(make_distribution(build=write_go_module(tmp_path / "sources")))

    installed = resolve(tool, source=Source.BUILD, platform=platform)

    assert read_platform(installed.path) == platform
    assert installed.path.parent.name == f"{VERSION}-{platform.os}-{platform.arch}"


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
