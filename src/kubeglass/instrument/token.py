"""The bearer token of the metrics page: from code, environment or file, never written anywhere."""

from __future__ import annotations

import os
from pathlib import Path

from kubeglass.errors import InstrumentationError

TOKEN_VARIABLE = "KUBEGLASS_METRICS_TOKEN"  # noqa: S105  # a variable's name
TOKEN_FILE_VARIABLE = "KUBEGLASS_METRICS_TOKEN_FILE"  # noqa: S105


def find_token(given: str | None) -> str:
    """Return the token given, or that of the environment; empty if there is none.

    Raises:
        InstrumentationError: the token is empty, or the file with it cannot be read. An open page in place of one that
            was meant to be closed would go unnoticed.
    """
    if given is not None:
        return _check(given, "token")
    if TOKEN_VARIABLE in os.environ:
        return _check(os.environ[TOKEN_VARIABLE], TOKEN_VARIABLE)
    path = os.environ.get(TOKEN_FILE_VARIABLE)
    if path is None:
        return ""
    try:
        return _check(Path(path).read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as error:
        raise InstrumentationError(
            f"{TOKEN_FILE_VARIABLE}={path}",
            "the token cannot be read",
            found=type(error).__name__,
            hint="make it readable",
        ) from error


def _check(token: str, where: str) -> str:
    token = token.strip()
    if not token:
        raise InstrumentationError(where, "the bearer token is empty", hint="give one, or unset it")
    return token
