"""``kubeglass images``: container images without Docker or a registry."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from kubeglass.cli.context import images_folder, load_definition
from kubeglass.cli.image_building import build_images, show_images
from kubeglass.cli.output import Output
from kubeglass.engines.platform import detect_platform
from kubeglass.images.store import (
    NodeRuntime,
    choose_archives,
    copy_archive,
    find_runtime,
    list_archives,
    load_archives,
    require_architecture,
)
from kubeglass.model.load import FILE_NAME
from kubeglass.supervise.options import find_demo

app = typer.Typer(
    help="Build container images without Docker, and load them into a cluster without a registry.", add_completion=False
)

Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="The images; all by default.")]
File = Annotated[
    Path | None, typer.Option("--file", "-f", help="The definition; app sources are beside it.", show_default=FILE_NAME)
]
SourceFolder = Annotated[
    Path | None,
    typer.Option(
        "--source",
        exists=True,
        file_okay=False,
        help="Folder with the apps' sources.",
        show_default="the definition's folder",
    ),
]
Demo = Annotated[bool, typer.Option("--demo", help="Use the demo shop's definition.")]
Python = Annotated[
    Path | None,
    typer.Option(help="Python interpreter whose packages the app images contain.", show_default="kubeglass's own"),
]
For = Annotated[
    str | None,
    typer.Option(
        "--platform", help="Where they will run, such as linux/arm64.", show_default="this machine", metavar="OS/ARCH"
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Into = Annotated[NodeRuntime, typer.Option(help="The node's runtime; auto prefers K3s to containerd.")]


@app.command()
def build(
    names: Names = None,
    file: File = None,
    source: SourceFolder = None,
    python: Python = None,
    platform: For = None,
    *,
    demo: Demo = False,
) -> None:
    """Build images of the apps, the collector, Prometheus and the page from this machine's files, and try each."""
    path = find_demo() / FILE_NAME if demo else file or Path(FILE_NAME)
    pipeline = load_definition(path if demo else file)
    build_images(pipeline, path, names or [], source=source, python=python, platform=platform)


@app.command("list")
def list_images(*, json: Json = False) -> None:
    """List the images built in this folder."""
    built = list_archives(images_folder())
    if json:
        Output().json([{"name": name, **asdict(archive), "path": str(archive.path)} for name, archive in built.items()])
        return
    show_images(built, Output())


@app.command()
def save(
    folder: Annotated[Path, typer.Argument(help="Target folder, such as a USB stick.")],
    names: Names = None,
) -> None:
    """Copy image archives to a folder, for a cluster without access to a registry."""
    for archive in choose_archives(images_folder(), names or []).values():
        Output().say(str(copy_archive(archive, folder)))


@app.command()
def load(names: Names = None, into: Into = NodeRuntime.AUTO) -> None:
    """Import the images into this machine's Kubernetes node."""
    archives = list(choose_archives(images_folder(), names or []).values())
    require_architecture(archives, detect_platform().arch)
    runtime = find_runtime(into)
    load_archives(archives, runtime)
    for archive in archives:
        Output().say(f"{archive.reference} loaded into {runtime.value}")
