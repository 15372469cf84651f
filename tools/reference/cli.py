"""docs/reference/cli.md from the command line's own definitions."""

from __future__ import annotations

from typing import Any

from kubeglass.cli.main import build_command

HEAD = """# Command line

Generated from the commands' own help by `make docs`. Errors and exit codes: [exit-codes.md](exit-codes.md).
"""


def render_cli() -> str:
    """Describe every command, its arguments and options."""
    return HEAD + "".join(_section(build_command(), ("kubeglass",)))


def _section(command: Any, path: tuple[str, ...]) -> list[str]:
    parts = [f"\n## {' '.join(path)}\n\n{(command.help or '').strip()}\n"]
    rows = [row for parameter in command.params if (row := _row(parameter))]
    if rows:
        parts.append("\n| argument or option | meaning | default |\n|---|---|---|\n" + "".join(rows))
    for name in sorted(command.list_commands(None)) if hasattr(command, "list_commands") else ():
        if not command.get_command(None, name).hidden:
            parts += _section(command.get_command(None, name), (*path, name))
    return parts


def _row(parameter: Any) -> str:
    if getattr(parameter, "hidden", False) or parameter.name == "help":
        return ""
    is_option = parameter.param_type_name == "option"
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    if not is_option:
        names = f"`{(parameter.name or '').upper()}`"
    default = (
        "" if parameter.default in (None, False, (), []) or callable(parameter.default) else f"`{parameter.default}`"
    )
    meaning = " ".join((getattr(parameter, "help", "") or "").split())
    return f"| {names} | {meaning} | {default} |\n"
