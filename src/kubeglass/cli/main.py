"""The command line: registers the commands, nothing else."""

from __future__ import annotations

import typer

from kubeglass import __version__
from kubeglass.cli.boundary import run_app
from kubeglass.cli.commands import backup as backup_command
from kubeglass.cli.commands import deploy as deploy_command
from kubeglass.cli.commands import down as down_command
from kubeglass.cli.commands import engines, images
from kubeglass.cli.commands import init as init_command
from kubeglass.cli.commands import logs as logs_command
from kubeglass.cli.commands import open as open_command
from kubeglass.cli.commands import reload as reload_command
from kubeglass.cli.commands import render as render_command
from kubeglass.cli.commands import restore as restore_command
from kubeglass.cli.commands import run as run_command
from kubeglass.cli.commands import status as status_command
from kubeglass.cli.commands import undeploy as undeploy_command
from kubeglass.cli.commands import up as up_command
from kubeglass.cli.output import Output

app = typer.Typer(
    name="kubeglass",
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
        False, "--version", callback=_show_version, is_eager=True, help="Print the version and stop."
    ),
) -> None:
    """See through your Python services on Kubernetes."""
    if context.invoked_subcommand is None:
        context.get_help()


app.command("init")(init_command.init)
app.command("render")(render_command.render)
app.command("up")(up_command.up)
app.command("reload")(reload_command.reload)
app.command("down")(down_command.down)
app.command("status")(status_command.status)
app.command("logs")(logs_command.logs)
app.command("open")(open_command.open_page)
app.command("backup")(backup_command.backup)
app.command("restore")(restore_command.restore)
app.add_typer(engines.app, name="engines")
app.add_typer(images.app, name="images")
app.command("run", context_settings={"allow_interspersed_args": False, "ignore_unknown_options": True})(run_command.run)
app.command("deploy")(deploy_command.deploy)
app.command("undeploy")(undeploy_command.undeploy)


def run() -> int:
    """Run the command line on this process's arguments and return the exit code."""
    return run_app(app)
