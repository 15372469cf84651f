"""What can be chosen when an application is instrumented, checked at once."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from kubeglass.catalog import DURATION_BUCKETS, HTTP_METRICS, HTTP_SIZE_METRICS
from kubeglass.errors import InstrumentationError

WHERE = "kubeglass.flask.instrument"
LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
RESERVED_LABELS = frozenset(
    {"le", "pid", *(label for metric in (*HTTP_METRICS, *HTTP_SIZE_METRICS) for label in metric.labels)}
)

#: A fixed value, or a function of the framework's request object.
ExtraLabel = str | Callable[[Any], str]

#: Says whether a request may read the metrics.
Authorize = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Options:
    """Checked choices of one instrumentation.

    Args:
        path: where the application shows its metrics, or None for nowhere.
        buckets: upper bounds of the duration histogram in seconds, ascending, without +Inf.
        exclude: route templates that are not measured; ``*`` stands for any text.
        max_series: how many sets of label values a metric may have.
        extra_labels: label name to fixed value or function of the request.
        sizes: whether request and response sizes are measured too.
        exemplars: whether trace ids are kept for OpenMetrics.
        token: the bearer token that a scrape must show, or empty for none.
        authorize: a function of the framework's request object that says whether it may read the metrics, or None.
        prefix: what the names of the HTTP metrics begin with.
        python_metrics: whether what tells of the Python runtime is shown.
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
    raise InstrumentationError(
        WHERE,
        "path must start with / and contain none of ?# <>",
        found=repr(path),
        hint='give one such as "/metrics", or None',
    )


def check_buckets(buckets: Iterable[float]) -> tuple[float, ...]:
    """Return the bounds as finite ascending floats; a closing +Inf is understood."""
    try:
        bounds = tuple(float(bound) for bound in buckets)
    except (TypeError, ValueError) as error:
        raise _bad_buckets(buckets) from error
    if bounds and bounds[-1] == math.inf:
        bounds = bounds[:-1]
    is_ascending = all(low < high for low, high in pairwise(bounds))
    if not bounds or not is_ascending or not all(math.isfinite(bound) for bound in bounds):
        raise _bad_buckets(buckets)
    return bounds


def _bad_buckets(buckets: object) -> InstrumentationError:
    return InstrumentationError(
        WHERE,
        "buckets are not ascending upper bounds in seconds",
        found=repr(buckets),
        hint="give at least one number, each larger than the one before",
    )


def check_exclude(exclude: Sequence[str]) -> tuple[str, ...]:
    """Return the patterns; one string alone is a mistake, since its letters would be the patterns."""
    if isinstance(exclude, str) or not all(isinstance(pattern, str) for pattern in exclude):
        raise InstrumentationError(
            WHERE,
            "exclude is not a list of route templates",
            found=repr(exclude),
            hint='give a list such as ["/healthz"]',
        )
    return tuple(exclude)


def check_max_series(max_series: int) -> int:
    """Return ``max_series`` if it is a positive integer."""
    if isinstance(max_series, int) and not isinstance(max_series, bool) and max_series >= 1:
        return max_series
    raise InstrumentationError(
        WHERE, "max_series must be a positive integer", found=repr(max_series), hint="set it to 1 or more"
    )


def check_extra_labels(labels: Mapping[str, ExtraLabel]) -> dict[str, ExtraLabel]:
    """Return the labels if every name is a free label name and every value a text or a function."""
    for name, value in labels.items():
        if not LABEL_NAME.fullmatch(name) or name.startswith("__"):
            wrong = "is not a label name"
        elif name in RESERVED_LABELS:
            wrong = "is a label the metrics have already"
        elif not isinstance(value, str) and not callable(value):
            wrong = "has neither a text nor a function as its value"
        else:
            continue
        raise InstrumentationError(
            WHERE, f"extra label {name!r} {wrong}", found=repr(value), hint="choose another name or value"
        )
    return dict(labels)


def check_authorize(authorize: Authorize | None) -> Authorize | None:
    """Return the function, if it is one."""
    if authorize is None or callable(authorize):
        return authorize
    raise InstrumentationError(
        WHERE, "authorize is not a function", found=repr(type(authorize)), hint="give a function of the request"
    )


PREFIX_VARIABLE = "KUBEGLASS_METRICS_PREFIX"
#: Without colons, which are for recording rules: https://prometheus.io/docs/concepts/data_model/.
PREFIX = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*_")


def find_prefix(given: str | None) -> str:
    """Return the prefix given, or that of the environment; or an empty string.

    Raises:
        InstrumentationError: no metric's name can begin with it.
    """
    prefix = os.environ.get(PREFIX_VARIABLE, "") if given is None else given
    if not prefix or PREFIX.fullmatch(prefix):
        return prefix
    where = PREFIX_VARIABLE if given is None else WHERE
    raise InstrumentationError(
        where,
        "prefix must be letters, digits and '_' and end in '_'",
        found=repr(prefix),
        hint='give one such as "shop_"',
    )


PYTHON_VARIABLE = "KUBEGLASS_METRICS_PYTHON"


def find_python_metrics(given: bool | None) -> bool:  # noqa: FBT001  # the option itself
    """Return what was chosen, in code or in the environment; True if nothing was.

    Raises:
        InstrumentationError: the variable is neither 0 nor 1.
    """
    if given is not None:
        return given
    text = os.environ.get(PYTHON_VARIABLE, "1")
    if text not in ("0", "1"):
        raise InstrumentationError(PYTHON_VARIABLE, "must be 0 or 1", found=repr(text), hint="set it to 0, or unset it")
    return text == "1"


TOKEN_VARIABLE = "KUBEGLASS_METRICS_TOKEN"  # noqa: S105  # a variable's name
TOKEN_FILE_VARIABLE = "KUBEGLASS_METRICS_TOKEN_FILE"  # noqa: S105


def find_token(given: str | None) -> str:
    """Return the token given, or that of the environment; or an empty string.

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
