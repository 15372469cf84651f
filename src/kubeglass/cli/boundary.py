"""Where errors become one line and an exit code; no traceback passes here unless KUBEGLASS_DEBUG is set."""

from __future__ import annotations

import os

import typer
from typer.exceptions import TyperException

from kubeglass.cli.output import Output
from kubeglass.errors import KubeglassError, UsageError

INTERRUPTED = 130


def run_app(app: typer.Typer, arguments: list[str] | None = None) -> int:
    """Run ``app`` and translate whatever leaves it into an exit code (see :mod:`kubeglass.errors`).

    Args:
        app: the command line.
        arguments: what to run; None takes this process's own arguments.
    """
    try:
        code = app(args=arguments, prog_name="kubeglass", standalone_mode=False)
    except KubeglassError as error:
        return _refuse(error)
    except TyperException as error:
        return _refuse(_usage_error(error))
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("KUBEGLASS_DEBUG"):
            raise
        return _refuse(_own_fault(error))
    return code if isinstance(code, int) else 0


def _refuse(error: KubeglassError) -> int:
    Output().error(error)
    return error.exit_code


def _usage_error(error: TyperException) -> UsageError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "kubeglass"
    return UsageError(command, error.format_message().rstrip("."), hint=f"see: {command} --help")


def _own_fault(error: Exception) -> KubeglassError:
    return KubeglassError(
        "kubeglass",
        "met a fault of its own",
        found=f"{type(error).__name__}: {error}",
        hint="run again with KUBEGLASS_DEBUG=1 and report what it prints",
    )
