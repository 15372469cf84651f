"""``kubeglass init`` and ``kubeglass render`` as a user types them: words, exit codes, and what is left on disk."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from kubeglass.cli.main import run
from kubeglass.observe.processes import identify
from kubeglass.supervise.state.run_file import Phase, RunRecord, write_run_file

FLASK = "from flask import Flask\napp = Flask(__name__)\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    project = tmp_path / "My_Shop"
    project.mkdir()
    monkeypatch.chdir(project)
    return project


def type_in(*arguments: str) -> int:
    return run(list(arguments))


def test_init_finds_the_app_and_asks_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "web.py").write_text(FLASK)

    code = type_in("init")

    said = capsys.readouterr()
    assert code == 0
    assert said.out == "wrote kubeglass.yaml\n"
    assert said.err == (
        "editors validate and complete it with kubeglass.schema.json, which lies beside it\n"
        "found the app web:app\n"
        "next: kubeglass up\n"
    )
    assert "  - name: my-shop\n    module: web:app\n" in (folder / "kubeglass.yaml").read_text()


def test_init_puts_the_schema_where_the_definition_names_it(folder: Path) -> None:
    type_in("init")

    first = (folder / "kubeglass.yaml").read_text().splitlines()[0]
    name = first.removeprefix("# yaml-language-server: $schema=")
    assert json.loads((folder / name).read_text())["title"] == "kubeglass.yaml"


def test_init_leaves_a_file_that_is_there_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "kubeglass.yaml").write_text("apps: []\n")

    code = type_in("init")

    assert code == 3
    assert "kubeglass.yaml: already exists; edit it, or replace it with --force" in capsys.readouterr().err
    assert (folder / "kubeglass.yaml").read_text() == "apps: []\n"
    assert type_in("init", "--force") == 0
    assert (folder / "kubeglass.yaml").read_text() != "apps: []\n"


def test_init_into_a_folder_that_is_not_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert type_in("init", "nowhere") == 7
    assert "nowhere/kubeglass.yaml: cannot be written (No such file or directory)" in capsys.readouterr().err


def test_render_without_a_file_renders_the_defaults(folder: Path) -> None:
    assert type_in("render") == 0
    assert (folder / ".kubeglass/otelcol/config.yaml").exists()
    assert (folder / ".kubeglass/prometheus/rules/red.yml").exists()


def test_render_twice_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    type_in("render")
    capsys.readouterr()

    assert type_in("render") == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.endswith(", 0 changed\n")


def test_check_tells_what_differs_and_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    type_in("render")
    (folder / ".kubeglass/prometheus/prometheus.yml").write_text("changed by hand\n")
    (folder / ".kubeglass/prometheus/rules/old.yml").write_text("groups: []\n")
    capsys.readouterr()

    code = type_in("render", "--check")

    assert code == 1
    assert capsys.readouterr().err == (
        "error: .kubeglass: differs from kubeglass.yaml; run kubeglass render\n"
        "  different: prometheus/prometheus.yml\n"
        "  stale: prometheus/rules/old.yml\n"
    )
    assert (folder / ".kubeglass/prometheus/prometheus.yml").read_text() == "changed by hand\n"
    assert type_in("render") == 0
    assert not (folder / ".kubeglass/prometheus/rules/old.yml").exists()
    assert type_in("render", "--check") == 0


def test_diff_shows_the_lines(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    type_in("render")
    (folder / "kubeglass.yaml").write_text("storage: {retention: {time: 3d}}\n")
    capsys.readouterr()

    code = type_in("render", "--diff")

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert "-      time: 15d" in lines
    assert "+      time: 3d" in lines


def test_a_named_file_must_exist(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert type_in("render", "--file", "other.yaml") == 3
    assert "other.yaml: does not exist" in capsys.readouterr().err


def test_a_wrong_file_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "kubeglass.yaml").write_text("scrape: {intervall: 5s, timeout: 3}\n")

    code = type_in("render")

    said = capsys.readouterr().err
    assert code == 3
    assert said.splitlines() == [
        "error: kubeglass.yaml: has 2 mistakes",
        "  kubeglass.yaml:1:10: scrape.intervall is not a known key; did you mean 'interval'?",
        "  kubeglass.yaml:1:34: scrape.timeout must be a duration with a unit, such as 15s, 1m30s or 500ms (found 3)",
    ]
    assert not (folder / ".kubeglass").exists()


def test_an_app_that_only_a_cluster_can_run_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "kubeglass.yaml").write_text("apps: [{name: shop, image: 'shop:1'}]\n")

    assert type_in("render") == 3
    assert "has apps that only run on a cluster (shop)" in capsys.readouterr().err


def test_manifests_that_are_no_longer_rendered_go_and_others_stay(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    type_in("render", "--to", "kubernetes")
    (folder / "manifests/ingress.yaml").write_text("kind: Ingress\n")
    (folder / "kubeglass.yaml").write_text("cluster: {grafana: {enabled: false}}\n")
    capsys.readouterr()

    code = type_in("render", "--to", "kubernetes", "--check")

    assert code == 1
    assert "  stale: grafana.yaml\n" in capsys.readouterr().err
    assert type_in("render", "--to", "kubernetes") == 0
    assert not (folder / "manifests/grafana.yaml").exists()
    assert (folder / "manifests/ingress.yaml").exists()
    assert type_in("render", "--to", "kubernetes", "--check") == 0


@pytest.mark.parametrize("options", [(), ("--check",), ("--diff",)])
def test_files_of_a_run_are_left_alone(
    folder: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    this = identify(os.getpid())
    assert this is not None
    (folder / ".kubeglass").mkdir()
    write_run_file(folder / ".kubeglass/run.json", RunRecord(this, "up", Phase.UP, detached=False, started_at=0.0))

    code = type_in("render", *options)

    assert code == 7
    assert capsys.readouterr().err == (
        f"error: .kubeglass: contains the files of a run (pid {os.getpid()});"
        " run kubeglass reload to change what runs, or render elsewhere with --out\n"
    )
    assert not (folder / ".kubeglass/prometheus").exists()
    assert type_in("render", "--out", "elsewhere") == 0


def test_help_is_there_for_both() -> None:
    for command in ("init", "render"):
        assert run([command, "--help"]) == 0


def test_render_says_that_grafana_is_left_out_of_a_cluster_without_a_registry(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "kubeglass.yaml").write_text("cluster: {images: {source: local}}\n")

    assert type_in("render", "--to", "kubernetes") == 0
    assert "Grafana is left out: cluster.images.source is local" in capsys.readouterr().err
    assert not (folder / "manifests/grafana.yaml").exists()
