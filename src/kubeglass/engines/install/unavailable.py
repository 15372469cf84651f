"""What a way of obtaining an engine raises when it does not work, so that the next way is tried."""

from __future__ import annotations


class Unavailable(Exception):  # noqa: N818  # not an error of the user's: most often another way works
    """One way of obtaining an engine does not work here.

    Args:
        reason: why, as a short statement.
        hint: what a person can do about it, as an imperative.
        details: lines of evidence, such as a compiler's last words.
    """

    def __init__(self, reason: str, *, hint: str = "", details: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.details = details
