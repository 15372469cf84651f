"""Puts a new folder in an old one's place, so that a kill at any moment leaves one of the two, whole."""

from __future__ import annotations

import shutil
from pathlib import Path


class FolderSwap:
    """One folder that is to be replaced.

    Until :meth:`complete` begins, the old folder is where it was. It is then moved aside and the new one moved in;
    a kill between the two moves is undone by :meth:`settle`, which whoever takes the state folder calls.

    Args:
        target: the folder; it need not exist.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.new = target.with_name(f".{target.name}.new")
        """Where the new folder is made."""
        self._old = target.with_name(f".{target.name}.old")

    def complete(self) -> None:
        """Put the new folder in place and remove the old one.

        Raises:
            OSError: the disk refused; the old folder is in place, or :meth:`settle` brings it back.
        """
        if self.target.exists():
            self.target.rename(self._old)
        self.new.rename(self.target)
        shutil.rmtree(self._old, ignore_errors=True)

    def settle(self) -> str:
        """Clear away what an interrupted swap left.

        Returns:
            What was brought back, for people to read; empty if nothing was.

        Raises:
            OSError: the disk refused.
        """
        note = ""
        if self._old.exists() and not self.target.exists():
            self._old.rename(self.target)
            note = f"{self.target}: an interrupted restore is undone; the earlier data is back"
        for left in (self._old, self.new):
            if left.exists():
                shutil.rmtree(left)
        return note
