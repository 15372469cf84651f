"""The command line: lists the commands, and imports a command's module when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup

from kubeglass import __version__
from kubeglass.cli.boundary import run_command_line
from kubeglass.cli.commands.completion import enable_completion
from kubeglass.cli.output import Output


class Command(NamedTuple):
    """Where a command is defined.

    Args:
        module: in ``kubeglass.cli.commands``.
        name: of the function, or of the ``Typer`` of a group.
        settings: the command's context settings.
    """

    module: str
    name: str
    settings: dict[str, Any] | None = None


COMMANDS = {
    "init": Command("init", "init"),
    "render": Command("render", "render"),
    "up": Command("up", "up"),
    "reload": Command("reload", "reload"),
    "down": Command("down", "down"),
    "status": Command("status", "status"),
    "logs": Command("logs", "logs"),
    "open": Command("open", "open_page"),
    "backup": Command("backup", "backup"),
    "restore": Command("restore", "restore"),
    "engines": Command("engines", "app"),
    "images": Command("images", "app"),
    "run": Command("run", "run", {"allow_interspersed_args": False, "ignore_unknown_options": True}),
    "deploy": Command("deploy", "deploy"),
    "undeploy": Command("undeploy", "undeploy"),
    "completion": Command("completion", "completion"),
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
            self.commands.setdefault(name, _load(name, COMMANDS[name]))
        return super().get_command(ctx, cmd_name)


def _load(name: str, command: Command) -> Any:
    found = getattr(import_module(f"kubeglass.cli.commands.{command.module}"), command.name)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False)
        alone.command(name, context_settings=command.settings)(found)
        return _without_flag_types(typer.main.get_command(alone))
    group = typer.main.get_command(found)
    group.name = name
    return _without_flag_types(group)


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
    """Run the command line and return the exit code.

    Args:
        arguments: what to run; None takes this process's own arguments.
    """
    enable_completion()
    return run_command_line(build_command(), arguments)


def build_command() -> Any:
    """Build the command line; each command's module is imported when the command is called."""
    return _without_flag_types(typer.main.get_command(app))
