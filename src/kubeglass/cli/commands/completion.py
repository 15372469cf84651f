"""``kubeglass completion``: shell completion of commands, options and values."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

# typer has no public API for its scripts; its own --install-completion guesses the shell and takes no name.
from typer.completion import completion_init, get_completion_script, install  # type: ignore[attr-defined]

NAME = "kubeglass"
#: The variable that typer's scripts set when a shell asks for completions.
VARIABLE = "_KUBEGLASS_COMPLETE"


class Shell(StrEnum):
    """The shells that are supported."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


Which = Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]
Installing = Annotated[bool, typer.Option("--install", help="Add it to the shell's startup files instead.")]


def enable_completion() -> None:
    """Let shells ask this program for completions."""
    completion_init()


def completion(shell: Which, *, install_it: Installing = False) -> None:
    """Print a shell's completion script, for example: source <(kubeglass completion bash)."""
    from kubeglass.cli.output import Output
    from kubeglass.errors import StateError

    output = Output()
    if not install_it:
        output.say(get_completion_script(prog_name=NAME, complete_var=VARIABLE, shell=shell))
        return
    try:
        _, path = install(shell, prog_name=NAME, complete_var=VARIABLE)
    except OSError as error:
        raise StateError(
            str(error.filename or "home folder"),
            "cannot be written",
            found=error.strerror or str(error),
            hint=f"print the script with: kubeglass completion {shell}",
        ) from error
    output.say(f"installed in {path}")
    output.note("open a new terminal to use it")
