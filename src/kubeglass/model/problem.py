"""A mistake in a definition, at a key whose line is not known yet."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeAlias

Loc: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake.

    Args:
        loc: keys and list positions from the document's root, such as ``("apps", 0, "port")``.
        wrong: what is wrong with the value at ``loc``, as a statement.
        found: what was found instead, if that helps.
        hint: what to do about it, as an imperative or a question.
        at_key: whether the mistake is the key, whose position is shown instead of its value's.
    """

    loc: Loc
    wrong: str
    found: str = ""
    hint: str = ""
    at_key: bool = False

    @property
    def path(self) -> str:
        """The location as text: ``apps[0].port``."""
        return format_loc(self.loc)

    def __str__(self) -> str:
        found = f" ({self.found})" if self.found else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.path} {self.wrong}{found}{hint}"


def format_loc(loc: Loc) -> str:
    """Format keys and list positions: ``apps[0].port``."""
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def suggest(word: str, known: list[str]) -> str:
    """Ask "did you mean …?" if a known word is close, otherwise list the known ones."""
    close = get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"known: {', '.join(sorted(known))}"
