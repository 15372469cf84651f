"""A dashboard in a browser, in a reader's words."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, Request, expect

VIOLATIONS = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => {
  window.violations.push([event.violatedDirective, event.blockedURI, event.sourceFile, event.sample].join(' '));
});
"""


class Dashboard:
    """What a reader sees and does; everything that the browser complains about is kept."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.bodies: list[str] = []
        page.add_init_script(VIOLATIONS)
        page.on("console", lambda message: self._keep(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._keep_request)

    def open(self, path: str) -> None:
        """Go there and wait until every panel in view has had its first answer."""
        self.page.goto(self.url + path)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until every panel in view has had its first answer."""
        expect(self.page.locator("html")).to_have_attribute("data-ready", "true")

    def panel(self, title: str) -> Locator:
        """The panel of that title."""
        return self.page.locator(f'[data-testid="panel"][data-panel-title="{title}"]')

    def expect_state(self, title: str, state: str) -> None:
        """Wait until the panel says of itself that it is so far."""
        expect(self.panel(title)).to_have_attribute("data-panel-state", state)

    def expect_series(self, title: str, names: list[str]) -> None:
        """Wait until the panel's legend holds these names and no other."""
        legend = self.panel(title)
        expect(legend.get_by_test_id(re.compile("VizLegend series"))).to_have_count(len(names))
        for name in names:
            expect(legend.get_by_test_id(f"data-testid VizLegend series {name}")).to_be_visible()

    def violations(self) -> list[str]:
        """What the content security policy kept the page from doing."""
        found: list[str] = self.page.evaluate("window.violations")
        return found

    def _keep_request(self, request: Request) -> None:
        self.requests.append(request.url)
        self.bodies.append(request.post_data or "")

    def _keep(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)
