"""Somebody at a browser: opens pages, reads, fills in forms. What the browser would ask of other machines is refused and noted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self

    from playwright.sync_api import Browser, Locator, Route

    from tests.browser.place import Place

PATIENCE = 90_000
"""Milliseconds that anything may take to show, on a busy machine."""


class Person:
    """`elsewhere` is what their browser asked of other machines, in vain. On leaving, it must be nothing."""

    def __init__(self, browser: Browser, place: Place) -> None:
        self._place = place
        self._window = browser.new_context(
            viewport={"width": 1200, "height": 900}, locale="en-GB", timezone_id="UTC", reduced_motion="reduce"
        )
        self._window.set_default_timeout(PATIENCE)
        self._window.route("**/*", self._only_here)
        self.elsewhere: list[str] = []
        self.page = self._window.new_page()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        shown, words = self.page.content(), self.read()
        self._window.close()
        if kind is None:
            assert self.elsewhere == []
            assert [secret for secret in self._place.secrets if secret in shown] == []
        print(words)  # noqa: T201 -- pytest shows it with a test that failed

    def _only_here(self, route: Route) -> None:
        if route.request.url.startswith((self._place.page + "/", "data:", "blob:")):
            route.continue_()
        else:
            self.elsewhere.append(route.request.url)
            route.abort()

    def opens(self, path: str, *, until: str) -> None:
        """Go to a page and wait for what it shows."""
        self.page.goto(self._place.page + path)
        self.sees(until)

    def sees(self, text: str | re.Pattern[str]) -> Locator:
        """Wait until this stands somewhere on the page; return where."""
        found = self.page.get_by_text(text).filter(visible=True).first
        found.wait_for()
        return found

    def read(self) -> str:
        """Return what stands on the page, in one line."""
        return re.sub(r"\s+", " ", self.page.locator("body").inner_text())

    def opens_form(self, deployment: str, *, until: str) -> None:
        """Go to the form for a run of a deployment."""
        self.opens(f"/deployments/deployment/{self._place.deployment(deployment)}/run", until=until)
        self.sees("Additional Options")

    def field(self, title: str) -> Locator:
        """Return the field under this title, with its description."""
        return self.page.locator("label", has_text=title).last.locator("xpath=../..")

    def chooses(self, title: str, value: str) -> None:
        """Choose from a dropdown, with the keyboard."""
        self.field(title).locator("button[modelvalue]").focus()
        self.page.keyboard.press("ArrowDown")
        self.page.get_by_role("option", name=value, exact=True).click()

    def presses(self, button: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=button, exact=True).click()
