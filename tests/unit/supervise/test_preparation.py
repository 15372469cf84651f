"""A limit of open files that is too low is told."""

from __future__ import annotations

import resource

import pytest

from kubeglass.supervise.preparation import ENOUGH_OPEN_FILES, warn_about_open_files


@pytest.mark.parametrize(
    ("limit", "notes"),
    [
        (ENOUGH_OPEN_FILES, []),
        (resource.RLIM_INFINITY, []),
        (
            256,
            [
                "open files: the limit is 256, at least 1024 are advised; "
                "ask the administrator of this machine to raise it"
            ],
        ),
    ],
)
def test_a_low_limit_is_told(monkeypatch: pytest.MonkeyPatch, limit: int, notes: list[str]) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    heard: list[str] = []

    warn_about_open_files(heard.append)

    assert heard == notes
