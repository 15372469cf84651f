"""Pydantic's errors as sentences that tell a user what to do, with what was found."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from kubeglass.model.duration import format_duration
from kubeglass.model.problem import Loc, Problem, suggest
from kubeglass.model.sections.secret import names_a_secret

#: Errors whose value must not be shown, or says nothing new.
_UNSAID = frozenset({"secret_in_clear", "too_short", "string_too_short", "invalid_key"})

#: Longest value shown; enough to recognize it.
_MOST_SHOWN = 100

#: Keys below which a value may be a secret, put there by mistake.
_SECRETS = frozenset({"password", "bearer", "secret_env", "auth", "headers"})


def explain(error: ValidationError, root: type[BaseModel], data: object) -> list[Problem]:
    """Translate every finding of ``error``, which came from validating ``data`` as ``root``."""
    findings = error.errors(include_url=False)
    wrong_items = {details["loc"][:-1] for details in findings}
    return [
        _explain_one(details, root, data)
        for details in findings
        # A list with wrong items is also too short, which adds nothing.
        if not (details["type"] == "too_short" and details["loc"] in wrong_items)
    ]


def _explain_one(details: ErrorDetails, root: type[BaseModel], data: object) -> Problem:
    loc: Loc = tuple(part for part in details["loc"] if part != "[key]")
    kind = details["type"]
    if kind == "extra_forbidden":
        known = _known_keys(root, loc[:-1])
        return Problem(loc, "is not a known key", hint=suggest(str(loc[-1]), known), at_key=True)
    if kind == "missing":
        return Problem(loc, "is missing", hint="add it")
    written = _written(data, loc)
    at_key = "[key]" in details["loc"]
    hint = _guess(details, written) if kind == "enum" else ""
    unsaid = kind in _UNSAID or not _SECRETS.isdisjoint(loc) or any(names_a_secret(str(part)) for part in loc)
    found = "" if unsaid else f"found {_show(loc[-1] if at_key else written)}"
    return Problem(loc, _words(details, written), found=found, hint=hint, at_key=at_key)


def _written(data: Any, loc: Loc) -> object:
    """Return what the user wrote at ``loc``; an error's own input may already be converted."""
    for part in loc:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _words(details: ErrorDetails, written: object) -> str:
    """Say what is wrong: in our words, or in those of a validator of ours."""
    if details["type"] not in _WORDS:
        return details["msg"].removeprefix("Value error, ")
    bounds = {
        # Bounds of durations are in seconds; show them as the user writes them.
        name: format_duration(bound) if isinstance(written, str) else f"{bound:g}"
        for name, bound in details.get("ctx", {}).items()
        if name in {"ge", "le"}
    }
    return _WORDS[details["type"]].format(**{**details.get("ctx", {}), **bounds})


_NOT_WHOLE = ("int_type", "int_parsing", "int_parsing_size", "finite_number", "int_from_float")

#: https://docs.pydantic.dev/latest/errors/validation_errors/
_WORDS = {
    **dict.fromkeys(_NOT_WHOLE, "must be a whole number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "must be true or false"),
    "string_type": "must be text; quote it",
    "string_too_short": "must not be empty",
    "too_short": "must not be an empty list",
    "invalid_key": "must be text; quote the key",
    "tuple_type": "must be a list, with '- ' before each item",
    "dict_type": "must be a mapping of keys to values",
    **dict.fromkeys(("model_type", "model_attributes_type"), "must be a section of keys"),
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "enum": "must be one of {expected}",
}


def _guess(details: ErrorDetails, written: object) -> str:
    """Ask "did you mean …?" when one of the words expected is close; all of them are listed anyway."""
    known = {word.lower(): word for word in re.findall(r"'([^']+)'", details.get("ctx", {})["expected"])}
    close = get_close_matches(str(written).lower(), known, n=1, cutoff=0.6)
    return f"did you mean '{known[close[0]]}'?" if close else ""


def _show(value: object) -> str:
    match value:
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case None:
            return "nothing"
        case bool():
            text = str(value).lower()
        case str():
            # Keep line breaks and escape sequences from the terminal.
            text = f"'{value}'" if value.isprintable() else repr(value)
        case _:
            text = str(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"


def _known_keys(model: type[BaseModel], loc: Loc) -> list[str]:
    """Follow ``loc`` from ``model`` through its fields to the section whose keys are asked for."""
    for part in loc:
        if isinstance(part, str) and part in model.model_fields:
            model = _section_of(model.model_fields[part].annotation) or model
    return list(model.model_fields)


def _section_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((section for inner in get_args(annotation) if (section := _section_of(inner))), None)
