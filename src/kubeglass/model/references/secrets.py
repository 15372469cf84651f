"""Secrets have a source and are never in clear text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubeglass.errors import ConfigError
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.problem import Loc, Problem, format_loc
from kubeglass.model.sections.app import MetricsAuth
from kubeglass.model.sections.secret import SecretSource, names_a_secret
from kubeglass.model.sections.storage import Auth

#: Values that contain a secret whatever their name: a URL with a password, or with a key in its query.
_SECRET_VALUE = re.compile(
    r"[a-z][a-z0-9+.-]*://[^\s/@:]*:[^\s/@]+@|[?&](access_?|auth_?)?(token|api_?key|key|password|secret|sig|signature)=",
    re.IGNORECASE,
)


def sources(pipeline: Pipeline) -> Iterator[Problem]:
    """Find secrets without a source."""
    for loc, source in _all_sources(pipeline):
        if source.env is None and source.secret is None:
            hint = "add 'env: NAME' or 'secret: {name: …, key: …}'"
            yield Problem(loc, "does not say where to find the secret", hint=hint)


def shared_variables(pipeline: Pipeline) -> Iterator[Problem]:
    """Find variables of the collector that would be filled from two different Secrets."""
    first: dict[str, tuple[Loc, SecretSource]] = {}
    for loc, source in _all_sources(pipeline):
        # An app's own variables are set in its own process.
        if "secret_env" in loc or (source.env is None and source.secret is None):
            continue
        other, known = first.setdefault(source.variable, (loc, source))
        if known.secret != source.secret:
            wrong = f"must not use the variable of {format_loc(other)}, which has another Secret"
            yield Problem(loc, wrong, found=f"found {source.variable}", hint="set a different 'env' for each")


def require_secrets(pipeline: Pipeline) -> None:
    """Check that every secret has a Kubernetes Secret; the variables of this machine are not set on a cluster.

    Raises:
        ConfigError: some name no Secret; the details are all of these but the first.
    """
    bare = [(format_loc(loc), source) for loc, source in _all_sources(pipeline) if source.secret is None]
    if bare:
        (where, first), *others = bare
        raise ConfigError(
            where,
            "names no Secret, and a cluster cannot read it from anywhere else",
            found=f"found only 'env: {first.env}'",
            hint="add 'secret: {name: …, key: …}', or have `kubeglass deploy --create-secrets` make one",
            details=tuple(f"{other} names none either, only 'env: {source.env}'" for other, source in others),
        )


def _all_sources(pipeline: Pipeline) -> Iterator[tuple[Loc, SecretSource]]:
    for index, app in enumerate(pipeline.apps):
        for name, source in app.secret_env.items():
            yield ("apps", index, "secret_env", name), source
    for loc, auth in _all_auths(pipeline):
        if auth.basic is not None:
            yield (*loc, "basic", "password"), auth.basic.password
        if auth.bearer is not None:
            yield (*loc, "bearer"), auth.bearer
        if isinstance(auth, Auth) and auth.header is not None:
            yield (*loc, "header", "value"), auth.header.value


def _all_auths(pipeline: Pipeline) -> Iterator[tuple[Loc, MetricsAuth | Auth]]:
    for index, app in enumerate(pipeline.apps):
        if app.metrics_auth is not None:
            yield ("apps", index, "metrics_auth"), app.metrics_auth
    remote = pipeline.storage.remote
    if remote is not None and remote.auth is not None:
        yield ("storage", "remote", "auth"), remote.auth


def one_way_to_authenticate(pipeline: Pipeline) -> Iterator[Problem]:
    """Find credentials of which there are several, or none."""
    for loc, auth in _all_auths(pipeline):
        known = type(auth).model_fields
        ways = [name for name in known if getattr(auth, name) is not None]
        if len(ways) != 1:
            *first, last = (f"'{name}'" for name in known)
            wrong = f"must have exactly one of {', '.join(first)} and {last}"
            yield Problem(loc, wrong, found=f"found {' and '.join(ways) or 'none'}")


def variables(pipeline: Pipeline) -> Iterator[Problem]:
    """Find variables that look like secrets and have their value in the file, and variables set twice."""
    for index, app in enumerate(pipeline.apps):
        for name, value in app.env.items():
            what = "name" if names_a_secret(name) else "value" if _SECRET_VALUE.search(value) else ""
            if what:
                wrong = f"looks like a secret by its {what}, and must not be in clear text"
                place = f"{{env: {name}, secret: {{name: {app.name}, key: {name}}}}}"
                hint = f"move it to 'secret_env: {{{name}: {place}}}': a local run reads 'env', a cluster 'secret'"
                yield Problem(("apps", index, "env", name), wrong, hint=hint, at_key=True)
        for name in app.secret_env.keys() & app.env.keys():
            loc = ("apps", index, "secret_env", name)
            yield Problem(loc, "is also set in 'env'", hint="keep one", at_key=True)
