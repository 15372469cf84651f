"""``kubeglass up``: start everything, wait for data end to end, run until Ctrl-C."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from kubeglass.engines.install.source import Source

if TYPE_CHECKING:
    from kubeglass.supervise.options import RunOptions

Demo = Annotated[bool, typer.Option("--demo", help="Run the demo shop and its simulated customers.")]
Apps = Annotated[
    list[str] | None,
    typer.Option("--app", metavar="MODULE:APP", help="Run this Flask app unchanged; module:create_app() works too."),
]
Targets = Annotated[
    list[str] | None,
    typer.Option("--target", metavar="HOST:PORT", help="Scrape a running app that exposes /metrics."),
]
Detach = Annotated[bool, typer.Option("--detach", "-d", help="Run in the background; return once it is up.")]
From = Annotated[Source, typer.Option(help="Where engines come from, as in kubeglass engines install.")]
Timeout = Annotated[str, typer.Option(metavar="DURATION", help="Timeout until data is seen end to end.")]
Watch = Annotated[
    bool | None,
    typer.Option(
        "--watch/--no-watch",
        help="Reload apps when their sources change.",
        show_default="--watch with --app in the foreground",
    ),
]
PagePort = Annotated[
    int | None, typer.Option("--port", min=1, max=65535, help="Port of the page; an error if it is in use.")
]
OpenPage = Annotated[bool, typer.Option("--open", help="Open the page in the browser once it is up.")]
InBackground = Annotated[bool, typer.Option("--in-background", hidden=True)]


def up(
    *,
    demo: Demo = False,
    app: Apps = None,
    target: Targets = None,
    detach: Detach = False,
    watch: Watch = None,
    source: From = Source.AUTO,
    timeout: Timeout = "60s",
    port: PagePort = None,
    open_page: OpenPage = False,
    in_background: InBackground = False,
) -> int:
    """Start the pipeline and report when data is seen end to end. Without options, run what kubeglass.yaml defines."""
    from kubeglass.cli.context import choose_run, parse_timeout
    from kubeglass.cli.output import Output
    from kubeglass.cli.run_output import RunOutput
    from kubeglass.cli.running import run_as_background, run_here, run_in_background

    seconds = parse_timeout(timeout)

    def read_options() -> RunOptions:
        options = choose_run(demo=demo, apps=app or [], targets=target or [], page_port=port)
        in_foreground = not (detach or in_background)
        watched = bool(app) and in_foreground if watch is None else watch
        return replace(options, timeout_seconds=seconds, watch=watched)

    if in_background:
        return run_as_background(read_options, source)
    with RunOutput(Output(), open_page=open_page) as listener:
        if detach:
            return run_in_background(read_options(), source, listener)
        return run_here(read_options, source, listener)
