"""Words are shown as they are: what engines and apps say is neither markup nor a name of an emoji."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO

import pytest
from rich.console import Console

from kubeglass.cli.output import Output
from kubeglass.cli.run_output import RunOutput
from kubeglass.errors import KubeglassError

ODD = "views.py:100: in [/var/lib] and [bold]"


def make_output(*, terminal: bool = False) -> tuple[Output, StringIO]:
    screen = StringIO()
    console = Console(file=screen, width=200, force_terminal=terminal, highlight=False)
    return Output(console, console), screen


@pytest.mark.parametrize(
    "show",
    [
        pytest.param(lambda output: output.say(ODD), id="say"),
        pytest.param(lambda output: output.note(ODD), id="note"),
        pytest.param(lambda output: output.table(["NAME", "DETAIL"], [["shop", ODD]]), id="table"),
        pytest.param(lambda output: output.error(KubeglassError("shop", ODD)), id="error"),
        pytest.param(lambda output: output.error(KubeglassError("shop", "x", details=(ODD,))), id="evidence"),
    ],
)
def test_words_are_shown_as_they_are(show: Callable[[Output], None]) -> None:
    output, screen = make_output()

    show(output)

    assert ODD in screen.getvalue()


def test_json_holds_what_was_put_into_it() -> None:
    output, screen = make_output()

    output.json({"trouble": ODD})

    assert json.loads(screen.getvalue()) == {"trouble": ODD}


def test_the_live_line_shows_words_as_they_are() -> None:
    output, screen = make_output(terminal=True)

    with RunOutput(output) as listener:
        listener.waiting(ODD)

    assert ODD in screen.getvalue()
