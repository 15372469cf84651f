"""Where to find a secret; the secret itself is never in kubeglass.yaml or in rendered files."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from kubeglass.model.sections.section import Section
from kubeglass.model.text import EnvName, Name


class SecretKey(Section):
    """One key of a Kubernetes Secret: in the apps' namespace for `secret_env`, else in the pipeline's."""

    name: Name = Field(description="Name of the Secret, which must exist.")
    key: str = Field(min_length=1, description="Key in the Secret's data.")


class SecretSource(Section):
    """Where a secret comes from: on this machine an environment variable, on a cluster a Secret.

    Without `secret`, `kubeglass deploy --create-secrets` makes one of the variable's value.
    """

    env: EnvName | None = Field(default=None, description="Environment variable that holds it on this machine.")
    secret: SecretKey | None = Field(
        default=None, description="Secret that holds it on a cluster, where `env` is not read."
    )

    @property
    def variable(self) -> str:
        """Environment variable that has it in a process; on the cluster it is filled from the Secret."""
        if self.env is not None:
            return self.env
        assert self.secret is not None, "references.secrets refuses a secret without a place"
        return re.sub(r"\W", "_", f"{self.secret.name}_{self.secret.key}", flags=re.ASCII).upper()


class BasicAuth(Section):
    """A user name and password."""

    username: str = Field(min_length=1, description="The user's name.")
    password: SecretSource = Field(description="Where the password is found.")


#: Words that mark a variable as a secret at the end of its name (not ``TOKEN_TTL``), and a header anywhere.
_SECRETS = (
    r"PASS|PASSWORDS?|PASSWD|PASSPHRASE|SECRETS?|SECRET_KEY(_BASE)?|TOKEN|API_?KEY|PRIVATE_KEY|ACCESS_KEY|CREDENTIALS?"
)
_SECRET_NAME = re.compile(rf"(^|_)({_SECRETS})$", re.IGNORECASE)
_SECRET_HEADER = re.compile(
    rf"(^|_)({_SECRETS}|AUTH|AUTHORIZATION|COOKIE|SESSION|SIGNATURE|HONEYCOMB_TEAM)(_|$)", re.IGNORECASE
)


def names_a_secret(variable: str) -> bool:
    """Whether the name of a variable says that it is a secret."""
    return _SECRET_NAME.search(variable) is not None


def _refuse_credentials(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if _SECRET_HEADER.search(name.replace("-", "_")) or value.lower().startswith(("bearer ", "basic ")):
            raise PydanticCustomError(
                "secret_in_clear",
                "must not contain '{name}' in clear text; use 'auth: {bearer: …}' or "
                "'auth: {header: {name: {name}, value: …}}'",
                {"name": name},
            )
    return headers


#: HTTP headers without secrets, such as a tenant's name.
PlainHeaders = Annotated[
    dict[str, str],
    AfterValidator(_refuse_credentials),
    WithJsonSchema({"type": "object", "additionalProperties": {"type": "string"}}),
]
