"""Unit tests lie where the code lies that they test."""

from __future__ import annotations

from pathlib import PurePosixPath

from tests.house.house import House
from tests.house.rule import rule

PACKAGE = PurePosixPath("src/kubeglass")
UNIT = PurePosixPath("tests/unit")
#: Tests of folders beside the package.
BESIDE = {"examples", "tools"}


@rule(
    {"tests/unit/model/planted/test_load.py": ""},
    {"tests/unit/planted/test_load.py": ""},
)
def a_folder_of_unit_tests_mirrors_a_package(house: House) -> list[str]:
    packages = {folder for folder, _ in _files(house, PACKAGE)} | BESIDE
    return [f"{UNIT / folder}/{name}" for folder, name in _files(house, UNIT) if folder not in packages]


@rule(
    {"tests/unit/supervise/test_manager.py": ""},
    {"tests/unit/test_manager.py": "", "src/kubeglass/model/manager.py": ""},
)
def a_test_named_after_a_module_lies_in_its_folder(house: House) -> list[str]:
    modules = _files(house, PACKAGE)
    misplaced = []
    for folder, name in _files(house, UNIT):
        room = folder.partition("/")[0]
        homes = {home for home, module in modules if f"test_{module}" == name}
        homes = {home for home in homes if room in {".", home.partition("/")[0]}}
        if homes and folder not in homes:
            misplaced.append(f"{UNIT / folder}/{name}")
    return misplaced


def _files(house: House, root: PurePosixPath) -> set[tuple[str, str]]:
    """List folder, relative to ``root``, and name of each Python file below it."""
    paths = (PurePosixPath(path) for path in house.paths if path.startswith(f"{root}/") and path.endswith(".py"))
    return {(str(path.parent.relative_to(root)), path.name) for path in paths}
