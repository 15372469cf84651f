"""``kubeglass images build``, step by step, and the table of images."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from kubeglass.cli.context import images_folder
from kubeglass.cli.engine_progress import EngineProgress
from kubeglass.cli.output import Output
from kubeglass.engines.install.resolve import resolve
from kubeglass.engines.platform import Platform, parse_platform
from kubeglass.images.archive import ArchivedImage
from kubeglass.images.image import PLATFORMS, find_architecture
from kubeglass.images.plan import build_archive, choose, plan_images
from kubeglass.images.python.source import find_source_folder
from kubeglass.model.pipeline import Pipeline
from kubeglass.signals import StopSignals


def build_images(
    pipeline: Pipeline,
    definition: Path,
    names: list[str],
    *,
    source: Path | None,
    python: Path | None,
    platform: str | None,
) -> None:
    """Build the images with these names, or all if there are no names, and show them.

    Args:
        pipeline: the pipeline.
        definition: the file that defines it.
        names: the images.
        source: the folder with the apps' sources, if it is not the definition's.
        python: the interpreter to put into the images, if it is not this one.
        platform: where they will run, if it is not a machine like this one.

    Raises:
        KubeglassError: an image cannot be built, or what is in it does not start.
    """
    output = Output()
    here = Platform("linux", find_architecture())
    target = parse_platform(platform, PLATFORMS) if platform else here
    with StopSignals(can_reload=False), EngineProgress(output) as progress:
        recipes = plan_images(
            pipeline,
            source.resolve() if source else find_source_folder(definition),
            python or Path(sys.executable),
            lambda engine: resolve(engine, progress=progress, platform=target).path,
            None if target == here else target,
        )
        chosen = choose(recipes, names)
        built = {name: build_archive(recipe, images_folder(), name, output.note) for name, recipe in chosen.items()}
    show_images(built, output)


def show_images(images: Mapping[str, ArchivedImage], output: Output) -> None:
    """Print a table of images by name."""
    rows = [
        [
            name,
            archive.reference,
            f"linux/{archive.architecture}",
            f"{archive.size / 1e6:.1f} MB",
            archive.digest.removeprefix("sha256:")[:12],
        ]
        for name, archive in images.items()
    ]
    output.table(["NAME", "IMAGE", "PLATFORM", "SIZE", "DIGEST"], rows)
