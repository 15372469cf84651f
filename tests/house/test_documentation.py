"""Everything public explains itself, and generated pages are what the code says today."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.tree import ROOT, package_sources
from tools.reference import PAGES


def test_public_names_have_docstrings() -> None:
    silent = [
        f"{source.name} {name}"
        for source in package_sources()
        for name, node in [("", source.tree), *_public(source.tree)]
        if not ast.get_docstring(node)
    ]

    assert silent == []


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_a_generated_page_is_up_to_date(path: str) -> None:
    expected = PAGES[path]()

    assert (ROOT / path).read_text() == expected, "run: make docs"


def test_every_page_is_reached_from_the_index() -> None:
    docs = ROOT / "docs"
    reached = {docs / "README.md"}
    pending = list(reached)
    while pending:
        page = pending.pop()
        links = {(page.parent / link).resolve() for link in re.findall(r"\]\(([^):#]+\.md)", page.read_text())}
        pending += [link for link in links - reached if docs in link.parents]
        reached |= links

    assert {page.relative_to(ROOT) for page in set(docs.rglob("*.md")) - reached} == set()
    assert [page for page in reached if not page.is_file()] == []


def _public(tree: ast.Module) -> list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]]:
    found: list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            found.append((node.name, node))
            if isinstance(node, ast.ClassDef):
                found += [
                    (f"{node.name}.{child.name}", child)
                    for child in node.body
                    if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and not child.name.startswith("_")
                ]
    return found
