"""docferry operated from Prefect's page by somebody at a real browser: what they see, and that no other machine is asked.

Prefect ships two pages. The first one (v1) is driven here, and the second one (V2) where they differ: at the form of a block.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

import pytest

from tests.browser.person import Person
from tests.browser.place import ROUTE

pytestmark = pytest.mark.timeout(900)
LIMIT = 40
REASON = "Month-end: before the books are closed"
COUNTS = re.compile(rf"{ROUTE} · (\d+) delivered, (\d+) rejected, (\d+) waiting")
PROGRESS = re.compile(rf"{ROUTE}: (\d+) of about (\d+)")


class Seen(NamedTuple):
    """A run that was started by hand, and what was seen of it: its log, and its progress at two moments."""

    run: str
    log: str
    first: str
    later: str
    ended: str


@pytest.fixture(scope="module")
def by_hand(chromium, up):
    """Start a run through the form, look at it while it is under way, and wait for it."""
    up.slow_down(2.0)
    with Person(chromium, up) as person:
        person.opens_form(ROUTE, until="Since (Optional)")
        person.writes("Limit (Optional)", str(LIMIT), kind="int")
        person.writes("Reason (Optional)", REASON, kind="str")
        person.keeps("form", 1530)
        person.presses("Submit")
        person.sees("scheduled to start now")
        run = up.runs(ROUTE)[0]
        person.opens(f"/runs/flow-run/{run}", until="Running")
        log = person.sees("Beginning flow run").inner_text()
        person.page.get_by_text("Artifacts", exact=True).last.click()
        first = person.sees(PROGRESS).inner_text()
        done = PROGRESS.search(first).group(1)
        later = person.sees(re.compile(rf"{ROUTE}: (?!{done} of)\d+ of about")).inner_text()
        person.keeps("progress", 840)
    up.slow_down(0.0)
    return Seen(run, log, first, later, up.ended(run))


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
    person.writes("Limit (Optional)", "0", kind="int")
    person.presses("Submit")
    person.sees("[] should be non-empty")
    person.sees("0 is not valid under any of the given schemas")
    assert person.page.url.endswith("/run")
    assert up.runs(ROUTE) == before


def test_a_run_that_was_started_through_the_form_is_watched_while_it_goes_on(by_hand):
    assert by_hand.ended == "NeedsAttention"
    assert f"Beginning flow run '{ROUTE}' for flow 'docferry'" in by_hand.log
    (first, _), (later, of) = (map(int, PROGRESS.search(seen).groups()) for seen in (by_hand.first, by_hand.later))
    assert first < later < of


def test_the_page_of_a_run_says_how_it_ended_and_what_it_was_asked_for(by_hand, person):
    person.opens(f"/runs/flow-run/{by_hand.run}", until="NeedsAttention")
    assert COUNTS.search(person.read())
    person.page.get_by_text("Parameters", exact=True).last.click()
    person.sees(REASON)
    person.page.get_by_text("Artifacts", exact=True).last.click()
    assert f"ended at {LIMIT} of" in person.sees(re.compile(rf"{ROUTE}: ended")).inner_text()


def test_the_report_says_what_to_do_and_the_table_why_and_which_documents(by_hand, person):
    person.opens(f"/runs/flow-run/{by_hand.run}", until="NeedsAttention")
    delivered, rejected, waiting = COUNTS.search(person.read()).groups()
    report = person.reads_artifact("hypatos-to-zefort-summary")
    person.keeps("report", 1010)
    assert f"What a person should do now Rejected, {rejected}: the artifact hypatos-to-zefort-rejects" in report
    assert re.search(rf"\d+ \+ 0 = {delivered} 0 0 \d+ {rejected} 0 {waiting} ", report)
    table = person.reads_artifact("hypatos-to-zefort-rejects")
    person.keeps("rejects", 450)
    assert "count what for example why" in table
    assert "parties[0].name: must not be empty (line 38 of the route)" in table
    assert sum(int(count) for count in re.findall(r"(\d+) rejected", table)) == int(rejected)


def test_the_form_of_a_block_explains_its_fields_and_no_secret_is_shown_once_it_is_saved(chromium, up):
    # V2 asks amplitude.com for the settings of its statistics, though those are switched off: docs/scheduling.md.
    with Person(chromium, up, knows=".amplitude.com/") as person:
        person.opens("/v2/blocks/catalog/hypatos-credentials/create", until="Client secret")
        assert "It needs the scopes documents.read, documents.write and files.read." in person.read()
        secret = up.secrets[0]
        dots = person.page.locator("input[type=password]")
        assert dots.count() == 2
        person.page.locator("input[name=blockName]").fill("hypatos")
        dots.first.fill("sandbox-client")
        dots.last.fill(secret)
        person.keeps("block", 580)
        person.presses("Save")
        person.sees("********")
        assert secret not in person.holds()
        saved = person.page.url.rpartition("/")[2]
        for page in ("/v2", ""):
            person.opens(f"{page}/blocks/block/{saved}", until="********")
            assert secret not in person.holds()
            person.opens(f"{page}/blocks/block/{saved}/edit", until="Client secret")
            person.page.wait_for_function("document.querySelectorAll('input, textarea').length >= 4")
            assert "********" in person.holds()
            assert secret not in person.holds()


def test_the_first_page_shows_a_secret_while_it_is_typed_which_the_docs_warn_of(person):
    person.opens("/blocks/catalog/hypatos-credentials/create", until="Client secret")
    person.sees("Create")
    assert person.page.locator("textarea").count() == 3
    assert person.page.locator("input[type=password]").count() == 0


def test_the_form_of_explain_answers_where_a_document_is(by_hand, person, up):
    table = person.reads_artifact("hypatos-to-zefort-rejects")
    document = re.search(r"rejected ([0-9a-f]{24})", table).group(1)
    person.opens_form("explain", until="where documents are recorded")
    person.writes("document", document)
    person.presses("Submit")
    person.sees("scheduled to start now")
    assert up.ended(up.runs("explain")[0]) == "Completed"
    answer = person.reads_artifact("explain")
    person.keeps("explain", 1000)
    assert f"{document} on {ROUTE}: rejected At the destination: nothing yet" in answer
    assert "Fields field rule reads attributes.title hypatos_to_zefort.yaml:26" in answer


def test_the_chart_is_a_picture_though_no_other_machine_is_asked(by_hand, person, up):
    for documents in (80, 110, 130) if "DOCFERRY_SCREENSHOTS" in os.environ else ():  # one bar makes no picture
        up.refill(documents)
        assert up.run(ROUTE) == "NeedsAttention"
    assert "begun delivered rejected failed time" in person.reads_artifact("hypatos-to-zefort-chart")
    person.keeps("chart", 800)
    picture = person.page.locator("img[alt*='The last']")
    assert picture.evaluate("picture => picture.complete && picture.naturalWidth") > 100
