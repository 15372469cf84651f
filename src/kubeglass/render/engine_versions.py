"""Whether images that the definition names accept what is rendered for them, by the version in their tag.

A collector that does not know a key of its configuration never starts, and an old Prometheus reads some otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kubeglass.engines.engine import Distribution, load_distribution
from kubeglass.errors import ConfigError
from kubeglass.model.pipeline import Pipeline
from kubeglass.schemas.check import check_config

COLLECTOR, PROMETHEUS = "otelcol", "prometheus"
_VERSION_OF_TAG = re.compile(r":v?(\d+\.\d+\.\d+)(?=[-_+@]|$)")


def check_versions(pipeline: Pipeline, collector: Mapping[str, Any]) -> None:
    """Check the images of the collector, for which the configuration ``collector`` is rendered, and of Prometheus.

    Raises:
        ConfigError: one is too old, or its version does not accept a key.
    """
    for name, key, image in _named(pipeline):
        version = _version_of(image)
        if not version:
            continue
        distribution = load_distribution(name)
        if _order(version) < _order(distribution.oldest):
            wrong = f"is too old for what kubeglass renders for {distribution.title}"
            found = f"{version}, at least {distribution.oldest}"
            raise ConfigError(key, wrong, found=found, hint=_advise(distribution))
        problems = check_config(collector, version) if name == COLLECTOR else []
        if problems:
            wrong = f"does not accept what kubeglass renders for {distribution.title}"
            details = tuple(str(problem) for problem in problems[1:])
            found = f"{version}: {problems[0].path} {problems[0].wrong}"
            raise ConfigError(key, wrong, found=found, hint=_advise(distribution), details=details)


def unknown_versions(pipeline: Pipeline) -> str:
    """Say of which images the version is not known; empty if it is of all."""
    keys = [key for _, key, image in _named(pipeline) if not _version_of(image)]
    if not keys:
        return ""
    return f"{' and '.join(keys)}: the tag names no version, so whether it accepts the configuration is not checked"


def _named(pipeline: Pipeline) -> Iterator[tuple[str, str, str]]:
    """Return engine, key and image where the definition names one."""
    images = pipeline.cluster.images
    for name, part, image in (
        (COLLECTOR, "collector", images.collector),
        (PROMETHEUS, "prometheus", images.prometheus),
    ):
        if image is not None:
            yield name, f"cluster.images.{part}", image


def _version_of(image: str) -> str:
    found = _VERSION_OF_TAG.search(image.rpartition("/")[2])
    return found[1] if found else ""


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _advise(distribution: Distribution) -> str:
    return f"name an image of {distribution.version}, or remove the line"
