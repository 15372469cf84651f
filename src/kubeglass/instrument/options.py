"""The options of an instrumented application, checked."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from kubeglass.catalog import DURATION_BUCKETS, HTTP_METRICS, HTTP_SIZE_METRICS
from kubeglass.errors import InstrumentationError

WHERE = "kubeglass.flask.instrument"
PREFIX_VARIABLE = "KUBEGLASS_METRICS_PREFIX"
PYTHON_VARIABLE = "KUBEGLASS_METRICS_PYTHON"
TOKEN_VARIABLE = "KUBEGLASS_METRICS_TOKEN"  # noqa: S105  # a variable's name
TOKEN_FILE_VARIABLE = "KUBEGLASS_METRICS_TOKEN_FILE"  # noqa: S105

LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
RESERVED_LABELS = frozenset(
    {"le", "pid", *(label for metric in (*HTTP_METRICS, *HTTP_SIZE_METRICS) for label in metric.labels)}
)

#: Without colons, which are for recording rules: https://prometheus.io/docs/concepts/data_model/.
PREFIX = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*_")

#: A fixed value, or a function of the framework's request object.
ExtraLabel = str | Callable[[Any], str]

#: Returns whether a request, the framework's object, may read the metrics.
Authorize = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Options:
    """The options of :func:`kubeglass.flask.instrument`, checked.

    Args:
        buckets: ascending upper bounds in seconds, without +Inf.
        token: the bearer token, or empty for none.
    """

    path: str | None = "/metrics"
    buckets: tuple[float, ...] = DURATION_BUCKETS
    exclude: tuple[str, ...] = ()
    max_series: int = 2000
    extra_labels: Mapping[str, ExtraLabel] = field(default_factory=dict)
    sizes: bool = False
    exemplars: bool = True
    token: str = field(default="", repr=False)
    authorize: Authorize | None = None
    prefix: str = ""
    python_metrics: bool = True


def check_path(path: str | None) -> str | None:
    """Return the path if an application can answer at it."""
    if path is None or (path.startswith("/") and not set(path) & set("?# <>")):
        return path
    raise _invalid("path must start with / and contain none of ?# <>", path, 'use one such as "/metrics", or None')


def check_buckets(buckets: Iterable[float]) -> tuple[float, ...]:
    """Return the bounds as finite ascending floats; +Inf may come last and is dropped."""
    bounds: tuple[float, ...] = ()
    with suppress(TypeError, ValueError):
        bounds = tuple(float(bound) for bound in buckets)
    if bounds and bounds[-1] == math.inf:
        bounds = bounds[:-1]
    is_ascending = all(low < high for low, high in pairwise(bounds))
    if bounds and is_ascending and all(math.isfinite(bound) for bound in bounds):
        return bounds
    hint = "list at least one number, each greater than the one before"
    raise _invalid("buckets are not ascending upper bounds in seconds", buckets, hint)


def check_exclude(exclude: Sequence[str]) -> tuple[str, ...]:
    """Return the patterns; a string is a mistake, since each of its letters would be a pattern."""
    if isinstance(exclude, str) or not all(isinstance(pattern, str) for pattern in exclude):
        raise _invalid("exclude is not a list of route templates", exclude, 'use a list such as ["/healthz"]')
    return tuple(exclude)


def check_max_series(max_series: int) -> int:
    """Return ``max_series`` if it is a positive integer."""
    if isinstance(max_series, int) and not isinstance(max_series, bool) and max_series >= 1:
        return max_series
    raise _invalid("max_series must be a positive integer", max_series, "set it to 1 or more")


def check_extra_labels(labels: Mapping[str, ExtraLabel]) -> dict[str, ExtraLabel]:
    """Return the labels if every name is free and valid, and every value is a string or a function."""
    for name, value in labels.items():
        if not LABEL_NAME.fullmatch(name) or name.startswith("__"):
            wrong = "is not a valid label name"
        elif name in RESERVED_LABELS:
            wrong = "is already a label of the metrics"
        elif not isinstance(value, str) and not callable(value):
            wrong = "is neither a string nor a function"
        else:
            continue
        raise _invalid(f"extra label {name!r} {wrong}", value, "choose another name or value")
    return dict(labels)


def check_authorize(authorize: Authorize | None) -> Authorize | None:
    """Return ``authorize`` if it is a function or None."""
    if authorize is None or callable(authorize):
        return authorize
    raise _invalid("authorize is not a function", type(authorize), "pass a function of the request")


def find_prefix(given: str | None) -> str:
    """Return the given prefix, else the environment's, else an empty string.

    Raises:
        InstrumentationError: no metric name can start with it.
    """
    prefix = os.environ.get(PREFIX_VARIABLE, "") if given is None else given
    if not prefix or PREFIX.fullmatch(prefix):
        return prefix
    where = PREFIX_VARIABLE if given is None else WHERE
    raise _invalid(
        "prefix must consist of letters, digits and '_', and end in '_'", prefix, 'use one such as "shop_"', where
    )


def find_python_metrics(given: bool | None) -> bool:  # noqa: FBT001  # the option itself
    """Return the given choice, else the environment's, else True.

    Raises:
        InstrumentationError: the variable is neither 0 nor 1.
    """
    if given is not None:
        return given
    text = os.environ.get(PYTHON_VARIABLE, "1")
    if text not in ("0", "1"):
        raise _invalid("must be 0 or 1", text, "set it to 0, or unset it", PYTHON_VARIABLE)
    return text == "1"


def find_token(given: str | None) -> str:
    """Return the given token, else the environment's, else an empty string.

    Raises:
        InstrumentationError: the token is empty or its file unreadable; to serve the metrics without one would go
            unnoticed.
    """
    if given is not None:
        return _check_token(given, "token")
    if TOKEN_VARIABLE in os.environ:
        return _check_token(os.environ[TOKEN_VARIABLE], TOKEN_VARIABLE)
    path = os.environ.get(TOKEN_FILE_VARIABLE)
    if path is None:
        return ""
    try:
        return _check_token(Path(path).read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as error:
        where, found = f"{TOKEN_FILE_VARIABLE}={path}", type(error).__name__
        raise InstrumentationError(where, "cannot read the token", found=found, hint="make it readable") from error


def _check_token(token: str, where: str) -> str:
    token = token.strip()
    if not token:
        raise InstrumentationError(where, "the bearer token is empty", hint="set one, or unset it")
    return token


def _invalid(wrong: str, found: object, hint: str, where: str = WHERE) -> InstrumentationError:
    return InstrumentationError(where, wrong, found=repr(found), hint=hint)
