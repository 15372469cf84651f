"""What the sections of kubeglass.yaml share: they are frozen, reject unknown keys, and may set resources."""

from __future__ import annotations

from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, model_validator
from pydantic.fields import FieldInfo

from kubeglass.model.quantity import Cpu, Memory


class Section(BaseModel):
    """A part of the pipeline's definition; immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _empty_means_default(cls, data: Any, info: ValidationInfo) -> Any:
        # In a file, `scrape:` with every key below it commented out is an empty value and means the defaults.
        if isinstance(data, dict) and info.context and info.context.get("written"):
            fields = cls.model_fields
            return {
                key: value
                for key, value in data.items()
                if value is not None or key not in fields or _may_be_emptied(fields[key])
            }
        return data


def _may_be_emptied(field: FieldInfo) -> bool:
    """Return whether the field has a default other than "none", and "none" can be chosen: ``replicas: null``."""
    return field.default is not None and NoneType in get_args(field.annotation)


class Amount(Section):
    """CPU and memory; a missing one is neither requested nor limited."""

    cpu: Cpu | None = Field(default=None, description="Cores, such as 250m.")
    memory: Memory | None = Field(default=None, description="Bytes, such as 256Mi.")


class Resources(Section):
    """Requests decide where a pod fits, limits when it is throttled (CPU) or killed (memory)."""

    requests: Amount = Amount()
    limits: Amount = Amount()
