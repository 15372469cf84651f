"""Words with rules of their own, where a rule is more than a pattern."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from kubeglass.model.text import Module

MODULE = TypeAdapter(Module)


@pytest.mark.parametrize(
    "reference",
    [
        "shop:app",
        "shop.web:create_app()",
        "moto.server:create_backend_app('s3')",
        "shop:create_app('a b', -1, debug=True, paths=['/x', None])",
        "shop:create_app({'url': 'http://db:5432/(x)'})",
    ],
)
def test_what_gunicorn_reads_names_an_app(reference: str) -> None:
    assert MODULE.validate_python(reference) == reference


@pytest.mark.parametrize(
    "reference",
    [
        "shop",
        "my-shop:app",
        ":app",
        "shop:",
        "a..b:app",
        "shop:a + b",
        "shop:web.app",
        "shop:create_app(os)",
        "shop:create_app(*[1])",
        "shop:create_app(**{'debug': True})",
        "shop:create_app(open('/etc/passwd'))",
        "shop:create_app(\n)",
        "shop:create_app({[]: 1})",
        "shop:create_app(",
    ],
)
def test_anything_else_is_refused_with_the_forms_that_are_read(reference: str) -> None:
    with pytest.raises(ValidationError, match=r"such as shop:app, shop:create_app\(\) or shop:create_app\('test'\)"):
        MODULE.validate_python(reference)
