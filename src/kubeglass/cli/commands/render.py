"""``kubeglass render``: write, check or diff every file generated from kubeglass.yaml."""

from __future__ import annotations

import difflib
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kubeglass.cli.context import STATE_FOLDER, load_definition
from kubeglass.cli.output import Output
from kubeglass.errors import ConfigError, KubeglassError, StateError
from kubeglass.model.load import FILE_NAME
from kubeglass.model.local import LocalSettings, usual_ports
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.files import Change, RenderedFile, compare, write_files
from kubeglass.render.kubernetes.names import missing_grafana
from kubeglass.render.plan import LOCAL_FOLDERS, render_kubernetes, render_local
from kubeglass.render.yaml import HEADER
from kubeglass.supervise.state.folder import find_run


class Destination(StrEnum):
    """What the files are for."""

    LOCAL = "local"
    KUBERNETES = "kubernetes"


To = Annotated[Destination, typer.Option(help="Configuration of local engines, or manifests of a cluster.")]
Out = Annotated[Path | None, typer.Option(help="Output folder.", show_default=".kubeglass or manifests")]
File = Annotated[Path | None, typer.Option("--file", "-f", help="The definition.", show_default=FILE_NAME)]
Check = Annotated[bool, typer.Option("--check", help="Write nothing; fail if a file differs.")]
Diff = Annotated[bool, typer.Option("--diff", help="Write nothing; show what would change.")]


def render(
    to: To = Destination.LOCAL, out: Out = None, file: File = None, *, check: Check = False, diff: Diff = False
) -> None:
    """Render the collector's, Prometheus's and Grafana's files, or the manifests, from kubeglass.yaml."""
    folder = out or Path(STATE_FOLDER if to is Destination.LOCAL else "manifests")
    pipeline = load_definition(file)
    files = _render(pipeline, to, folder)
    owned, header = (LOCAL_FOLDERS, "") if to is Destination.LOCAL else ((), HEADER)
    output = Output()
    if to is Destination.KUBERNETES and (missing := missing_grafana(pipeline)):
        output.note(missing)
    if check or diff:
        changes = compare(files, folder, owned=owned, header=header)
        if diff:
            _show(changes, output)
        if check and changes:
            details = tuple(f"{change.kind}: {change.path}" for change in changes)
            raise KubeglassError(
                str(folder), "differs from kubeglass.yaml", hint="run kubeglass render", details=details
            )
        return
    changed = write_files(files, folder, owned=owned, header=header)
    for path in changed:
        output.say(str(path))
    output.note(f"{len(files)} files rendered into {folder}, {len(changed)} changed")


def _render(pipeline: Pipeline, to: Destination, folder: Path) -> list[RenderedFile]:
    if to is Destination.KUBERNETES:
        return render_kubernetes(pipeline)
    images = [app.name for app in pipeline.apps if app.module is None and not app.is_only_scraped]
    if images:
        hint = "add 'module' or 'target', or render --to kubernetes"
        raise ConfigError(FILE_NAME, "has apps that only run on a cluster", found=", ".join(images), hint=hint)
    if (run := find_run(folder)) is not None:
        # The run chose other ports at start-up.
        hint = "run kubeglass reload to change what runs, or render elsewhere with --out"
        raise StateError(str(folder), "contains the files of a run", found=f"pid {run.supervisor.pid}", hint=hint)
    return render_local(
        pipeline.without_existing(), LocalSettings(folder.resolve(), usual_ports(pipeline.apps, pipeline.local.ports))
    )


def _show(changes: list[Change], output: Output) -> None:
    for change in changes:
        before, after = change.before.splitlines(), change.after.splitlines()
        for line in difflib.unified_diff(before, after, f"a/{change.path}", f"b/{change.path}", lineterm=""):
            output.say(line)
