"""The house keeps its rules, and each rule sees a violation that is planted for it."""

from __future__ import annotations

import pytest

from tests.house.house import House
from tests.house.rule import RULES, Plant, Rule
from tests.house.rules import addresses, documentation, ownership, secrets, sizes

assert all((addresses, documentation, ownership, secrets, sizes)), "importing them registers their rules"


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_the_house_keeps_the_rule(rule: Rule) -> None:
    assert rule.find(House()) == []


@pytest.mark.parametrize(
    ("rule", "plant"),
    [pytest.param(rule, plant, id=f"{rule}-{number}") for rule in RULES for number, plant in enumerate(rule.plants)],
)
def test_a_planted_violation_is_seen(rule: Rule, plant: Plant) -> None:
    found = rule.find(House(plant, alone=rule.by_module))

    assert any(path in violation for path in plant for violation in found)
