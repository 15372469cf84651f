"""Write the results of the library's benchmarks into docs/library/benchmarks.md."""

from __future__ import annotations

import json
from pathlib import Path

from rounds import RESULTS

PAGE = Path(__file__).parents[1] / "docs" / "library" / "benchmarks.md"
HEAD = """# Benchmarks of the library

Measured beside named peers, in the same run, in turn, on a small shared machine: look at the ratios. `make bench`, or the
command under each heading, measures anew and writes `benchmarks/results/`; `python benchmarks/library_table.py` makes
this page of it.
"""


def write_section(result: Path) -> str:
    """Return the page's section for one result."""
    measured = json.loads(result.read_text(encoding="utf-8"))
    machine = measured["machine"]
    lines = [
        f"## {result.stem.removeprefix('library_').replace('_', ' ').capitalize()}",
        f"Claim: {measured['claim']}.",
        f"Method: {measured['method']}. {machine['system']} {machine['processor']}, {machine['cores']} cores, Python"
        f" {machine['python']}, {measured['date']}.",
        f"`{measured['command']}`",
        "| | median |\n|---|---|\n"
        + "\n".join(
            f"| {name} | {figure['median']:g} {figure['unit']} |" for name, figure in measured["figures"].items()
        ),
        "| | |\n|---|---|\n" + "\n".join(f"| {name} | {number:g} |" for name, number in measured["derived"].items()),
    ]
    return "\n\n".join(lines) + "\n"


def main() -> None:
    """Write the page."""
    sections = [write_section(result) for result in sorted(RESULTS.glob("library_*.json"))]
    PAGE.write_text("\n".join([HEAD, *sections]), encoding="utf-8")


if __name__ == "__main__":
    main()
