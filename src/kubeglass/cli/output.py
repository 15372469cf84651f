"""The only code that prints: text for people on a terminal, JSON for programs, errors on stderr."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from kubeglass.errors import KubeglassError

_PIPE_WIDTH = 10_000


class Output:
    """Prints text verbatim: output of engines and apps may look like markup or an emoji code.

    Results go to stdout; progress, warnings and errors to stderr, so that stdout can be piped.
    """

    def __init__(self, stdout: Console | None = None, stderr: Console | None = None) -> None:
        # A pipe has no width: rich would truncate tables, and the paths in them, at 80 columns.
        self.stdout = stdout or Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)
        self.stderr = stderr or Console(stderr=True, highlight=False)

    def say(self, text: str) -> None:
        """Print one line of the result, without markup or wrapping."""
        self.stdout.print(Text(text), soft_wrap=True)

    def note(self, text: str) -> None:
        """Print one line on stderr: progress, or a port that moved."""
        self.stderr.print(Text(text), soft_wrap=True)

    def table(self, columns: list[str], rows: list[list[str]]) -> None:
        """Print a table, without borders, so that it can be copied."""
        table = Table(box=None, pad_edge=False)
        for column in columns[:-1]:
            table.add_column(column, no_wrap=True)
        table.add_column(columns[-1], overflow="fold")
        for row in rows:
            table.add_row(*map(Text, row))
        self.stdout.print(table)

    def json(self, document: Any) -> None:
        """Print an indented JSON document."""
        self.stdout.print(Text(json.dumps(document, indent=2)), soft_wrap=True)

    def error(self, error: KubeglassError) -> None:
        """Print an error on one line, then its details, indented."""
        self.stderr.print(Text(f"error: {error.message}"), style="red", soft_wrap=True)
        for line in error.details:
            self.stderr.print(Text(f"  {line}"), soft_wrap=True)
