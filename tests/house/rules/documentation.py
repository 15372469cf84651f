"""Everything public explains itself, generated pages are up to date, and the architecture page names every room."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator

from tests.house.house import House, Source
from tests.house.rule import rule, source_rule
from tools.reference import PAGES

INDEX = "docs/README.md"
ARCHITECTURE = "ARCHITECTURE.md"
PACKAGE = "src/kubeglass/"
#: A package, one inside of it, or a module at the top.
_ROOM = re.compile(r"[^/]+/(?:[^/]+/)?__init__\.py|(?!__)[^/]+\.py")
_ROW = re.compile(r"\|[^|]+\|[^|]*\w[^|]*\|")
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\]\(([^):#]+\.md)")


@source_rule(
    {"src/kubeglass/model/planted.py": "x = 1"},
    {"src/kubeglass/model/planted.py": "'''Doc.'''\ndef f(): ..."},
    {"src/kubeglass/model/planted.py": "'''Doc.'''\nclass C:\n    '''Doc.'''\n    async def f(self): ..."},
)
def public_names_have_docstrings(source: Source) -> list[str]:
    nodes: list[tuple[str, Documented]] = [("module", source.tree), *_public("", source.tree)]
    return [name for name, node in nodes if not ast.get_docstring(node)]


@rule(*({path: "An old page."} for path in PAGES))
def generated_pages_are_up_to_date(house: House) -> list[str]:
    return [f"{path}: run: make docs" for path, generate in PAGES.items() if house.text(path) != generate()]


@rule({"docs/planted.md": "Nobody links here."}, {INDEX: "[a page that is gone](docs-planted.md)"})
def every_page_is_reached_from_the_index(house: House) -> list[str]:
    pages = {path for path in house.paths if path.startswith("docs/") and path.endswith(".md")}
    reached = {INDEX}
    pending = [INDEX]
    broken = []
    while pending:
        page = pending.pop()
        folder = posixpath.dirname(page)
        links = {posixpath.normpath(f"{folder}/{link}") for link in _LINK.findall(house.text(page))}
        broken += [f"{page} links to {link}" for link in links if link.startswith("docs/") and link not in pages]
        pending += (links & pages) - reached
        reached |= links & pages
    return broken + sorted(pages - reached)


@rule(
    {"src/kubeglass/planted/__init__.py": "", ARCHITECTURE: "| `model/planted/` | another room |"},
    {"src/kubeglass/model/planted/__init__.py": "", ARCHITECTURE: "| `model/`, `planted/` | rooms |"},
    {"src/kubeglass/planted.py": "", ARCHITECTURE: "`planted.py` outside of the table"},
    {"src/kubeglass/planted.py": "", ARCHITECTURE: "| `planted.py` | |"},
)
def the_architecture_page_describes_every_room(house: House) -> list[str]:
    rows = [line for line in house.text(ARCHITECTURE).splitlines() if _ROW.fullmatch(line)]
    described = {name for row in rows for name in _CODE.findall(row.split("|")[1])}
    paths = [path.removeprefix(PACKAGE) for path in house.paths if path.startswith(PACKAGE)]
    rooms = {path: path.removesuffix("__init__.py") for path in paths if _ROOM.fullmatch(path)}
    return [f"{PACKAGE}{path}" for path, name in rooms.items() if name not in described]


Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _public(prefix: str, parent: ast.Module | ast.ClassDef) -> Iterator[tuple[str, Documented]]:
    for node in parent.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield f"{prefix}{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from _public(f"{node.name}.", node)
