"""A cause, and rows of a table that turn Kubernetes' own words into one: a pattern, plain words, and the fix."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

#: Seconds for another pod to end, or for a node to come back.
ROOM_PATIENCE = 30.0
#: Seconds within which a controller corrects itself if it is going to.
BRIEF_PATIENCE = 4.0


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a workload does not become ready, however long one waits.

    Args:
        message: the cause in one sentence, with the pod and container.
        hint: what to do about it.
        evidence: the events and log lines that show it.
        patience: seconds it must last.
        container: the stuck container; empty if the pod itself is stuck.
        has_ended: whether that container ran and ended, so that its log explains more.
    """

    message: str
    hint: str = ""
    evidence: tuple[str, ...] = ()
    patience: float = 0.0
    container: str = ""
    has_ended: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that Kubernetes, or a program, says.

    Args:
        pattern: what it looks like.
        words: the same in plain words; ``{name}`` stands for a group of the pattern, or for a fact.
        fix: what to do about it, in the same form.
        patience: seconds it must last.
    """

    pattern: re.Pattern[str]
    words: str
    fix: str
    patience: float = 0.0


def row(pattern: str, words: str, fix: str, patience: float = 0.0) -> Row:
    """Make a row from a regular expression."""
    return Row(re.compile(pattern), words, fix, patience)


def explain(rows: Iterable[Row], message: str, **facts: str) -> Row | None:
    """Return the first row whose pattern occurs in ``message``, with its words and fix filled in."""
    for candidate in rows:
        if found := candidate.pattern.search(message):
            known = facts | {name: text or "" for name, text in found.groupdict().items()}
            words, fix = (" ".join(text.format(**known).split()) for text in (candidate.words, candidate.fix))
            return replace(candidate, words=words, fix=fix)
    return None
