"""What the destination has dropped after delivery is named: in the run that finds it, in `status` and in `explain`."""

from __future__ import annotations

import httpx
import pytest

from flows.next_steps import next_steps
from flows.tally import Fate, Problem, Report, not_heard
from tests.flows.reports import report

ROUTE = "hypatos_to_zefort"


@pytest.fixture
def dropped(accounts, docferry):
    """Have the destination drop what was delivered of one document; return that document's id at the source."""
    assert docferry("run", ROUTE).code == 1
    control = accounts["zefort"]["control"]
    contract = next(iter(httpx.get(control + "state").json()["contracts"]))
    httpx.post(control + "act", json={"trash": contract}).raise_for_status()
    return docferry("explain", contract, "--json").json["found"][0]["document_id"]


def test_a_run_names_in_json_what_it_found_to_be_withdrawn(dropped, docferry):
    ended = docferry("run", ROUTE, "--json")
    (problem,) = [one for one in ended.json["problems"] if one["fate"] == "withdrawn"]
    assert (ended.code, ended.json["withdrawn"], ended.json["adds_up"]) == (1, 1, True)
    assert problem == {"document_id": dropped, "fate": "withdrawn", "reason": "it was moved to the trash"}
    assert Fate.WITHDRAWN in [one.fate for one in Report.from_json(ended.json).problems]


def test_a_run_names_in_text_what_it_found_to_be_withdrawn(dropped, docferry):
    shown = docferry("run", ROUTE).out
    assert f"withdrawn 1 it was moved to the trash {dropped}" in " ".join(shown.split())


def test_status_and_explain_name_it_as_long_as_it_is_so(dropped, docferry):
    docferry("run", ROUTE)
    (listed,) = docferry("status", ROUTE, "--json").json["routes"][0]["withdrawn"]
    assert listed["document_id"] == dropped
    assert listed["external_id"]
    assert listed["reason"] == "it was moved to the trash"
    shown = docferry("status", ROUTE).out
    assert [line for line in shown.splitlines() if line.startswith("withdrawn") and dropped in line]
    told = docferry("explain", dropped).out
    assert f"on {ROUTE}: withdrawn" in told
    assert "it was moved to the trash" in told


def test_a_message_about_it_that_the_source_refused_does_not_hide_what_it_is():
    assert not_heard("trashed", "403")[0] is not_heard("withdrawn", None)[0] is Fate.WITHDRAWN


def test_the_next_step_names_the_document():
    problem = Problem("d7", Fate.WITHDRAWN, "it was moved to the trash")
    (step,) = next_steps(report(withdrawn=1, problems=(problem,)))
    assert "`docferry explain d7`" in step
