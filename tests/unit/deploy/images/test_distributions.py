"""The packages an application needs are found in an environment, with what they need in turn."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from kubeglass.deploy.images.distributions import Environment, list_own_files, list_package_files
from kubeglass.deploy.images.interpreter import Interpreter
from kubeglass.deploy.images.tree import File
from kubeglass.errors import AppError


class Site:
    """A folder of installed packages."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, name: str, version: str, *needs: str, extras: str = "", record: bool = True) -> Path:
        (self.folder / name).mkdir()
        (self.folder / name / "__init__.py").write_text("")
        info = self.folder / f"{name}-{version}.dist-info"
        info.mkdir()
        lines = [f"Requires-Dist: {need}" for need in needs] + ([f"Provides-Extra: {extras}"] if extras else [])
        (info / "METADATA").write_text("\n".join([f"Name: {name}", f"Version: {version}", *lines, "", ""]))
        if record:
            files = [
                f"{name}/__init__.py",
                f"{name}/__pycache__/__init__.pyc",
                "../../../bin/tool",
                f"{info.name}/METADATA",
            ]
            (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))
        return info

    def environment(self, version: str = "3.12") -> Environment:
        folders = (self.folder,)
        return Environment(Interpreter(Path("/usr/bin/python"), version, f"{version}.1", "lib", (), folders))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def _select(environment: Environment, *requirements: str) -> list[str]:
    return [distribution.name for distribution in environment.select(map(Requirement, requirements))]


def test_needs_are_followed_through_circles(site: Site) -> None:
    site.install("web", "1.0", "tools>=1")
    site.install("tools", "1.5", "web")
    site.install("unrelated", "1.0")

    assert _select(site.environment(), "web") == ["tools", "web"]


def test_an_extra_brings_its_own_needs(site: Site) -> None:
    site.install("web", "1.0", 'speed; extra == "fast"', extras="fast")
    site.install("speed", "1.0")

    assert _select(site.environment(), "web") == ["web"]
    assert _select(site.environment(), "web", "web[fast]") == ["speed", "web"]


def test_markers_are_those_of_the_interpreter_in_the_image(site: Site) -> None:
    site.install("web", "1.0", 'backport; python_version < "3.12"')
    site.install("backport", "1.0")

    assert _select(site.environment("3.11"), "web") == ["backport", "web"]
    assert _select(site.environment("3.12"), "web", 'absent; sys_platform == "win32"') == ["web"]


def test_names_are_the_same_however_they_are_written(site: Site) -> None:
    site.install("Flask_Login", "1.0")

    assert _select(site.environment(), "flask.login") == ["Flask_Login"]


def test_what_is_missing_is_named_with_who_needs_it(site: Site) -> None:
    site.install("web", "1.0", "tools>=2")
    site.install("tools", "1.5")

    with pytest.raises(AppError, match=r"tools>=2: is needed by web and is not installed \(tools 1\.5\)"):
        _select(site.environment(), "web")
    with pytest.raises(AppError, match="absent: is needed by the application and is not installed; install it"):
        _select(site.environment(), "absent")


def test_everything_is_all_but_installers(site: Site) -> None:
    for name in ("web", "pip", "setuptools"):
        site.install(name, "1.0")

    assert [each.name for each in site.environment().select_everything()] == ["web"]


def test_scripts_and_compiled_files_stay_behind(site: Site) -> None:
    site.install("web", "1.0")
    (site.folder / "web" / "__pycache__").mkdir()
    (site.folder / "web" / "__pycache__" / "__init__.pyc").write_text("")

    entries = list_package_files(site.environment().select([Requirement("web")]), "packages")

    assert [entry.path for entry in entries] == ["packages/web/__init__.py", "packages/web-1.0.dist-info/METADATA"]


def test_an_editable_package_is_refused_as_its_files_are_elsewhere(site: Site) -> None:
    info = site.install("web", "1.0")
    (info / "direct_url.json").write_text(json.dumps({"url": "file:///src", "dir_info": {"editable": True}}))

    with pytest.raises(AppError, match="web: is installed in editable form"):
        list_package_files(site.environment().select_everything(), "packages")


def test_a_package_without_a_list_of_files_is_refused(site: Site) -> None:
    site.install("web", "1.0", record=False)

    with pytest.raises(AppError, match="web: has no list of its files"):
        list_package_files(site.environment().select_everything(), "packages")


def test_kubeglass_comes_as_it_runs_now() -> None:
    paths = [entry.path for entry in list_own_files("packages") if isinstance(entry, File)]

    assert "packages/kubeglass/flask.py" in paths
    assert "packages/kubeglass/instrument/auto/sitecustomize.py" in paths
    assert not [path for path in paths if "__pycache__" in path]
