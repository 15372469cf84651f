"""Secrets for what a definition names only by a variable of this machine: their names and keys, never their values.

`kubeglass deploy --create-secrets` fills them; they are in no rendered file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kubeglass.model.parts import COLLECTOR
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App
from kubeglass.model.sections.secret import SecretKey, SecretSource
from kubeglass.model.sections.section import Section
from kubeglass.model.text import LONGEST_NAME

_SUFFIX = "-env"


@dataclass(frozen=True, slots=True)
class CreatedSecret:
    """A Secret to create: its place, the part that needs it, and the variables that become its keys."""

    name: str
    namespace: str
    part: str
    component: str
    variables: tuple[str, ...]


def name_secrets(pipeline: Pipeline) -> tuple[Pipeline, list[CreatedSecret]]:
    """Return the pipeline with a Secret for every source without one, and these Secrets.

    An app's variables share one, in its namespace; what the collector needs shares another, in its own.
    """
    cluster = pipeline.cluster
    created = [
        _secret(app.name, "app", pipeline.namespace_of(app), app.secret_env)
        for app in pipeline.apps
        if any(map(_is_bare, app.secret_env.values()))
    ]
    collectors = [source for source in pipeline.collector_secrets if _is_bare(source)]
    if collectors:
        created.append(_secret(COLLECTOR, "collector", cluster.namespace, dict(enumerate(collectors))))
    apps = tuple(_name_in_app(app) for app in pipeline.apps)
    storage = _name_all(pipeline.storage, _name_of(COLLECTOR))
    return pipeline.model_copy(update={"apps": apps, "storage": storage}), created


def _secret(part: str, component: str, namespace: str, sources: dict[Any, SecretSource]) -> CreatedSecret:
    variables = sorted({source.env for source in sources.values() if source.env and _is_bare(source)})
    return CreatedSecret(_name_of(part), namespace, part, component, tuple(variables))


def _name_of(part: str) -> str:
    name = f"{part}{_SUFFIX}"
    if len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(part.encode()).hexdigest()[:8]
    return f"{part[: LONGEST_NAME - len(digest) - len(_SUFFIX) - 1]}-{digest}{_SUFFIX}"


def _name_in_app(app: App) -> App:
    own = {name: _name_all(source, _name_of(app.name)) for name, source in app.secret_env.items()}
    return app.model_copy(update={"secret_env": own, "metrics_auth": _name_all(app.metrics_auth, _name_of(COLLECTOR))})


def _name_all(value: Any, secret: str) -> Any:
    """Return ``value`` with every source in it that has no Secret in that of the name ``secret``."""
    if isinstance(value, SecretSource):
        if value.env is None or value.secret is not None:
            return value
        return value.model_copy(update={"secret": SecretKey(name=secret, key=value.env)})
    if isinstance(value, Section):
        changed = dict(_changed(value, secret))
        return value.model_copy(update=changed) if changed else value
    return value


def _changed(section: Section, secret: str) -> Iterator[tuple[str, Any]]:
    for name in type(section).model_fields:
        before = getattr(section, name)
        after = _name_all(before, secret)
        if after is not before:
            yield name, after


def _is_bare(source: SecretSource) -> bool:
    return source.env is not None and source.secret is None
