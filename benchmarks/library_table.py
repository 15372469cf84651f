"""Write the results of the library's benchmarks into docs/library/benchmarks.md."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from rounds import RESULTS

PAGE = Path(__file__).parents[1] / "docs" / "library" / "benchmarks.md"
HEAD = """# Benchmarks of the library

Each benchmark measures kubeglass and the libraries that it is compared with in turn, in the same run, on a small shared
machine: compare ratios, not absolute numbers. `make bench`, or the command under each heading, repeats the measurement and
writes `benchmarks/results/`; `python benchmarks/library_table.py` generates this page, and a test checks that the two match.
`KUBEGLASS_BENCH_ROUNDS=3` before a command makes a short trial run that records nothing.

Half of the rounds lie between the quartiles. The unit of a row follows its median.
"""


def write_section(result: Path) -> str:
    """Return the page's section for one result."""
    measured = json.loads(result.read_text(encoding="utf-8"))
    machine, figures = measured["machine"], measured["figures"]
    lines = [
        f"## {result.stem.removeprefix('library_').replace('_', ' ').capitalize()}",
        f"Claim: {measured['claim']}.",
        f"Method: {measured['method']}. {machine['system']} {machine['processor']}, {machine['cores']} cores, Python"
        f" {machine['python']}, {measured['date']}.",
        f"`{measured['command']}`",
        "\n".join(["| | median | quartiles | worst |", "|---|---|---|---|", *map(write_row, figures.items())]),
        "\n".join(
            ["| | |", "|---|---|", *(f"| {name} | {number:g} |" for name, number in measured["derived"].items())]
        ),
    ]
    return "\n\n".join(lines) + "\n"


def write_row(named: tuple[str, dict[str, Any]]) -> str:
    """Return a figure's row."""
    name, figure = named
    most = figure.get("most")
    quartiles = f"{figure['low']:g} to {figure['high']:g}"
    return f"| {name} | {figure['median']:g} {figure['unit']} | {quartiles} | {'' if most is None else f'{most:g}'} |"


def write_page() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *(write_section(result) for result in sorted(RESULTS.glob("library_*.json")))])


def main() -> None:
    """Write the page, or only show it."""
    if "--show" in sys.argv:
        print(write_page(), end="")
    else:
        PAGE.write_text(write_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
