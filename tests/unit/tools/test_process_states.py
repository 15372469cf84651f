"""The diagram of the states is drawn from the table itself."""

from __future__ import annotations

from kubeglass.supervise.process.state_machine import TRANSITIONS
from tools.reference.process_states import draw_diagram


def test_the_diagram_shows_every_transition() -> None:
    lines = draw_diagram().splitlines()

    assert lines[0] == "stateDiagram-v2"
    assert sum(": " in line for line in lines) == len(TRANSITIONS)
    assert "    running --> recycling: unhealthy" in lines
