"""Types of text and whole numbers with rules: names, addresses, paths, modules and ports."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError


def _matching(pattern: str, wrong: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(wrong)
        return value

    return check


def _check_url(value: str) -> str:
    # These messages must not show the URL: it may contain the secret.
    if "@" in value:
        raise PydanticCustomError(
            "secret_in_clear", "must not contain a user name or password; use 'auth', which refers to a variable"
        )
    if "?" in value or "#" in value:
        raise PydanticCustomError(
            "secret_in_clear",
            "must be a base address without '?' or '#'; put credentials in 'auth', which refers to a variable",
        )
    try:
        parts = urlsplit(value)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise ValueError("must be a URL such as https://mimir.example.org/otlp")
    return value.rstrip("/")


def _check_target(value: str) -> str:
    wrong = "must be host:port without a scheme or path, such as 127.0.0.1:8000"
    if "@" in value:
        raise PydanticCustomError("secret_in_clear", wrong)
    _matching(_TARGET, wrong)(value)
    if not 1 <= split_target(value)[1] <= _LARGEST_PORT:
        raise ValueError(f"must name a port from 1 to {_LARGEST_PORT}")
    return value


def _check_module(value: str) -> str:
    name, _, expression = value.partition(":")
    if (
        not value.isprintable()
        or not all(part.isidentifier() for part in name.split("."))
        or not _names_app(expression)
    ):
        raise ValueError(
            "must be a module and a name in it, or a call with literal arguments, "
            "such as shop:app, shop:create_app() or shop:create_app('test')"
        )
    return value


def _names_app(expression: str) -> bool:
    """Whether gunicorn would accept the expression: https://docs.gunicorn.org/en/stable/run.html."""
    try:
        node = ast.parse(expression, mode="eval").body
        if isinstance(node, ast.Call):
            for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
                ast.literal_eval(argument)
            return isinstance(node.func, ast.Name) and all(keyword.arg for keyword in node.keywords)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return False
    return isinstance(node, ast.Name)


def _check_endpoint(value: str) -> str:
    if not value.isprintable() or not 1 <= len(value) <= _LONGEST_ENDPOINT:
        raise ValueError(f"must be a route template on one line, at most {_LONGEST_ENDPOINT} characters")
    return value


def _refuse_truth(value: object) -> object:
    # In Python, `true` is 1.
    if isinstance(value, bool):
        raise PydanticCustomError("int_type", "must be a whole number")
    return value


def _check_container_port(value: object) -> int | str:
    if isinstance(value, str):
        wrong = (
            "must be a port number, or the name of a container's port: lower-case letters, digits and '-', at most 15"
        )
        return _matching(_PORT_NAME, wrong)(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise PydanticCustomError("int_type", "must be a whole number")
    if not 1 <= value <= _LARGEST_PORT:
        raise ValueError(f"must be a port from 1 to {_LARGEST_PORT}")
    return value


def _check_node_port(value: int) -> int:
    if not 30000 <= value <= 32767:
        raise ValueError("must be a NodePort, 30000 to 32767")
    return value


#: Characters of an RFC 1123 label.
LONGEST_NAME = 63
_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_HOST_NAME = rf"(\*\.)?{_SUBDOMAIN}"
#: https://www.rfc-editor.org/rfc/rfc6335#section-5.1
_PORT_NAME = r"(?=.*[a-z])[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?"
_ENV = r"[A-Za-z_][A-Za-z0-9_]*"
_MODULE = r"[A-Za-z_][\w.]*:[A-Za-z_]\w*(\(.*\))?"
_TARGET = r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?):([0-9]{1,5})"
_ABSOLUTE = r"/[^\0-\x1f\x7f]*"
#: https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels
_METRIC = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_METRIC_PREFIX = r"[a-zA-Z_][a-zA-Z0-9_]*_"
#: A token of https://www.rfc-editor.org/rfc/rfc9110#name-tokens.
_HEADER = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_LABEL_NAME = r"[a-zA-Z_][a-zA-Z0-9_]*"
_LARGEST_PORT = 65535
_LONGEST_ENDPOINT = 500

#: An RFC 1123 label, the rule for names of most Kubernetes objects.
Name = Annotated[
    str,
    AfterValidator(_matching(_LABEL, "must be lower-case letters, digits and '-', at most 63, such as my-shop")),
    WithJsonSchema({"type": "string", "pattern": f"^{_LABEL}$", "maxLength": LONGEST_NAME}),
]

#: An RFC 1123 subdomain, the rule for names of the other objects.
ObjectName = Annotated[
    str,
    AfterValidator(_matching(_SUBDOMAIN, "must be lower-case letters, digits, '-' and '.', such as my-shop")),
    WithJsonSchema({"type": "string", "pattern": f"^{_SUBDOMAIN}$", "maxLength": 253}),
]

