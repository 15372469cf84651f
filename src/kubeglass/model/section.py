"""What every section of kubeglass.yaml has in common: frozen, and no key it does not know."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator


class Section(BaseModel):
    """A part of the pipeline's definition, immutable once read; an unknown key is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _empty_means_default(cls, data: Any, info: ValidationInfo) -> Any:
        # In a file `scrape:` with every key below it commented out is an empty value, and means the defaults.
        if isinstance(data, dict) and info.context and info.context.get("written"):
            return {key: value for key, value in data.items() if value is not None or key not in cls.model_fields}
        return data
