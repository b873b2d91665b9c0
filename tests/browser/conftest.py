"""A browser, `docferry up`, and a person who looks at its page. Skipped, with the reason, where there is no browser."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec

import pytest

from tests.browser.person import Person
from tests.browser.place import place

_PROGRAM = "DOCFERRY_CHROMIUM"
"""Which browser is started, where it is not `chromium`: a name or a path."""


@pytest.fixture(scope="module")
def chromium():
    """Start the system's Chromium, without a window."""
    program = shutil.which(asked := os.environ.get(_PROGRAM, "chromium"))
    if program is None:
        pytest.skip(
            f"there is no program {asked}; make browser installs Chromium where it can, {_PROGRAM} says where it is"
        )
    if find_spec("playwright") is None:
        pytest.skip("the package playwright is not installed; make browser installs it")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- it may not be there

    with sync_playwright() as playwright:
        # Its own sandbox does not start as root, in containers; it shows nothing but our own server here.
        running = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"], timeout=300_000)
        yield running
        running.close()


@pytest.fixture(scope="module")
def up(chromium, tmp_path_factory):
    """Start what is looked at, once for all tests."""
    with place(tmp_path_factory.mktemp("place")) as started:
        yield started


@pytest.fixture
def person(chromium, up):
    """Sit somebody down at the first of Prefect's pages (v1), which asks nobody but its own server."""
    with Person(chromium, up) as somebody:
        yield somebody
