"""Pydantic's errors as one sentence each that a user can act on, with what was found."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from kubeglass.model.duration import format_duration
from kubeglass.model.problem import Loc, Problem, suggest
from kubeglass.model.sections.secret import names_a_secret

#: Errors whose value must not be shown, or adds nothing.
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
    wrong = _WORDS[kind](details, written) if kind in _WORDS else details["msg"].removeprefix("Value error, ")
    hint = _guess(details, written) if kind == "enum" else ""
    unsaid = kind in _UNSAID or not _SECRETS.isdisjoint(loc) or any(names_a_secret(str(part)) for part in loc)
    found = "" if unsaid else f"found {_show(loc[-1] if '[key]' in details['loc'] else written)}"
    return Problem(loc, wrong, found=found, hint=hint, at_key="[key]" in details["loc"])


def _written(data: Any, loc: Loc) -> object:
    """Return what the user wrote at ``loc``; an error's own input may already be converted."""
    for part in loc:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _limit(words: str, key: str) -> Callable[[ErrorDetails, object], str]:
    def say(details: ErrorDetails, written: object) -> str:
        bound = details.get("ctx", {})[key]
        # Bounds of durations are in seconds; show them as the user writes them.
        return f"{words} {format_duration(bound) if isinstance(written, str) else f'{bound:g}'}"

    return say


def _one_of(details: ErrorDetails, _written: object) -> str:
    return f"must be one of {details.get('ctx', {})['expected']}"


def _guess(details: ErrorDetails, written: object) -> str:
    """Ask "did you mean …?" when one of the words expected is close; all of them are listed anyway."""
    known = re.findall(r"'([^']+)'", details.get("ctx", {})["expected"])
    close = get_close_matches(str(written).lower(), [word.lower() for word in known], n=1, cutoff=0.6)
    return "".join(f"did you mean '{word}'?" for word in known if close == [word.lower()])


def _say(words: str) -> Callable[[ErrorDetails, object], str]:
    return lambda _details, _written: words


#: https://docs.pydantic.dev/latest/errors/validation_errors/
_WORDS: Mapping[str, Callable[[ErrorDetails, object], str]] = {
    "int_type": _say("must be a whole number"),
    "int_parsing": _say("must be a whole number"),
    "int_parsing_size": _say("must be a whole number"),
    "finite_number": _say("must be a whole number"),
    "int_from_float": _say("must be a whole number"),
    "bool_type": _say("must be true or false"),
    "bool_parsing": _say("must be true or false"),
    "string_type": _say("must be text; quote it"),
    "string_too_short": _say("must not be empty"),
    "too_short": _say("must not be an empty list"),
    "invalid_key": _say("must be text; quote the key"),
    "tuple_type": _say("must be a list, with '- ' before each item"),
    "dict_type": _say("must be a mapping of keys to values"),
    "model_type": _say("must be a section of keys"),
    "model_attributes_type": _say("must be a section of keys"),
    "greater_than_equal": _limit("must be at least", "ge"),
    "less_than_equal": _limit("must be at most", "le"),
    "enum": _one_of,
}


def _show(value: object) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        # Keep line breaks and escape sequences from the terminal.
        return _shorten(f"'{value}'" if value.isprintable() else repr(value))
    return _shorten(str(value))


def _shorten(text: str) -> str:
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
