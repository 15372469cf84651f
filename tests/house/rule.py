"""A house rule: what it looks for, and planted violations that prove that it finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tests.house.house import House, Source

Plant = Mapping[str, str]
"""Path to content of files that break a rule."""


@dataclass(frozen=True)
class Rule:
    """One rule.

    Args:
        find: names every violation in a house.
        plants: violations that it must find.
        by_module: whether it looks at each module by itself, so that a plant needs no house around it.
    """

    find: Callable[[House], list[str]]
    plants: tuple[Plant, ...]
    by_module: bool = False

    def __str__(self) -> str:
        return self.find.__name__


RULES: list[Rule] = []
BLIND = "a rule without a planted violation may be blind"


def rule(*plants: Plant) -> Callable[[Callable[[House], list[str]]], None]:
    """Register a rule about the whole house.

    Args:
        plants: at least one violation of it.
    """
    assert plants, BLIND

    def register(find: Callable[[House], list[str]]) -> None:
        RULES.append(Rule(find, plants))

    return register


def source_rule(*plants: Plant, folders: tuple[str, ...] = ("src",)) -> Callable[[SourceCheck], None]:
    """Register a rule about each Python module by itself.

    Args:
        plants: at least one violation of it.
        folders: where the modules are.
    """

    assert plants, BLIND

    def register(check: SourceCheck) -> None:
        def find(house: House) -> list[str]:
            return [f"{source.path}:{where}" for source in house.sources(*folders) for where in check(source)]

        find.__name__ = check.__name__
        RULES.append(Rule(find, plants, by_module=True))

    return register


SourceCheck = Callable[[Source], Iterable[object]]
"""Yields the line, or another place, of each violation in a module."""
