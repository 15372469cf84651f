"""Durations (``15s``), percentages (``99.9%``), sizes (``10GB``) and Kubernetes quantities (``250m``, ``256Mi``)."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, ValidationInfo, WithJsonSchema

from kubeglass.model.duration import DURATION, format_duration, parse_duration

#: A request may be far below what the pod needs; more than ten times it is a mistake.
_MOST_UTILIZATION = 1000


def format_percent(percent: float) -> str:
    """Write a percentage with all its digits: ``99.99999999%`` is not ``100%``."""
    return f"{percent:.15g}%"


def _validate_duration(value: object, info: ValidationInfo) -> float:
    # Code passes seconds as a float; in a file a bare number has no unit.
    written = bool(info.context and info.context.get("written"))
    return value if isinstance(value, float) and not written else parse_duration(value)


def _validate_percent(value: object) -> float:
    text = value[:-1] if isinstance(value, str) and value.endswith("%") else value
    try:
        percent = float(text)  # type: ignore[arg-type]  # what float() rejects is reported below
    except (TypeError, ValueError):
        percent = -1.0
    if isinstance(value, bool) or not 0 < percent < 100:
        raise ValueError("must be a percentage between 0 and 100, such as 99.9%")
    return percent


def _validate_utilization(value: object) -> int:
    is_written = isinstance(value, str | int) and not isinstance(value, bool)
    match = re.fullmatch(r"([0-9]{1,4})%?", str(value)) if is_written else None
    share = int(match[1]) if match else 0
    if not 1 <= share <= _MOST_UTILIZATION:
        raise ValueError("must be a whole percentage of what the pod requests, from 1% to 1000%, such as 70%")
    return share


#: Seconds as a float, written in a file as ``15s``.
Duration = Annotated[
    float,
    BeforeValidator(_validate_duration),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": f"^{DURATION}$", "examples": ["15s", "1m30s", "500ms"]}),
]

#: A percentage as a float above 0 and below 100, written ``99.9%`` or ``99.9``.
Percent = Annotated[
    float,
    BeforeValidator(_validate_percent),
    PlainSerializer(format_percent, return_type=str, when_used="json"),
    WithJsonSchema({"type": ["string", "number"], "pattern": r"^\d+(\.\d+)?%?$", "examples": ["99.9%"]}),
]


#: A share of what a pod requests, as a whole number of percent; it may use more than it requests. Written ``70%``.
Utilization = Annotated[
    int,
    BeforeValidator(_validate_utilization),
    PlainSerializer(lambda share: f"{share}%", return_type=str, when_used="json"),
    WithJsonSchema({"type": ["string", "integer"], "pattern": r"^\d+%?$", "examples": ["70%"]}),
]

#: Prometheus counts its storage sizes by 1024: https://prometheus.io/docs/prometheus/latest/storage/
_SIZE = r"([0-9]{1,15})(B|KB|MB|GB|TB|PB|EB)"
_SIZE_BYTES: dict[str, int] = {
    unit: 1024**power for power, unit in enumerate(("B", "KB", "MB", "GB", "TB", "PB", "EB"))
}

#: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
_CPU = r"([0-9]{1,9}m|[0-9]{1,9}(?:\.[0-9]{1,3})?)"
_MEMORY = r"([0-9]{1,15})(Ki|Mi|Gi|Ti|k|M|G|T)?"
_MEMORY_BYTES: dict[str, int] = {
    **{unit: 1024**power for power, unit in enumerate(("", "Ki", "Mi", "Gi", "Ti"))},
    **{unit: 1000**power for power, unit in enumerate(("", "k", "M", "G", "T"))},
}

#: Sizes are kept in 64 bits with a sign.
_LARGEST = 2**63 - 1

#: No container starts with less, so a unit was forgotten: https://docs.docker.com/engine/containers/resource_constraints/
_LEAST_MEMORY = 6 * 1024**2


def parse_size(text: str) -> int:
    """Read a Prometheus storage size such as ``10GB`` into bytes.

    Raises:
        ValueError: it is not a size.
    """
    match = re.fullmatch(_SIZE, text)
    if match is None:
        raise ValueError("must be a size with a unit, such as 512MB or 10GB")
    size = int(match[1]) * _SIZE_BYTES[match[2]]
    if size > _LARGEST:
        raise ValueError("must be less than 8EB, the most the engines accept")
    return size


def parse_cpu(text: str) -> float:
    """Read a Kubernetes CPU quantity such as ``250m`` or ``1.5`` into cores.

    Raises:
        ValueError: it is not a CPU quantity.
    """
    if not re.fullmatch(_CPU, text):
        raise ValueError("must be a CPU quantity, such as 250m (a quarter of a core) or 1.5")
    return int(text[:-1]) / 1000 if text.endswith("m") else float(text)


def parse_memory(text: str) -> int:
    """Read a Kubernetes memory quantity such as ``256Mi`` into bytes.

    Raises:
        ValueError: it is not a memory quantity.
    """
    match = re.fullmatch(_MEMORY, text)
    if match is None:
        raise ValueError("must be a memory quantity, such as 256Mi or 1Gi")
    return int(match[1]) * _MEMORY_BYTES[match[2] or ""]


def _validate_size(value: str) -> str:
    parse_size(value)
    return value


def _number_as_text(value: object) -> object:
    # `cpu: 1` is a number in YAML and a quantity in Kubernetes; for a size, the message asks for a unit.
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _validate_cpu(value: str) -> str:
    parse_cpu(value)
    return value


def _validate_memory(value: str) -> str:
    size = parse_memory(value)
    if not _LEAST_MEMORY <= size <= _LARGEST:
        raise ValueError("must be at least 6Mi, with a unit such as 256Mi or 1Gi")
    return value


#: A Prometheus storage size, as written: ``10GB``.
Size = Annotated[
    str,
    BeforeValidator(_number_as_text),
    AfterValidator(_validate_size),
    WithJsonSchema({"type": "string", "pattern": f"^{_SIZE}$", "examples": ["512MB", "10GB"]}),
]

#: A Kubernetes CPU quantity, as written: ``250m``.
Cpu = Annotated[
    str,
    BeforeValidator(_number_as_text),
    AfterValidator(_validate_cpu),
    WithJsonSchema({"type": ["string", "number"], "pattern": f"^{_CPU}$", "examples": ["250m", "1.5"]}),
]

#: A Kubernetes memory quantity, as written: ``256Mi``.
Memory = Annotated[
    str,
    BeforeValidator(_number_as_text),
    AfterValidator(_validate_memory),
    WithJsonSchema({"type": ["string", "number"], "pattern": f"^{_MEMORY}$", "examples": ["256Mi", "1Gi"]}),
]
