"""What deploy says before anything is applied: a source that cannot be used, and one that nobody could look at."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import NoReturn

import pytest
from rich.console import Console

from kubeglass.cli import deploying
from kubeglass.cli.deploying import check_host_paths
from kubeglass.cli.output import Output
from kubeglass.errors import ClusterError
from kubeglass.model.load import parse_pipeline
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import HostPath


def make_pipeline(path: str) -> Pipeline:
    return parse_pipeline(f"apps: [{{name: shop, module: 'app:app', host_path: {{path: {path}, user: 1000}}}}]")


def check(pipeline: Pipeline) -> str:
    said = StringIO()
    check_host_paths(pipeline, Output(stderr=Console(file=said, width=1000)))
    return said.getvalue()


def test_a_source_that_nobody_could_look_at_is_told_and_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(source: HostPath) -> NoReturn:
        raise PermissionError(13, "Permission denied", source.path)

    monkeypatch.setattr(deploying, "find_obstacle", look)

    assert check(make_pipeline("/home/me/app.py")) == (
        "app shop: cannot inspect /home/me/app.py (Permission denied); user 1000, group 1000 must read it\n"
    )


def test_a_source_that_the_pod_cannot_read_ends_the_deployment(tmp_path: Path) -> None:
    source = tmp_path / "app.py"
    source.write_text("")
    source.chmod(0o600)

    with pytest.raises(ClusterError, match=r"app shop: its pod cannot use its source .*; run: sudo "):
        check(make_pipeline(str(source)))


def test_a_source_that_is_not_here_may_be_on_another_node(tmp_path: Path) -> None:
    assert check(make_pipeline(f"{tmp_path}/absent.py")) == ""
