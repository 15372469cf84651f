"""Where a secret is found; the secret itself never stands in kubeglass.yaml nor in anything rendered from it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from kubeglass.model.section import Section
from kubeglass.model.text import EnvName, Name


class SecretKey(Section):
    """One key of a Kubernetes Secret in the pipeline's namespace."""

    name: Name = Field(description="Name of the Secret.")
    key: str = Field(min_length=1, description="Key in the Secret's data.")


class SecretSource(Section):
    """Where a secret comes from: on this machine an environment variable, on the cluster a Secret."""

    env: EnvName | None = Field(default=None, description="Environment variable that holds it on this machine.")
    secret: SecretKey | None = Field(default=None, description="Secret that holds it on the cluster.")

    @property
    def variable(self) -> str:
        """Environment variable that carries it into a process, on the cluster filled from the Secret."""
        if self.env is not None:
            return self.env
        assert self.secret is not None, "references.secrets refuses a secret without a place"
        return re.sub(r"\W", "_", f"{self.secret.name}_{self.secret.key}", flags=re.ASCII).upper()


def _refuse_credentials(headers: dict[str, str]) -> dict[str, str]:
    for name in headers:
        if name.lower() in {"authorization", "proxy-authorization", "cookie", "x-api-key"}:
            raise PydanticCustomError(
                "secret_in_clear", "must not hold '{name}', which is a secret; use the 'auth' section", {"name": name}
            )
    return headers


#: HTTP headers that are no secret, such as a tenant's name.
PlainHeaders = Annotated[
    dict[str, str],
    AfterValidator(_refuse_credentials),
    WithJsonSchema({"type": "object", "additionalProperties": {"type": "string"}}),
]