#: A DNS name, or all names below one.
HostName = Annotated[
    str,
    AfterValidator(_matching(_HOST_NAME, "must be a lower-case host name, such as pi.local or *.example.com")),
    WithJsonSchema({"type": "string", "pattern": f"^{_HOST_NAME}$", "maxLength": 253}),
]

#: The name of an environment variable.
EnvName = Annotated[
    str,
    AfterValidator(
        _matching(_ENV, "must be the name of an environment variable (letters, digits and '_'), never its value")
    ),
    WithJsonSchema({"type": "string", "pattern": f"^{_ENV}$"}),
]

#: The WSGI application, as gunicorn's argument.
Module = Annotated[
    str,
    AfterValidator(_check_module),
    WithJsonSchema({"type": "string", "pattern": f"^{_MODULE}$", "examples": ["shop:app", "shop:create_app('test')"]}),
]

#: ``host:port`` of a running application.
Target = Annotated[
    str,
    AfterValidator(_check_target),
    WithJsonSchema({"type": "string", "pattern": f"^{_TARGET}$", "examples": ["127.0.0.1:8000"]}),
]

#: A path from the root of a file system or web server.
AbsolutePath = Annotated[
    str,
    AfterValidator(_matching(_ABSOLUTE, "must be an absolute path on one line, starting with '/'")),
    WithJsonSchema({"type": "string", "pattern": "^/"}),
]

#: An http(s) URL without credentials.
Url = Annotated[str, AfterValidator(_check_url), WithJsonSchema({"type": "string", "format": "uri"})]

#: A route as the framework writes it, such as ``/items/<int:id>``.
Endpoint = Annotated[
    str,
    AfterValidator(_check_endpoint),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": _LONGEST_ENDPOINT}),
]

#: The name of a metric in PromQL.
MetricName = Annotated[
    str,
    AfterValidator(_matching(_METRIC, "must be a metric name: letters, digits, '_' and ':', such as orders_total")),
    WithJsonSchema({"type": "string", "pattern": f"^{_METRIC}$"}),
]

#: Prefix of the names of metrics.
MetricPrefix = Annotated[
    str,
    AfterValidator(_matching(_METRIC_PREFIX, "must be letters, digits and '_' and end in '_', such as shop_")),
    WithJsonSchema({"type": "string", "pattern": f"^{_METRIC_PREFIX}$", "examples": ["shop_"]}),
]

#: The name of an HTTP header.
HeaderName = Annotated[
    str,
    AfterValidator(_matching(_HEADER, "must be the name of an HTTP header, such as api-key")),
    WithJsonSchema({"type": "string"}),
]

#: The name of a label in PromQL.
LabelName = Annotated[
    str,
    AfterValidator(_matching(_LABEL_NAME, "must be a label name: letters, digits and '_', such as method")),
    WithJsonSchema({"type": "string", "pattern": f"^{_LABEL_NAME}$"}),
]

#: A whole number; ``true`` and ``false`` are rejected.
Whole = Annotated[int, BeforeValidator(_refuse_truth)]

#: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
_LABEL_WORD = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_LABEL_KEY = rf"([a-z0-9]([-a-z0-9.]{{0,251}}[a-z0-9])?/)?{_LABEL_WORD}"

#: The key of a label or taint in Kubernetes.
LabelKey = Annotated[
    str,
    AfterValidator(_matching(_LABEL_KEY, "must be the key of a label, such as node-role.kubernetes.io/control-plane")),
    WithJsonSchema({"type": "string", "pattern": f"^{_LABEL_KEY}$"}),
]

#: The value of a label or taint in Kubernetes; it may be empty.
LabelValue = Annotated[
    str,
    AfterValidator(
        _matching(f"({_LABEL_WORD})?", "must be the value of a label: letters, digits, '-', '_' and '.', at most 63")
    ),
    WithJsonSchema({"type": "string", "pattern": f"^({_LABEL_WORD})?$"}),
]

#: A number of pods; zero runs none.
Replicas = Annotated[int, Field(ge=0, le=1000), BeforeValidator(_refuse_truth)]

#: A TCP port.
Port = Annotated[int, Field(ge=1, le=_LARGEST_PORT), BeforeValidator(_refuse_truth)]

#: A TCP port of a container, by its number or its name.
ContainerPort = Annotated[
    int | str,
    PlainValidator(_check_container_port),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": _LARGEST_PORT}, {"type": "string"}]}),
]

#: A port that Kubernetes opens on every node: https://kubernetes.io/docs/concepts/services-networking/service/
NodePort = Annotated[
    int,
    BeforeValidator(_refuse_truth),
    AfterValidator(_check_node_port),
    WithJsonSchema({"type": "integer", "minimum": 30000, "maximum": 32767}),
]


def is_object_name(text: str) -> bool:
    """Whether ``text`` can be the name of an object of Kubernetes."""
    return re.fullmatch(_SUBDOMAIN, text) is not None


def split_target(target: str) -> tuple[str, int]:
    """Split ``host:port`` that was validated as a :data:`Target`."""
    host, _, port = target.rpartition(":")
    return host, int(port)
