"""Secrets have a source and are never in clear text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubeglass.errors import ConfigError
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.problem import Loc, Problem, format_loc
from kubeglass.model.sections.secret import SecretSource, names_a_secret
from kubeglass.model.sections.section import Section

#: Values that contain a secret whatever their name: a URL with a password, or with a key in its query.
_SECRET_VALUE = re.compile(
    r"[a-z][a-z0-9+.-]*://[^\s/@:]*:[^\s/@]+@|[?&](access_?|auth_?)?(token|api_?key|key|password|secret|sig|signature)=",
    re.IGNORECASE,
)


def _all_sources(pipeline: Pipeline) -> Iterator[tuple[Loc, SecretSource]]:
    for index, app in enumerate(pipeline.apps):
        for name, source in app.secret_env.items():
            yield ("apps", index, "secret_env", name), source
        if app.metrics_auth is not None and app.metrics_auth.basic is not None:
            yield ("apps", index, "metrics_auth", "basic", "password"), app.metrics_auth.basic.password
        if app.metrics_auth is not None and app.metrics_auth.bearer is not None:
            yield ("apps", index, "metrics_auth", "bearer"), app.metrics_auth.bearer
    remote = pipeline.storage.remote
    if remote is not None and remote.auth is not None:
        if remote.auth.basic is not None:
            yield ("storage", "remote", "auth", "basic", "password"), remote.auth.basic.password
        if remote.auth.bearer is not None:
            yield ("storage", "remote", "auth", "bearer"), remote.auth.bearer
        if remote.auth.header is not None:
            yield ("storage", "remote", "auth", "header", "value"), remote.auth.header.value


def sources(pipeline: Pipeline) -> list[Problem]:
    """Find secrets without a source."""
    return [
        Problem(loc, "does not say where to find the secret", hint="add 'env: NAME' or 'secret: {name: …, key: …}'")
        for loc, source in _all_sources(pipeline)
        if source.env is None and source.secret is None
    ]


def shared_variables(pipeline: Pipeline) -> list[Problem]:
    """Find variables of the collector that would be filled from two different Secrets."""
    first: dict[str, tuple[Loc, SecretSource]] = {}
    problems = []
    for loc, source in _all_sources(pipeline):
        # An app's own variables are set in its own process.
        if "secret_env" in loc or (source.env is None and source.secret is None):
            continue
        other, known = first.setdefault(source.variable, (loc, source))
        if known.secret != source.secret:
            wrong = f"must not use the variable of {format_loc(other)}, which has another Secret"
            hint = "set a different 'env' for each"
            problems.append(Problem(loc, wrong, found=f"found {source.variable}", hint=hint))
    return problems


def require_secrets(pipeline: Pipeline) -> None:
    """Check that every secret has a place on a cluster, where the variables of this machine are not set.

    Raises:
        ConfigError: one names no Kubernetes Secret.
    """
    for loc, source in _all_sources(pipeline):
        if source.secret is None:
            raise ConfigError(
                format_loc(loc),
                "names no Secret, and a cluster cannot read it from anywhere else",
                found=f"found only 'env: {source.env}'",
                hint="add 'secret: {name: …, key: …}'",
            )


def one_way_to_authenticate(pipeline: Pipeline) -> list[Problem]:
    """Find credentials of which there are several, or none."""
    found: list[tuple[Loc, Section | None]] = [
        (("apps", index, "metrics_auth"), app.metrics_auth) for index, app in enumerate(pipeline.apps)
    ]
    remote = pipeline.storage.remote
    found.append((("storage", "remote", "auth"), remote.auth if remote else None))
    return [problem for loc, auth in found if auth is not None for problem in _ways(loc, auth)]


def _ways(loc: Loc, auth: Section) -> Iterator[Problem]:
    ways = [name for name in type(auth).model_fields if getattr(auth, name) is not None]
    if len(ways) != 1:
        *first, last = (f"'{name}'" for name in type(auth).model_fields)
        wrong = f"must have exactly one of {', '.join(first)} and {last}"
        yield Problem(loc, wrong, found=f"found {' and '.join(ways) or 'none'}")


def clear_text(pipeline: Pipeline) -> list[Problem]:
    """Find variables that look like secrets and have their value in the file."""
    return [
        Problem(
            ("apps", index, "env", name),
            f"looks like a secret by its {what}, and must not be in clear text",
            hint=f"move it to 'secret_env: {{{name}: {{env: {name}}}}}'",
            at_key=True,
        )
        for index, app in enumerate(pipeline.apps)
        for name, value in app.env.items()
        if (what := _what_tells(name, value))
    ]


def _what_tells(name: str, value: str) -> str:
    if names_a_secret(name):
        return "name"
    return "value" if _SECRET_VALUE.search(value) else ""


def repeated_variables(pipeline: Pipeline) -> list[Problem]:
    """Find variables set twice."""
    return [
        Problem(("apps", index, "secret_env", name), "is also set in 'env'", hint="keep one", at_key=True)
        for index, app in enumerate(pipeline.apps)
        for name in app.secret_env
        if name in app.env
    ]
