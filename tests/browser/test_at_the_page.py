"""docferry operated from the first of Prefect's two pages (v1) by somebody at a real browser, and no other machine is asked."""

from __future__ import annotations

import pytest

from tests.browser.place import ROUTE

pytestmark = pytest.mark.timeout(900)


def test_a_deployment_is_found_by_its_route_and_says_what_it_does(person):
    person.opens("/deployments", until=ROUTE)
    person.page.get_by_role("link", name=ROUTE).first.click()
    person.page.get_by_text("Description", exact=True).click()
    person.sees("documents that are completed in Hypatos become contracts")


def test_what_makes_no_sense_is_refused_in_the_form_and_nothing_is_started(person, up):
    before = up.runs(ROUTE)
    person.opens_form(ROUTE, until="Since (Optional)")
    assert "What (Optional) all due: what is new or changed at the source" in person.read()
    person.chooses("What (Optional)", "only these documents")
    person.presses("Submit")
    person.sees("[] should be non-empty")
    assert person.page.url.endswith("/run")
    assert up.runs(ROUTE) == before
