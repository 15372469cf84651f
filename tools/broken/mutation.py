"""One way in which the library can be broken."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mutation:
    """A change that breaks a promise, and the tests that keep it.

    Args:
        promise: what the library promises.
        breakage: what is wrong after the change.
        file: which module, from ``src/kubeglass`` on.
        old: text that is in the file once.
        new: what takes its place.
        tests: at least one of them must fail.
    """

    promise: str
    breakage: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def apply(self, text: str) -> str:
        """Return the module's text, broken.

        Raises:
            ValueError: the code has moved on, and with it this mutation must.
        """
        if text.count(self.old) != 1:
            raise ValueError(f"{self.file}: {self.old!r} is there {text.count(self.old)} times, not once")
        return text.replace(self.old, self.new)

    def missing_tests(self, root: Path) -> list[str]:
        """Name the tests that are not there.

        Args:
            root: the repository.
        """
        return [test for test in self.tests if not _exists(root, test)]


def _exists(root: Path, test: str) -> bool:
    path, *_, name = test.split("::")
    file = root / path
    return file.is_file() and bool(re.search(rf"^ *def {re.escape(name.split('[')[0])}\(", file.read_text(), re.M))
