"""Documents that change after they were delivered: the same contract follows, and our own feedback is no change."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from state.ledger import Ledger
from tests.flows.findings import Findings
from tests.flows.world import ONCE, ROUTE, heal, strike, world
from tests.ledgers import in_a_file

pytestmark = pytest.mark.usefixtures("any_ledger")


def delivered(it, kind="invoice"):
    return next(key for key, one in it.documents().items() if one["type"] == kind and one["external_id"])


def acknowledgements(it, key):
    return it.documents()[key]["counts"]["transfer"]["effective"]


def writes(app):
    return sum(count for endpoint, count in app.requests.items() if not endpoint.startswith("GET"))


def value(it, key):
    (contract,) = it.contracts()[key]
    return Decimal(str(contract["attributes"]["value"]))


async def test_another_total_is_written_into_the_same_contract(tmp_path):
    async with world(tmp_path) as it:
        await it.finish(1)
        key = delivered(it)
        (before,) = it.contracts()[key]
        it.hypatos.act({"reopen": key, "entities": {"totalAmount": 1234.5}})
        report = await it.finish(1)
        (after,) = it.contracts()[key]
        assert (report.updated, report.unchanged) == (1, 3)  # the three are those that the route skips
        assert Decimal(str(after["attributes"]["value"])) == Decimal("1234.5")
        after["attributes"]["value"] = before["attributes"]["value"]
        for shown in (before, after):
            shown.pop("effective")  # how many calls have changed it
        assert after == before
        assert (acknowledgements(it, key), it.documents()[key]["state"]) == (2, "transferred")
        assert (await it.run()).updated == 0


async def test_another_supplier_takes_the_place_of_the_first(tmp_path):
    async with world(tmp_path) as it:
        await it.finish(1)
        key = delivered(it)
        other = {"id": "S-9", "name": "Replacement Oy", "vatId": "FI77777777", "country": "FI"}
        it.hypatos.act({"reopen": key, "entities": {"supplier": other}})
        report = await it.finish(1)
        (contract,) = it.contracts()[key]
        assert report.updated == 1
        assert contract["attributes"]["title"].startswith("Replacement Oy ")
        assert sorted((one["name"], one["role"]) for one in contract["parties"]) == [
            ("Docferry Demo Oy", "buyer"),
            ("Replacement Oy", "supplier"),
        ]
        assert len(contract["notes"]) == 1


async def test_a_document_that_comes_back_unchanged_is_only_acknowledged_again(tmp_path):
    async with world(tmp_path) as it:
        await it.finish(1)
        key, written = delivered(it), writes(it.zefort)
        it.hypatos.act({"reopen": key})
        report = await it.finish(1)
        assert (report.unchanged, report.updated, report.acknowledged) == (4, 0, 1)
        assert writes(it.zefort) == written
        assert (acknowledgements(it, key), it.documents()[key]["state"]) == (2, "transferred")


async def test_answers_lost_during_an_update_leave_one_contract_as_it_should_be(tmp_path):
    async with world(tmp_path) as it:
        await it.finish(1)
        key = delivered(it)
        other = {"id": "S-9", "name": "Replacement Oy", "vatId": "FI77777777", "country": "FI"}
        it.hypatos.act({"reopen": key, "entities": {"supplier": other, "documentType": "contract"}})
        for app in (it.hypatos, it.zefort):
            strike(app, "act_then_drop", "POST", times=6, every=2)
        strike(it.zefort, "act_then_drop", "DELETE", times=1)
        await it.finish()
        (contract,) = it.contracts()[key]
        assert sorted(one["name"] for one in contract["parties"]) == ["Docferry Demo Oy", "Replacement Oy"]
        assert contract["binders"] == ["Invoices", "Contracts"]
        assert len(contract["notes"]) == 1
        assert acknowledgements(it, key) == 2


async def test_a_rejected_document_that_was_corrected_is_delivered(tmp_path):
    async with world(tmp_path) as it:
        await it.finish(1)
        key = next(key for key, one in it.documents().items() if one["counts"]["reject"]["effective"])
        it.hypatos.act({"reopen": key, "entities": {"supplier": {"id": "S-1", "name": "Named Oy"}}})
        report = await it.finish(1)
        assert (report.delivered, report.rejected) == (1, 0)
        assert len(it.contracts()[key]) == 1
        assert it.documents()[key]["state"] == "transferred"


async def test_a_document_taken_back_before_its_acknowledgement_gets_one_when_it_returns(tmp_path):
    async with world(tmp_path) as it:
        strike(it.hypatos, "status", "POST", "/documents/*/transfer", status=503)
        report = await it.run(policy=ONCE)
        assert report.owed_feedback == 5
        heal(it.hypatos)
        key = next(key for key, one in it.documents().items() if one["external_id"])
        it.hypatos.act({"status": key, "state": "inCompletion"})
        report = await it.run()
        assert it.documents()[key]["state"] == "inCompletion"
        it.hypatos.act({"reopen": key, "entities": {"totalAmount": 77}})
        await it.finish()
        (contract,) = it.contracts()[key]
        assert Decimal(str(contract["attributes"]["value"])) == 77
        assert (acknowledgements(it, key), it.documents()[key]["state"]) == (1, "transferred")


async def test_a_list_that_lags_shows_documents_we_are_through_with_and_nothing_comes_of_it(tmp_path):
    async with world(tmp_path) as it:
        it.hypatos.switches.listing_lag = 3600.0
        await it.finish(1)
        written = writes(it.zefort)
        for _ in range(2):
            report = await it.finish(1)
            assert report.passes <= 2
            assert (report.unchanged, report.acknowledged) == (9, 0)
        it.hypatos.act({"advance": 7200})
        report = await it.finish(1)
        assert (report.listed, report.acknowledged) == (3, 0)
        assert writes(it.zefort) == written
        (rejected,) = await it.ledger.rejects(ROUTE, 5)
        assert (rejected.status, rejected.reason) == (
            "rejected",
            "parties[0].name: must not be empty (line 38 of the route)",
        )
        assert it.findings() == Findings()


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"software_bumps_updated": True, "list_entities": True},
        {"applied_after": 0.3},
        {"listing_lag": 0.6, "applied_after": 0.2, "wrong_state": "ignored", "software_bumps_updated": True},
    ],
    ids=lambda value: "+".join(value) or "plain",
)
async def test_our_own_feedback_never_comes_back_as_a_change(tmp_path, switches):
    async with world(tmp_path, settle=2.0) as it:
        for name, value in switches.items():
            setattr(it.hypatos.switches, name, value)
        await it.finish()
        written = writes(it.zefort)
        for _ in range(3):
            await it.finish(1)
        it.hypatos.act({"advance": 60})
        report = await it.finish(1)
        assert (report.listed, report.delivered, report.updated, report.acknowledged) == (3, 0, 0, 0)
        assert writes(it.zefort) == written
        assert it.findings() == Findings()


async def test_a_document_that_shows_less_once_it_was_told_is_left_alone(tmp_path):
    async with world(tmp_path) as it:
        it.hypatos.switches.thin_once_told = True
        await it.finish()
        before = it.contracts()
        for _ in range(2):
            report = await it.run()
            assert (report.updated, report.rejected, report.skipped, report.complete) == (0, 0, 0, True)
        assert it.contracts() == before
        assert it.findings() == Findings()


async def test_what_a_stale_list_made_due_is_not_rejected_again_when_a_later_run_finds_it_due(tmp_path):
    """The run that read the stale list died before it looked; to the next one the document is due and not listed."""
    async with world(tmp_path) as it:
        await it.finish()
        key = next(key for key, one in it.documents().items() if one["accepted_state"] == "rejected")
        async with it.ledger.run(ROUTE) as run:
            await run.remember("documents", [(key, "as it was")], None, now=datetime.now(UTC), relist=())
        report = await it.finish()
        assert (report.resumed, report.rejected) == (1, 0)
        assert it.documents()[key]["counts"]["reject"]["effective"] == 1
        assert (await it.ledger.lookup(ROUTE, [key]))[key].status == "rejected"


async def test_with_a_new_key_of_the_fingerprints_nothing_is_there_twice(tmp_path):
    async with world(tmp_path) as it:
        in_a_file(it.url)
        await it.finish()
        keys = [key for key, one in it.documents().items() if one["external_id"]]
        url = f"sqlite:///{it.database}"
        await it.ledger.close()
        it.database.with_name("state.db.key").unlink()
        await Ledger.rekey(url)
        it.ledger = await Ledger.open(url)
        for key in keys:
            it.hypatos.act({"reopen": key, "entities": {"totalAmount": 55.5}})
        report = await it.finish()
        assert report.updated == len(keys)
        assert {value(it, key) for key in keys} == {Decimal("55.5")}
        for found in it.contracts().values():
            assert len(found) == 1
            (contract,) = found
            names = [(party["name"], party["role"]) for party in contract["parties"]]
            assert len(set(names)) == len(names) == 2
            assert len(contract["notes"]) == 1
            assert len({file["sha256"] for file in contract["files"]}) == len(contract["files"])
