"""Commands about a cluster say what is wrong in what they were given before they look for a cluster."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kubeglass.errors import ConfigError, UsageError
from tests.cli.runs import call_here

COMMANDS = [
    pytest.param(("deploy",), id="deploy"),
    pytest.param(("deploy", "--diff"), id="diff"),
    pytest.param(("undeploy",), id="undeploy"),
    pytest.param(("status", "--cluster"), id="status"),
    pytest.param(("open", "--cluster"), id="open"),
    pytest.param(("logs", "--cluster"), id="logs"),
]
#: Of these, the pipeline is searched for on the cluster if nothing names one.
LOOKING = COMMANDS[3:]


def refuse(folder: Path, *words: str) -> tuple[int, str]:
    """Call the command where there is no kubeconfig; return its exit code and what it said."""
    surroundings = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"}
    result = call_here(folder, *words, env={**surroundings, "HOME": str(folder)})
    return result.returncode, result.stderr


@pytest.mark.parametrize("words", COMMANDS[:3])
def test_a_missing_definition_is_named_before_the_kubeconfig(tmp_path: Path, words: tuple[str, ...]) -> None:
    code, said = refuse(tmp_path, *words)

    assert code == ConfigError.exit_code
    assert said.startswith("error: kubeglass.yaml: does not exist; ")
    assert "kubeglass init" in said


@pytest.mark.parametrize("words", LOOKING)
def test_without_a_definition_the_cluster_is_asked(tmp_path: Path, words: tuple[str, ...]) -> None:
    _, said = refuse(tmp_path, *words)

    assert said.startswith("error: kubeconfig: ")


@pytest.mark.parametrize("words", COMMANDS)
def test_a_wrong_definition_is_named_before_the_kubeconfig(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "kubeglass.yaml").write_text("cluster: {namespace: No_Name}\n")

    code, said = refuse(tmp_path, *words)

    assert code == ConfigError.exit_code
    assert "kubeglass.yaml:1:" in said


@pytest.mark.parametrize("words", COMMANDS)
def test_a_wrong_namespace_is_named_before_the_kubeconfig(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "kubeglass.yaml").write_text("apps: []\n")

    code, said = refuse(tmp_path, *words, "--namespace", "No_Name")

    assert (code, said.startswith("error: --namespace: ")) == (UsageError.exit_code, True)


@pytest.mark.parametrize("words", COMMANDS[2:])
def test_a_namespace_is_enough_to_find_what_is_deployed(tmp_path: Path, words: tuple[str, ...]) -> None:
    _, said = refuse(tmp_path, *words, "--namespace", "shop")

    assert said.startswith("error: kubeconfig: ")


@pytest.mark.parametrize("command", ["status", "open", "logs"])
@pytest.mark.parametrize("option", ["--file", "--context", "--namespace"])
def test_an_option_of_the_cluster_needs_the_cluster(tmp_path: Path, command: str, option: str) -> None:
    code, said = refuse(tmp_path, command, option, "shop")

    assert code == UsageError.exit_code
    assert said == f"error: {option}: needs --cluster; add --cluster\n"


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("status", "--watch"), "--watch"),
        (("logs", "--previous"), "--previous"),
        (("logs", "--since", "5m"), "--since"),
    ],
)
def test_what_only_a_cluster_has_needs_it_too(tmp_path: Path, words: tuple[str, ...], option: str) -> None:
    code, said = refuse(tmp_path, *words)

    assert (code, said) == (UsageError.exit_code, f"error: {option}: needs --cluster; add --cluster\n")


@pytest.mark.parametrize(
    "words", [("status", "--watch", "--json"), ("logs", "--previous", "--follow"), ("logs", "--since", "5")]
)
def test_options_that_make_no_sense_are_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    code, said = refuse(tmp_path, *words, "--cluster", "--namespace", "shop")

    assert code == UsageError.exit_code
    assert "kubeconfig" not in said


def test_images_of_a_missing_definition_are_not_built(tmp_path: Path) -> None:
    code, said = refuse(tmp_path, "images", "build", "--file", "absent.yaml")

    assert (code, said.startswith("error: absent.yaml: does not exist")) == (ConfigError.exit_code, True)
