"""The import contracts of `.importlinter` hold, and each turns red for every import that it forbids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Any

import grimp
import pytest
from importlinter import Contract
from importlinter.api import read_configuration
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.independence import IndependenceContract
from importlinter.contracts.layers import LayersContract

from tests.house.house import ROOT

KINDS: Mapping[str, type[Contract]] = {
    "layers": LayersContract,
    "forbidden": ForbiddenContract,
    "independence": IndependenceContract,
}
CONFIGURATION = read_configuration(str(ROOT / ".importlinter"))
CONTRACTS: list[dict[str, Any]] = CONFIGURATION["contracts_options"]
BY_NAME = {options["name"]: options for options in CONTRACTS}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("kubeglass", include_external_packages=True, cache_dir=None)


def holds(options: Mapping[str, Any], graph: grimp.ImportGraph) -> bool:
    contract = KINDS[options["type"]](options["name"], CONFIGURATION["session_options"], dict(options))
    return contract.check(graph, verbose=False).kept


@pytest.mark.parametrize("name", BY_NAME)
def test_a_contract_is_kept(name: str, graph: grimp.ImportGraph) -> None:
    assert holds(BY_NAME[name], graph)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_contract_turns_red_for_each_import_that_it_forbids(name: str, graph: grimp.ImportGraph) -> None:
    options = BY_NAME[name]
    blind = []
    planted = list(forbidden_imports(options))
    for importer, imported in planted:
        present = graph.modules
        plant(graph, importer, imported)
        if holds(options, graph):
            blind.append(f"{importer} -> {imported}")
        for module in graph.modules - present:
            graph.remove_module(module)

    assert planted
    assert blind == []


@pytest.mark.parametrize("name", [name for name, options in BY_NAME.items() if "exhaustive" in options])
def test_a_stray_module_beside_the_layers_turns_the_contract_red(name: str, graph: grimp.ImportGraph) -> None:
    for container in values(BY_NAME[name], "containers"):
        graph.add_module(f"{container}.stray")
        kept = holds(BY_NAME[name], graph)
        graph.remove_module(f"{container}.stray")

        assert not kept


def values(options: Mapping[str, Any], key: str) -> list[str]:
    """Return an option's lines; the reader gives a single one as plain text."""
    value = options[key]
    return [value] if isinstance(value, str) else list(value)


def plant(graph: grimp.ImportGraph, importer: str, imported: str) -> None:
    """Have a new module of one room import a new module of another, or a library."""
    if imported not in graph.modules or imported.startswith("kubeglass."):
        imported = f"{imported}.planted" if imported in graph.modules else imported
        graph.add_module(imported, is_squashed=not imported.startswith("kubeglass."))
    graph.add_module(f"{importer}.planted")
    graph.add_import(importer=f"{importer}.planted", imported=imported)


def forbidden_imports(options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """List importer and imported of each import that a contract forbids."""
    match options["type"]:
        case "layers":
            for container in values(options, "containers"):
                layers = [
                    [f"{container}.{room.strip()}" for room in layer.split("|")] for layer in values(options, "layers")
                ]
                for number, layer in enumerate(layers):
                    above = [room for higher in layers[:number] for room in higher]
                    yield from ((room, other) for room in layer for other in above)
                    yield from permutations(layer, 2)
        case "forbidden":
            for importer in values(options, "source_modules"):
                yield from ((importer, imported) for imported in values(options, "forbidden_modules"))
        case "independence":
            yield from permutations(values(options, "modules"), 2)
