"""The packages an application needs are found in an environment, with what they need in turn."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from kubeglass.errors import AppError, ConfigError
from kubeglass.images.image import File
from kubeglass.images.python.interpreter import Interpreter
from kubeglass.images.python.packages import (
    Environment,
    list_own_files,
    list_package_files,
    read_requirements,
    read_requirements_file,
)


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

    assert "packages/kubeglass/flask/__init__.py" in paths
    for name in ("sitecustomize.py", "kubeglass_auto.py", "kubeglass_auto.dist-info/entry_points.txt"):
        assert f"packages/kubeglass/instrument/auto/{name}" in paths
    assert not [path for path in paths if "__pycache__" in path]


def test_a_lock_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(
        "# locked\n--index-url https://example.com/simple\nflask==3.1.0 \\\n    --hash=sha256:aa \\\n"
        "    --hash=sha256:bb\n    # via shop\nredis[hiredis]>=5 ; python_version >= '3.11'  # the cart\n"
    )

    found = read_requirements(tmp_path)

    assert found is not None
    assert [str(requirement) for requirement in found] == [
        "flask==3.1.0",
        'redis[hiredis]>=5; python_version >= "3.11"',
    ]


def test_files_it_names_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("-r base/requirements.txt\nflask\n")
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "requirements.txt").write_text("gunicorn\n")

    assert [each.name for each in read_requirements_file(tmp_path / "requirements.txt")] == ["gunicorn", "flask"]


def test_a_project_file_does_without_requirements(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\ndependencies = ["flask>=3"]\n')

    found = read_requirements(tmp_path)

    assert found is not None
    assert [str(requirement) for requirement in found] == ["flask>=3"]


@pytest.mark.parametrize("project", [None, "[tool.black]\n", '[project]\nname = "shop"\n'])
def test_saying_nothing_is_no_empty_list(tmp_path: Path, project: str | None) -> None:
    if project is not None:
        (tmp_path / "pyproject.toml").write_text(project)

    assert read_requirements(tmp_path) is None


@pytest.mark.parametrize("line", ["-e .", "./local", "git+https://example.com/shop.git", "flask>>3"])
def test_what_is_no_name_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "requirements.txt").write_text(f"flask\n{line}\n")

    with pytest.raises(ConfigError, match=r"requirements\.txt:2: is not a requirement by name"):
        read_requirements(tmp_path)
