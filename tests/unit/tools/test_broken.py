"""What is broken on purpose stays in step with code, tests and page; whether it is noticed, `make mutants` says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.broken.mutation import Mutation
from tools.broken.page import mutations_not_on_page, write_page
from tools.broken.table import MUTATIONS
from tools.broken.trial import ROOT, SOURCES, Outcome, try_all


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.breakage)
def test_a_mutation_changes_code_that_is_there_and_names_tests_that_are_there(mutation: Mutation) -> None:
    text = (SOURCES / "kubeglass" / mutation.file).read_text(encoding="utf-8")

    broken = mutation.apply(text)

    if mutation.file.endswith(".py"):
        compile(broken, mutation.file, "exec")
    assert mutation.missing_tests(ROOT) == []


def test_the_page_has_every_mutation_and_every_one_was_noticed() -> None:
    assert mutations_not_on_page() == [], "run: make mutants"
    assert "**nothing**" not in (ROOT / "docs" / "library" / "proof.md").read_text(encoding="utf-8")


def mutation(old: str, new: str, test: str) -> Mutation:
    return Mutation("promise", "breakage", "instrument/text/format.py", old, new, (test,))


def test_what_a_test_notices_is_told_from_what_none_does(tmp_path: Path) -> None:
    file = tmp_path / "test_escaping.py"
    file.write_text(
        "from kubeglass.instrument.text.format import escape_value\n"
        "def test_it():\n    assert escape_value('a\\n') == 'a\\\\n'\n"
    )
    test = f"{file}::test_it"
    broken = mutation('    if "\\\\" in value or', "    if False and", test)
    harmless = mutation("def escape_value(value: str) -> str:", 'def escape_value(value: str) -> "str":', test)
    outdated = mutation("not there", "", test)

    noticed, unnoticed, moved = try_all([broken, harmless, outdated], 1)

    assert (noticed.is_noticed, noticed.failed) == (True, ("test_it",))
    assert (unnoticed.is_noticed, unnoticed.trouble) == (False, "")
    assert "is there 0 times" in moved.trouble
    assert not moved.is_noticed


def test_the_page_says_which_test_noticed_and_where_none_did() -> None:
    broken = mutation("old", "new", "test")

    page = write_page([Outcome(broken, ("test_it",)), Outcome(broken)])

    assert "| promise | breakage | `test_it` |\n" in page
    assert "| promise | breakage | **nothing** |\n" in page
