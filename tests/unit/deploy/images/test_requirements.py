"""What an application says it needs is read as pip reads it, for packages by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeglass.deploy.images.requirements import read_requirements, read_requirements_file
from kubeglass.errors import ConfigError


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

    with pytest.raises(ConfigError, match=r"requirements\.txt:2: is no requirement by name"):
        read_requirements(tmp_path)
