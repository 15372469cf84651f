"""The command line: lists the commands, and imports a command's module when it is called."""

from __future__ import annotations

from pkgutil import resolve_name
from typing import Any

import typer
from typer.core import TyperGroup

from kubeglass import __version__
from kubeglass.cli.boundary import run_command_line
from kubeglass.cli.commands.completion import enable_completion
from kubeglass.cli.output import Output

#: Each command's module in ``kubeglass.cli.commands``, and its function or ``Typer`` there.
COMMANDS = {
    "init": "init:init",
    "render": "render:render",
    "up": "up:up",
    "reload": "control:reload",
    "down": "control:down",
    "status": "status:status",
    "logs": "logs:logs",
    "open": "open:open_page",
    "backup": "backup:backup",
    "restore": "backup:restore",
    "engines": "engines:app",
    "images": "images:app",
    "run": "run:app",
    "deploy": "deploy:deploy",
    "undeploy": "deploy:undeploy",
    "completion": "completion:completion",
}


class LazyGroup(TyperGroup):
    """Imports a command's module when it is called; importing all of them takes a second."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # the signature typer calls
        """Name the commands in the order that ``--help`` lists them."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import and return a command, or None if there is no such command."""
        # For a mistyped name, typer suggests one of the loaded commands.
        for name in [cmd_name] if cmd_name in COMMANDS else COMMANDS:
            self.commands.setdefault(name, _load(name))
        return super().get_command(ctx, cmd_name)


def _load(name: str) -> Any:
    found = resolve_name(f"kubeglass.cli.commands.{COMMANDS[name]}")
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False)
        alone.command()(found)
        found = alone
    command = typer.main.get_command(found)
    command.name = name
    return _without_flag_types(command)


def _without_flag_types(command: Any) -> Any:
    """Hide the type of flags in ``--help``, because they take no value.

    typer shows ``<bool>`` since 0.29, as fastapi/typer#493 asked; remove this when it leaves out flags.
    """
    for option in (*command.params, command.get_help_option(typer.Context(command))):
        if getattr(option, "is_flag", False):
            option.metavar = ""
    for child in getattr(command, "commands", {}).values():
        _without_flag_types(child)
    return command


app = typer.Typer(
    name="kubeglass",
    cls=LazyGroup,
    help="See through your Python services on Kubernetes.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _show_version(value: bool) -> None:  # noqa: FBT001  # the signature typer calls
    if value:
        Output().say(f"kubeglass {__version__}")
        raise typer.Exit


@app.callback()
def kubeglass(
    context: typer.Context,
    version: bool = typer.Option(  # noqa: ARG001, FBT001  # typer acts on it through the callback
        False, "--version", callback=_show_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    """See through your Python services on Kubernetes."""
    if context.invoked_subcommand is None:
        context.get_help()


def run(arguments: list[str] | None = None) -> int:
    """Run the command line, with this process's own arguments if none are given, and return the exit code."""
    enable_completion()
    return run_command_line(build_command(), arguments)


def build_command() -> Any:
    """Build the command line; each command's module is imported when the command is called."""
    return _without_flag_types(typer.main.get_command(app))
