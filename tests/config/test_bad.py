"""One file per mistake, each with the words it is answered with; look at every message: does it read well?"""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeglass.errors import ConfigError
from kubeglass.model.load import load_pipeline

FOLDER = Path(__file__).parent / "bad"

#: A line a file: its name, then position and message as a user reads them after it.
TABLE = Path(__file__).parent / "messages.txt"
MESSAGES = dict(line.split(":", 1) for line in TABLE.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("name", MESSAGES)
def test_the_mistake_is_told_with_its_place(name: str) -> None:
    path = FOLDER / f"{name}.yaml"

    with pytest.raises(ConfigError) as caught:
        load_pipeline(path)

    assert caught.value.message.replace(str(FOLDER), "bad") == f"bad/{name}.yaml:{MESSAGES[name]}"
    assert caught.value.details == ()


def test_every_bad_file_is_in_the_table() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(MESSAGES)


def test_no_message_repeats_a_secret() -> None:
    assert [name for name, message in MESSAGES.items() if "hunter" in message] == []
