"""Pictures of the real page for the documents, drawn in a real browser, dark and light, into docs/images.

``python -m tools.overview_pictures [MINUTES]`` starts the demo, lets it gather that much history (5 by default), and
draws its overview. ``python -m tools.overview_pictures --page URL`` draws the last 15 minutes of a page on a cluster,
such as the one that ``kubeglass open --cluster viewer`` gives.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
OVERVIEW = "application-overview"
#: Of a pipeline on a cluster: each dashboard's address, and its pictures' name.
ON_A_CLUSTER = {"cluster-nodes-and-pods": "cluster", OVERVIEW: "cluster-overview"}
#: Other pods of the cluster are no part of the picture; a dashboard without the variable ignores it.
NAMESPACE = "var-namespace=observability"
#: Tall enough for the whole dashboard: only what is in view is drawn.
WIDTH, HEIGHT = 1400, 3200
#: Where the last panel ends, with the margin that panels have between them.
LOWEST = """
Math.ceil(Math.max(...[...document.querySelectorAll('[data-testid="panel"]')]
  .map((panel) => panel.getBoundingClientRect().bottom)) + 16)
"""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def open_whole(page: Page, url: str, theme: str, *, dashboard: str = OVERVIEW, minutes: float = 15.0) -> None:
    """Open a dashboard of the last ``minutes`` so that every panel is in view, and wait until each is drawn."""
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    page.goto(f"{url}/d/{dashboard}?{NAMESPACE}&theme={theme}&from=now-{60 * minutes:.0f}s&to=now")
    expect(page.locator("html")).to_have_attribute("data-ready", "true", timeout=90_000)


def find_browser() -> str:
    """Return the machine's own browser."""
    return subprocess.run(
        [ROOT / "tools" / "chromium", "--find"], capture_output=True, text=True, check=True
    ).stdout.strip()


@contextmanager
def running_demo() -> Iterator[str]:
    """Run the demo and yield the page's address."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "kubeglass", "up", "--demo"]
        with subprocess.Popen(command, cwd=folder) as process:
            try:
                yield _page_of(Path(folder) / ".kubeglass" / "run.json")
            finally:
                process.send_signal(signal.SIGINT)


def _page_of(run_file: Path) -> str:
    while True:
        try:
            record = json.loads(run_file.read_text())
            if record["phase"] == "up":
                return str(record["addresses"]["page"])
        except (OSError, ValueError):
            pass
        time.sleep(0.2)


def draw(url: str, pictures: Mapping[str, str], *, minutes: float) -> None:
    """Draw each dashboard dark and light, as tall as it is."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        for dashboard, name in pictures.items():
            for theme in ("dark", "light"):
                page = browser.new_page()
                open_whole(page, url, theme, dashboard=dashboard, minutes=minutes)
                page.set_viewport_size({"width": WIDTH, "height": page.evaluate(LOWEST)})
                page.screenshot(path=IMAGES / f"{name}-{theme}.png")
                page.close()
        browser.close()


def main() -> None:
    """Draw the pictures of the demo, or those of a page that runs."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("minutes", nargs="?", type=float, default=5.0)
    parser.add_argument("--page", help="address of a page on a cluster")
    arguments = parser.parse_args()
    if arguments.page:
        draw(arguments.page, ON_A_CLUSTER, minutes=15.0)
        return
    with running_demo() as url:
        time.sleep(60 * arguments.minutes)
        draw(url, {OVERVIEW: "overview"}, minutes=arguments.minutes)


if __name__ == "__main__":
    main()
