"""Sizes (``10GB``) and quantities (``250m``, ``256Mi``), kept as the text Prometheus and Kubernetes read."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

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
        raise ValueError("must be less than 8EB, as engines count no further")
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
    # `cpu: 1` is a number to YAML and a quantity to Kubernetes; a size without a unit is told what it lacks.
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _validate_cpu(value: str) -> str:
    parse_cpu(value)
    return value


def _validate_memory(value: str) -> str:
    size = parse_memory(value)
    if not _LEAST_MEMORY <= size <= _LARGEST:
        raise ValueError("must be a memory quantity of at least 6Mi, such as 256Mi or 1Gi")
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
