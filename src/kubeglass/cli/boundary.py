"""Turns errors into one line and an exit code. A traceback is shown only if KUBEGLASS_DEBUG is set."""

from __future__ import annotations

import os
from collections.abc import Callable

import typer
from typer.exceptions import TyperException

from kubeglass.cli.output import Output
from kubeglass.errors import KubeglassError, UsageError

INTERRUPTED = 130


def run_command_line(command: Callable[..., object], arguments: list[str] | None = None) -> int:
    """Run the command line and translate whatever it raises into an exit code (see :mod:`kubeglass.errors`)."""
    try:
        code = command(args=arguments, prog_name="kubeglass", standalone_mode=False)
    except KubeglassError as error:
        return _refuse(error)
    except TyperException as error:
        return _refuse(_usage_error(error))
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("KUBEGLASS_DEBUG"):
            raise
        return _refuse(_internal_error(error))
    return code if isinstance(code, int) else 0


def _refuse(error: KubeglassError) -> int:
    Output().error(error)
    return error.exit_code


def _usage_error(error: TyperException) -> UsageError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "kubeglass"
    message = error.format_message().rstrip(".").replace("Value error, ", "")
    return UsageError(command, message, hint=f"see: {command} --help")


def _internal_error(error: Exception) -> KubeglassError:
    return KubeglassError(
        "kubeglass",
        "failed with an internal error",
        found=f"{type(error).__name__}: {error}",
        hint="run it again with KUBEGLASS_DEBUG=1 and report the output",
    )
