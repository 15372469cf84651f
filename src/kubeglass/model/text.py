"""Words with rules of their own: names of Kubernetes objects, environment variables, addresses and paths."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError


def _matching(pattern: str, wrong: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(wrong)
        return value

    return check


def _check_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018  # raises when the port is not a number
    except ValueError:
        raise ValueError("must be an address such as https://mimir.example.org/otlp") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an address such as https://mimir.example.org/otlp")
    if parts.username is not None or parts.password is not None:
        # The message must not repeat the address: it holds the secret.
        raise PydanticCustomError(
            "secret_in_clear", "must not hold a user name or password; use the 'auth' section, which names a variable"
        )
    return value.rstrip("/")


def _check_node_port(value: int) -> int:
    if not 30000 <= value <= 32767:
        raise ValueError("must be in Kubernetes' range of NodePorts, 30000 to 32767")
    return value


_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_ENV = r"[A-Za-z_][A-Za-z0-9_]*"
_MODULE = r"[A-Za-z_][\w.]*:[A-Za-z_]\w*(\(\))?"
_TARGET = r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?):(\d{1,5})"
_ABSOLUTE = r"/[^\0]*"

#: An RFC 1123 label, the rule for names of most Kubernetes objects.
Name = Annotated[
    str,
    AfterValidator(_matching(_LABEL, "must be lower-case letters, digits and '-', at most 63, such as my-shop")),
    WithJsonSchema({"type": "string", "pattern": f"^{_LABEL}$", "maxLength": 63}),
]

#: The name of an environment variable.
EnvName = Annotated[
    str,
    AfterValidator(
        _matching(_ENV, "must be the name of an environment variable (letters, digits and '_'), never its value")
    ),
    WithJsonSchema({"type": "string", "pattern": f"^{_ENV}$"}),
]

#: Where Python finds the WSGI application, as gunicorn writes it.
Module = Annotated[
    str,
    AfterValidator(_matching(_MODULE, "must be a module and a name in it, such as shop:app or shop:create_app()")),
    WithJsonSchema({"type": "string", "pattern": f"^{_MODULE}$", "examples": ["shop:app", "shop:create_app()"]}),
]

#: ``host:port`` of something that listens already.
Target = Annotated[
    str,
    AfterValidator(_matching(_TARGET, "must be host:port without a scheme or path, such as 127.0.0.1:8000")),
    WithJsonSchema({"type": "string", "pattern": f"^{_TARGET}$", "examples": ["127.0.0.1:8000"]}),
]

#: A path from the root of a file system or of a web server.
AbsolutePath = Annotated[
    str,
    AfterValidator(_matching(_ABSOLUTE, "must start with '/'")),
    WithJsonSchema({"type": "string", "pattern": "^/"}),
]

#: An http(s) address that holds no credentials.
Url = Annotated[str, AfterValidator(_check_url), WithJsonSchema({"type": "string", "format": "uri"})]

#: A port that Kubernetes opens on every node: https://kubernetes.io/docs/concepts/services-networking/service/
NodePort = Annotated[
    int,
    AfterValidator(_check_node_port),
    WithJsonSchema({"type": "integer", "minimum": 30000, "maximum": 32767}),
]


def split_target(target: str) -> tuple[str, int]:
    """Split ``host:port`` that was validated as a :data:`Target`."""
    host, _, port = target.rpartition(":")
    return host, int(port)
