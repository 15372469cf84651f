"""How large things may be."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.house import PRODUCT, House, Source
from tests.house.rule import rule, source_rule

MODULE_LINES = 300
BODY_LINES = 32
CLASS_METHODS = 11
COMMAND_LINES = 120

PLANTED = "src/kubeglass/model/planted.py"


@source_rule({PLANTED: "x = 1\n" * (MODULE_LINES + 1)}, folders=PRODUCT)
def a_python_module_is_small(source: Source) -> Iterator[str]:
    if (lines := len(source.text.splitlines())) > MODULE_LINES:
        yield f"{lines} lines"


@rule(
    {"viewer-ui/src/planted.ts": "let x\n" * (MODULE_LINES + 1)},
    {"viewer-ui/src/planted.tsx": "let x\n" * (MODULE_LINES + 1)},
)
def a_typescript_module_is_small(house: House) -> list[str]:
    modules = [path for path in house.paths if path.endswith((".ts", ".tsx"))]
    return [path for path in modules if len(house.text(path).splitlines()) > MODULE_LINES]


@source_rule({"src/kubeglass/cli/commands/planted.py": "x = 1\n" * (COMMAND_LINES + 1)})
def a_command_is_thin(source: Source) -> Iterator[str]:
    if "cli/commands/" in source.path and (lines := len(source.text.splitlines())) > COMMAND_LINES:
        yield f"{lines} lines"


@source_rule(
    {PLANTED: "def f():\n" + "    x = 1\n" * (BODY_LINES + 1)},
    {PLANTED: "class C:\n    async def f(self):\n        '''Doc.'''\n" + "        x = 1\n" * (BODY_LINES + 1)},
    folders=PRODUCT,
)
def a_function_body_fits_on_a_screen(source: Source) -> Iterator[str]:
    return (f"{node.lineno} {node.name}" for node in source.functions if _body_lines(node) > BODY_LINES)


@source_rule({PLANTED: "class C:\n" + "    def f(self): ...\n" * (CLASS_METHODS + 1)}, folders=PRODUCT)
def a_class_has_few_methods(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef):
            methods = [child for child in node.body if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)]
            if len(methods) > CLASS_METHODS:
                yield f"{node.lineno} {node.name}"


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
