"""The page that shows what was broken, and which test noticed."""

from __future__ import annotations

from collections.abc import Iterable

from tools.broken.mutation import Mutation
from tools.broken.table import MUTATIONS
from tools.broken.trial import ROOT, Outcome

PAGE = ROOT / "docs" / "library" / "proof.md"
HEAD = """# What the library's tests notice

Each promise below was broken on purpose in a copy of the code, and the tests on the right failed. `make mutants`
repeats this in a few minutes and writes this page; the changes are in `tools/broken`. Numbers, such as the cost of a
request, are in [Benchmarks](benchmarks.md).

| promise | broken on purpose | what failed |
|---|---|---|
"""


def write_page(outcomes: Iterable[Outcome]) -> str:
    """Return the page."""
    return HEAD + "".join(write_row(outcome) for outcome in outcomes)


def write_row(outcome: Outcome) -> str:
    """Return the row of one mutation."""
    found = ", ".join(f"`{name}`" for name in outcome.failed) or f"**nothing** {outcome.trouble}".strip()
    return f"{row_of(outcome.mutation)}{found} |\n"


def row_of(mutation: Mutation) -> str:
    """Return how the row of a mutation begins."""
    return f"| {mutation.promise} | {mutation.breakage} | "


def mutations_not_on_page() -> list[Mutation]:
    """Return the mutations whose row the page lacks."""
    text = PAGE.read_text(encoding="utf-8")
    return [mutation for mutation in MUTATIONS if row_of(mutation) not in text]
