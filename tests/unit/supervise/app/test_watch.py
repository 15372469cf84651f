"""Edits of an application's sources are found, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeglass.supervise.app import watch
from kubeglass.supervise.app.watch import SourceWatch


@pytest.fixture(autouse=True)
def _look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(watch, "SHARE", float("inf"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with two sources."""
    (tmp_path / "shop.py").write_text("one = 1")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "index.html").write_text("<p>1")
    return tmp_path


def test_a_changed_an_added_and_a_removed_source_are_found_once(project: Path) -> None:
    sources = SourceWatch(project)
    assert sources.find_changes() == []

    (project / "shop.py").write_text("one = 1.0")
    assert sources.find_changes() == ["shop.py"]
    (project / "cart.py").write_text("")
    assert sources.find_changes() == ["cart.py"]
    (project / "templates" / "index.html").unlink()
    assert sources.find_changes() == ["templates/index.html"]

    assert sources.find_changes() == []


@pytest.mark.parametrize(
    "path", [".kubeglass/x.py", "venv/lib/x.py", "node_modules/x.py", "__pycache__/x.py", "notes.txt"]
)
def test_what_is_no_source_of_the_application_is_ignored(project: Path, path: str) -> None:
    (project / "venv").mkdir()
    (project / "venv" / "pyvenv.cfg").touch()
    sources = SourceWatch(project)

    (project / path).parent.mkdir(parents=True, exist_ok=True)
    (project / path).write_text("")

    assert sources.find_changes() == []


def test_a_link_that_leads_nowhere_is_no_source(project: Path) -> None:
    (project / "gone.py").symlink_to(project / "nowhere.py")

    assert SourceWatch(project).find_changes() == []
