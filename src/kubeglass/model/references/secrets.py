"""Secrets are named, findable, and never written in clear."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubeglass.model.pipeline import Pipeline
from kubeglass.model.problem import Loc, Problem
from kubeglass.model.secret import SecretSource

#: Endings of variables whose value is a secret wherever they are used; ``TOKEN_TTL`` is not one.
_SECRET_NAME = re.compile(
    r"(^|_)(PASSWORD|PASSWD|SECRET|SECRET_KEY|TOKEN|API_?KEY|PRIVATE_KEY|ACCESS_KEY|CREDENTIALS)$", re.IGNORECASE
)


def _all_sources(pipeline: Pipeline) -> Iterator[tuple[Loc, SecretSource]]:
    for index, app in enumerate(pipeline.apps):
        for name, source in app.secret_env.items():
            yield ("apps", index, "secret_env", name), source
    remote = pipeline.storage.remote
    if remote is not None and remote.auth is not None:
        if remote.auth.basic is not None:
            yield ("storage", "remote", "auth", "basic", "password"), remote.auth.basic.password
        if remote.auth.bearer is not None:
            yield ("storage", "remote", "auth", "bearer"), remote.auth.bearer


def sources(pipeline: Pipeline) -> list[Problem]:
    """Find secrets without a place."""
    return [
        Problem(loc, "does not say where the secret is found", hint="add 'env: NAME' or 'secret: {name: …, key: …}'")
        for loc, source in _all_sources(pipeline)
        if source.env is None and source.secret is None
    ]


def one_way_to_authenticate(pipeline: Pipeline) -> list[Problem]:
    """Find a remote endpoint that is told who we are in two ways or none."""
    remote = pipeline.storage.remote
    if remote is None or remote.auth is None or (remote.auth.basic is None) != (remote.auth.bearer is None):
        return []
    wrong = "must hold exactly one of 'basic' and 'bearer'"
    return [Problem(("storage", "remote", "auth"), wrong, found="found both" if remote.auth.basic else "found none")]


def clear_text(pipeline: Pipeline) -> list[Problem]:
    """Find variables that are secrets by their names, with their values in the file."""
    return [
        Problem(
            ("apps", index, "env", name),
            "is a secret by its name, and must not stand here in clear",
            hint=f"move it to 'secret_env: {{{name}: {{env: {name}}}}}'",
            at_key=True,
        )
        for index, app in enumerate(pipeline.apps)
        for name in app.env
        if _SECRET_NAME.search(name)
    ]


def repeated_variables(pipeline: Pipeline) -> list[Problem]:
    """Find variables set in two places."""
    return [
        Problem(("apps", index, "secret_env", name), "is set in 'env' too", hint="keep one of the two", at_key=True)
        for index, app in enumerate(pipeline.apps)
        for name in app.secret_env
        if name in app.env
    ]
