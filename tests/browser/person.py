"""Somebody at a browser: opens pages, reads, fills in forms. What the browser would ask of other machines is refused and noted."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from typing import Self

    from playwright.sync_api import Browser, Locator, Route, ViewportSize

    from tests.browser.place import Place

PATIENCE = 90_000
"""Milliseconds that anything may take to show, on a busy machine."""
_WINDOW: ViewportSize = {"width": 1200, "height": 1200}
"""In pixels. Lists are filled only where they are in sight."""
_MENU = 256
"""How wide the menu is that stands on the left of every page, in pixels."""
_SCREENSHOTS = "DOCFERRY_SCREENSHOTS"
"""The folder for the pictures of the docs; none are kept where it is not set."""


class Person:
    """Somebody who may only ask the server that is up. On leaving, no other was asked, but by what `knows`, and no secret shown."""

    def __init__(self, browser: Browser, place: Place, *, knows: str = "nobody") -> None:
        self._place, self._knows = place, knows
        self._window = browser.new_context(viewport=_WINDOW, locale="en-GB", timezone_id="UTC", reduced_motion="reduce")
        self._window.set_default_timeout(PATIENCE)
        self._window.route("**/*", self._only_here)
        self._elsewhere: list[str] = []
        self.page = self._window.new_page()
        self.page.on("websocket", lambda socket: self._is_here(socket.url))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        shown, words = self.holds(), self.read()
        self._window.close()
        if kind is None:
            assert [url for url in self._elsewhere if self._knows not in url] == []
            assert [secret for secret in self._place.secrets if secret in shown] == []
        print(words)  # noqa: T201 -- pytest shows it with a test that failed

    def _is_here(self, url: str) -> bool:
        here = url.startswith(
            (self._place.page + "/", self._place.page.replace("http", "ws", 1) + "/", "data:", "blob:")
        )
        if not here:
            self._elsewhere.append(url)
        return here

    def _only_here(self, route: Route) -> None:
        if self._is_here(route.request.url):
            route.continue_()
        else:
            route.abort()

    def holds(self) -> str:
        """Return the source of the page and what is in its fields, seen or not."""
        fields = self.page.evaluate("[...document.querySelectorAll('input, textarea')].map(field => field.value)")
        return "\n".join([self.page.content(), *fields])

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

    def writes(self, title: str, value: str, *, kind: str | None = None) -> None:
        """Fill in a field; with `kind`, say before that it is not None but that."""
        if kind is not None:
            self.field(title).get_by_role("button", name=kind, exact=True).click()
        self.field(title).locator("textarea, input").last.fill(value)

    def presses(self, button: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=button, exact=True).click()

    def reads_artifact(self, key: str) -> str:
        """Open the latest artifact under a key; return what stands there."""
        self.opens(f"/artifacts/key/{key}", until="Created")
        self.page.get_by_role("link", name=re.compile(r"^[0-9a-f]{8}$")).first.click()
        self.sees("Raw")
        self.page.wait_for_load_state("networkidle")
        return self.read()

    def keeps(self, name: str, height: int) -> None:
        """Keep a picture of the page for the docs, where somebody asks for that: so many pixels of it, without the menu, in 64 colours."""
        if _SCREENSHOTS not in os.environ:
            return
        self.page.set_viewport_size({**_WINDOW, "height": height})
        self.page.wait_for_timeout(1000)  # until nothing moves any more
        shot = self.page.screenshot(clip={"x": _MENU, "y": 0, "width": _WINDOW["width"] - _MENU, "height": height})
        self.page.set_viewport_size(_WINDOW)
        picture = Image.open(io.BytesIO(shot)).convert("RGB").quantize(64, dither=Image.Dither.NONE)
        picture.save(Path(os.environ[_SCREENSHOTS]) / f"{name}.png", optimize=True)
