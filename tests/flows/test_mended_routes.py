"""A route that was wrong and is mended: what it left undone is done by the next run, and said until then."""

import os
import shutil
from pathlib import Path

import httpx
import pytest

import mappings
from tests.flows.test_command import ROUTE, contracts, one_sentence

RIGHT = 'external_id: "{{ external_id }}", external_data'
TOO_LONG = f'title: "{"{{ external_id }}" * 30}", external_data'
"""Only with real ids this is more than a title may have, so it shows when the first document is told about."""


@pytest.fixture
def route(accounts, empty, monkeypatch):
    """Return a way to edit a copy of the shipped route."""
    folder = shutil.copytree(Path(mappings.__file__).parent, empty / "routes")
    monkeypatch.setenv("DOCFERRY_MAPPINGS", str(folder))

    def edit(old, new):
        file = folder / f"{ROUTE}.yaml"
        text = file.read_text()
        assert text.count(old) == 1
        file.write_text(text.replace(old, new))

    return edit


def states(accounts):
    shown = httpx.get(accounts["hypatos"]["control"] + "state").json()["documents"]
    return {key: one["state"] for key, one in shown.items()}


@pytest.mark.parametrize(
    ("wrong", "place", "words"),
    [
        ('transfer: "yes"', "transfer", "true or false"),
        ("transfer: yes", "transfer", "true or false"),
        ('external_data: "text"', "external_data", "map of text"),
        ("reject: true, external_data: {a: b}", "reject", "text that says why"),
    ],
)
def test_feedback_that_can_never_be_taken_is_refused_when_the_route_is_opened(route, docferry, wrong, place, words):
    route('external_data: { zefortContract: "{{ external_id }}" }, transfer: true }', f"{wrong} }}")
    for command in (("check",), ("run", ROUTE), ("run", ROUTE, "--dry-run")):
        ended = docferry(*command)
        assert ended.code == 2
        said = " ".join((ended.out + ended.err).split())
        assert f"feedback.delivered.{place}" in said
        assert words in said


def test_what_the_source_refused_is_said_in_every_run_and_told_once_the_route_is_mended(accounts, route, docferry):
    route(RIGHT, TOO_LONG)
    first = docferry("run", ROUTE, "--json").json
    assert first["refused_feedback"] == first["delivered"] > 0
    again = docferry("run", ROUTE, "--json")
    assert again.json["refused_feedback"] == first["delivered"]
    assert (again.code, again.json["delivered"], again.json["updated"]) == (1, 0, 0)
    told = docferry("status", ROUTE).out
    assert "refused to hear" in told
    assert "the source refused" in told  # the reason stands in a column of a table
    (route_,) = docferry("status", ROUTE, "--json").json["routes"]
    assert {one["outcome"] for one in route_["refusals"]} == {"delivered"}
    assert all("256 characters" in one["reason"] for one in route_["refusals"]), route_["refusals"]
    explained = docferry("explain", route_["refusals"][0]["document_id"], "--json").json
    assert route_["refusals"][0]["reason"] in str(explained)
    before = contracts(accounts)
    route(TOO_LONG, RIGHT)
    mended = docferry("run", ROUTE, "--json").json
    assert (mended["acknowledged"], mended["refused_feedback"], mended["owed_feedback"]) == (first["delivered"], 0, 0)
    assert contracts(accounts).keys() == before.keys()
    assert "transferred" in states(accounts).values()
    assert "refused" not in docferry("status", ROUTE).out


def test_retry_takes_what_the_source_refused(accounts, route, docferry):
    route(RIGHT, TOO_LONG)
    first = docferry("run", ROUTE, "--json").json
    assert docferry("retry", ROUTE, "--json").json["due"] == first["delivered"] + first["rejected"]


def test_documents_that_the_route_did_not_want_are_carried_once_it_does(accounts, route, docferry):
    first = docferry("run", ROUTE, "--json").json
    assert first["skipped"] > 0
    assert docferry("run", ROUTE, "--json").json["unchanged"] == first["skipped"]
    route(
        "when: entities.documentType in ['invoice', 'credit_note', 'contract']",
        "when: entities.documentType is defined",
    )
    widened = docferry("run", ROUTE, "--json").json
    assert widened["delivered"] + widened["rejected"] + widened["skipped"] == first["skipped"]
    assert widened["delivered"] + widened["rejected"] > 0
    assert docferry("run", ROUTE, "--json").json["delivered"] == 0
    assert one_sentence(docferry("run", "nope"))


def test_a_table_that_was_edited_is_used_by_the_next_run_of_the_same_process(accounts, route, docferry):
    docferry("run", ROUTE, "--limit", "3", "--json")
    before = contracts(accounts).keys()
    table = Path(os.environ["DOCFERRY_MAPPINGS"]) / "tables" / "binders.csv"
    table.write_text("key,value\ninvoice,Edited\ncredit_note,Edited\ncontract,Edited\n", encoding="utf-8")
    docferry("run", ROUTE, "--json")
    edited = {key for key, contract in contracts(accounts).items() if contract["binders"] == ["Edited"]}
    assert (len(before) > 0, len(edited) > 0, edited) == (True, True, contracts(accounts).keys() - before)


def test_a_document_asked_for_that_the_source_does_not_have_is_failed_and_leaves_nothing_behind(accounts, docferry):
    ended = docferry("run", ROUTE, "--document", "nope", "--json")
    assert (ended.code, ended.json["failed"]) == (1, 1)
    assert ended.json["problems"][0]["reason"].startswith("not at the source: ")
    (route,) = docferry("status", ROUTE, "--json").json["routes"]
    assert route["statuses"] == {}
    explained = docferry("explain", "nope")
    assert explained.code == 1
    assert "Nothing is known about 'nope'" in one_sentence(explained)
