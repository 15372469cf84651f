"""Regenerate every generated page."""

from __future__ import annotations

from pathlib import Path

from tools.reference import PAGES

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Write the pages that changed and name them."""
    for name, render in PAGES.items():
        path = ROOT / name
        text = render()
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            print(f"written: {name}")


if __name__ == "__main__":
    main()
