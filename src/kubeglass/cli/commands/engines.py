"""``kubeglass engines``: list and install the programs that kubeglass runs."""

from __future__ import annotations

from typing import Annotated

import typer

from kubeglass.cli.engine_progress import EngineProgress
from kubeglass.cli.output import Output
from kubeglass.engines.engine import Tool
from kubeglass.engines.install.resolve import InstalledEngine, find, resolve
from kubeglass.engines.install.source import Source, Unavailable
from kubeglass.engines.platform import parse_platform
from kubeglass.engines.registry import TOOLS, find_tool
from kubeglass.errors import EngineError
from kubeglass.signals import StopSignals

app = typer.Typer(
    help="List and install the programs that kubeglass runs: the collector, Prometheus, promtool.", add_completion=False
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="The engines; all by default.")]
From = Annotated[
    Source,
    typer.Option(
        help="auto: PATH, wheel, cache, official release, build, in this order; path, wheel, cache: only what is "
        "installed; "
        "release: the official release only; build: only a build from source."
    ),
]

For = Annotated[
    str | None,
    typer.Option(
        "--platform", help="Where they will run, such as linux/arm64.", show_default="this machine", metavar="OS/ARCH"
    ),
]


@app.command("list")
def list_engines(*, json: Json = False) -> None:
    """List the engines: name, version, origin and path. Downloads nothing."""
    output = Output()
    found = [(tool, _find_quietly(tool, output)) for tool in TOOLS]
    if json:
        output.json([_describe(tool, installed) for tool, installed in found])
        return
    rows = [
        [tool.name, installed.version, installed.origin, str(installed.path)]
        if installed
        else [tool.name, tool.version, "missing", "run: kubeglass engines install"]
        for tool, installed in found
    ]
    output.table(["NAME", "VERSION", "FROM", "PATH"], rows)


@app.command()
def install(names: Names = None, source: From = Source.AUTO, platform: For = None) -> None:
    """Install missing engines. An interrupted installation resumes where it stopped."""
    target = parse_platform(platform) if platform else None
    output = Output()
    tools = [find_tool(name) for name in names] if names else list(TOOLS)
    # A build runs in its own session: dying from a signal at once would leave it running.
    with StopSignals(can_reload=False), EngineProgress(output) as progress:
        installed = [resolve(tool, source=source, progress=progress, platform=target) for tool in tools]
    output.table(
        ["NAME", "VERSION", "FROM", "PATH"],
        [[each.engine.name, each.version, each.origin, str(each.path)] for each in installed],
    )


@app.command()
def path(name: Annotated[str, typer.Argument(help="The engine.")]) -> None:
    """Print the path of an engine's program. Downloads nothing."""
    tool = find_tool(name)
    try:
        Output().say(str(find(tool).path))
    except Unavailable as error:
        raise EngineError(
            f"{tool.name} {tool.version}", error.reason, hint=error.hint, details=error.details
        ) from error


def _find_quietly(tool: Tool, output: Output) -> InstalledEngine | None:
    try:
        return find(tool, progress=EngineProgress(output))
    except Unavailable:
        return None


def _describe(tool: Tool, installed: InstalledEngine | None) -> dict[str, str | None]:
    return {
        "name": tool.name,
        "pinned": tool.version,
        "version": installed.version if installed else None,
        "origin": installed.origin if installed else None,
        "path": str(installed.path) if installed else None,
    }
