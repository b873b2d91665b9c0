"""The shipped route from Zefort contracts to Hypatos suppliers, run by the engine against both sandboxes on loopback."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import mappings
from connectors.hypatos.sandbox import HypatosSandbox
from connectors.hypatos.sandbox import Switches as HypatosSwitches
from connectors.sandbox import serve
from connectors.zefort.sandbox import Switches as ZefortSwitches
from connectors.zefort.sandbox import ZefortSandbox
from flows.engine import sync
from flows.routes import open_route
from flows.selection import Selection
from flows.settings import Gateway
from tests.flows.world import QUICK, heal, strike
from tests.ledgers import open_ledger, url_in

if TYPE_CHECKING:
    from state.ledger import Ledger

pytestmark = pytest.mark.usefixtures("any_ledger")

ROUTE = "zefort_to_hypatos_master_data"
DOCUMENTS = "zefort_to_hypatos_documents"
SWEEP = Selection(sweep=True)


@dataclass
class Office:
    """One account on each side and one state database. Each run opens fresh connections."""

    zefort: ZefortSandbox
    hypatos: HypatosSandbox
    gateway: Gateway
    ledger: Ledger

    async def run(self, route=ROUTE, policy=QUICK, **options):
        async with open_route(self.gateway, route, self.ledger) as opened:
            report = await sync(opened, self.ledger, policy=policy, **options)
        assert report.adds_up, report
        return report

    @property
    def suppliers(self):
        """The suppliers Hypatos holds, by external id."""
        kept = self.hypatos.state()["enriched"].get("suppliers", [])
        return {one["record"]["externalId"]: one["record"] for one in kept}

    @property
    def wanted(self):
        """The names of the suppliers it should hold."""
        contracts = self.zefort.state()["contracts"].values()
        ready = [
            one for one in contracts if not one["trashed"] and one["status"] not in ("error", "queued", "processing")
        ]
        return {party["name"] for one in ready for party in one["parties"] if party["role"] == "supplier"}

    def add(self, **what):
        return self.zefort.act({"add": what})["id"]

    def contract(self, contract_id):
        return self.zefort.state()["contracts"][contract_id]


@pytest.fixture
async def office(tmp_path, monkeypatch):
    zefort, hypatos = ZefortSandbox(ZefortSwitches()), HypatosSandbox(0, 7, HypatosSwitches(quota=0, applied_after=0.0))
    async with serve({"zefort": zefort, "hypatos": hypatos}) as urls:
        for name, app in (("ZEFORT", zefort), ("HYPATOS", hypatos)):
            monkeypatch.setenv(f"{name}_BASE_URL", urls[name.lower()])
            monkeypatch.setenv(f"{name}_SETTLE_SECONDS", "0")
            for key, value in app.credentials.items():
                monkeypatch.setenv(f"{name}_{key}".upper(), value)
        monkeypatch.setenv("HYPATOS_VERIFY_WITHIN", "0.1")
        folder = tmp_path / "routes"
        folder.mkdir()
        shipped = Path(mappings.__file__).parent / f"{ROUTE}.yaml"
        (folder / shipped.name).write_text(shipped.read_text())
        (folder / f"{DOCUMENTS}.yaml").write_text(
            "source: zefort.contracts\ndestination: hypatos.documents\nfiles: all\n"
            "fields:\n"
            "  project: {value: 'Verträge & Rahmenverträge'}\n"
            "  title: attributes.title\n"
            "  external_data.contract: id\n"
            "feedback:\n"
            "  delivered: {note: 'In Hypatos as {{ external_id }}', attributes: {invoice_number: '{{ external_id }}'}, "
            "status: archived}\n"
        )
        ledger = await open_ledger(url_in(tmp_path))
        yield Office(zefort, hypatos, Gateway(mappings=folder), ledger)
        await ledger.close()


async def test_every_supplier_of_every_contract_arrives_once_and_the_contracts_are_tagged(office):
    ids = office.zefort.act({"fill": 40})["id"]
    report = await office.run()
    assert report.complete, report
    assert report.listed == 40
    assert {record["name"] for record in office.suppliers.values()} == office.wanted
    assert "erp_70007" in office.suppliers
    assert office.suppliers["erp:70001"] == {
        "externalId": "erp:70001",
        "name": "Beispiel Maschinenbau GmbH",
        "countryCode": "DE",
        "taxIds": [{"id": "DE811907980"}],
        "customFields": {"zefortParty": office.suppliers["erp:70001"]["customFields"]["zefortParty"]},
    }
    tagged = [one for one in ids if "suppliers in Hypatos" in office.contract(one)["tags"]]
    assert len(tagged) == report.delivered == report.acknowledged
    assert report.rejected == 0
    assert office.hypatos.state()["deleted_records"] == 0


async def test_an_edit_that_no_window_shows_is_found_by_a_sweep_that_a_person_asks_for(office):
    party = {"name": "Old Name Oy", "external_id": "erp:1", "role": "supplier"}
    contract = office.add(parties=[party], days_ago=30)
    office.add()
    await office.run()
    office.zefort.store.contracts[contract].parties[0].party.fields["name"] = "New Name Oy"
    office.zefort.store.touch(office.zefort.store.contracts[contract])
    assert (await office.run()).updated == 0
    assert (await office.run(asked=SWEEP)).updated == 1
    assert office.suppliers["erp:1"]["name"] == "New Name Oy"


async def test_our_own_tag_is_no_news_and_a_second_run_writes_nothing(office):
    office.zefort.act({"fill": 25})
    await office.run()
    before = office.hypatos.requests["POST /enrichment/{}"]
    for _ in range(2):
        report = await office.run(asked=SWEEP)
        assert report.complete
        assert report.delivered == report.updated == report.acknowledged == 0
    assert office.hypatos.requests["POST /enrichment/{}"] == before


async def test_a_changed_party_overwrites_its_supplier(office):
    contract = office.add(parties=[{"name": "Old Name Oy", "external_id": "erp:1", "role": "supplier"}])
    await office.run()
    party = office.zefort.store.contracts[contract].parties[0].party
    party.fields["name"] = "New Name Oy"
    office.zefort.store.touch(office.zefort.store.contracts[contract])
    report = await office.run()
    assert report.updated == 1
    assert office.suppliers["erp:1"]["name"] == "New Name Oy"


async def test_a_contract_that_is_finished_late_is_carried_then(office):
    busy = office.add(status="processing", days_ago=12, parties=[{"name": "Late Oy", "role": "supplier"}])
    office.add()
    assert (await office.run()).delivered == 0
    office.zefort.act({"status": busy, "to": "review"})
    assert (await office.run()).delivered == 1
    assert [record["name"] for record in office.suppliers.values()] == ["Late Oy"]


async def test_a_supplier_that_hypatos_refuses_is_told_to_the_contract_and_stops_nobody(office):
    office.add(parties=[{"name": "Good Oy", "role": "supplier"}])
    await office.run()
    wrong = office.add(parties=[{"name": "A Oy", "country": "Q7", "role": "supplier"}])
    good = office.add(parties=[{"name": "B Oy", "role": "supplier"}])
    report = await office.run()
    assert (report.delivered, report.rejected) == (1, 1)
    assert "countryCode" in office.contract(wrong)["notes"][0]
    assert office.contract(good)["tags"] == ["suppliers in Hypatos"]
    # The reasons alone: an id drawn by chance may hold the two letters.
    assert all("Q7" not in problem.reason for problem in report.problems)


@pytest.mark.parametrize("side", ["zefort", "hypatos"])
@pytest.mark.parametrize("kind", ["act_then_drop", "drop", "cut", "status"])
async def test_faults_on_either_side_lose_and_double_nothing(office, side, kind):
    office.zefort.act({"fill": 12})
    app = getattr(office, side)
    strike(app, kind, every=5, status=503)
    for _ in range(2):
        await office.run()
    heal(app)
    report = await office.run(asked=SWEEP)
    assert report.complete, report
    assert {record["name"] for record in office.suppliers.values()} == office.wanted
    for one in office.zefort.state()["contracts"].values():
        assert one["tags"].count("suppliers in Hypatos") <= 1
    names = [tag["name"] for tag in office.zefort.state()["tags"].values()]
    assert len(names) == len(set(names))


async def test_lists_that_shrink_while_they_are_read_lose_nothing(office):
    office.zefort.act({"fill": 90})
    office.zefort.switches.drift, office.zefort.switches.drift_items = "leave", 5
    await office.run()
    office.zefort.switches.drift = "none"
    for contract in office.zefort.store.contracts.values():
        contract.hidden = False
    office.zefort.store.version += 1
    await office.run(asked=SWEEP)
    assert {record["name"] for record in office.suppliers.values()} == office.wanted


async def test_contracts_with_their_files_become_documents_once(office):
    ids = office.zefort.act({"fill": 16})["id"]
    strike(office.hypatos, "act_then_drop", "POST", "/documents/process-file", every=4)
    strike(office.zefort, "act_then_drop", "POST", "/contracts/*/notes/", every=3)
    for _ in range(4):
        report = await office.run(DOCUMENTS, asked=SWEEP)
    assert report.complete, report
    held = office.hypatos.state()["documents"]
    ready = [one for one in ids if not office.contract(one)["trashed"] and office.contract(one)["status"] != "error"]
    assert len(held) == sum(len(office.contract(one)["files"]) for one in ready)
    for contract_id in ready:
        contract = office.contract(contract_id)
        (main,) = [
            key
            for key, document in held.items()
            if document["external_data"]["contract"] == contract_id and "mainDocument" not in document["external_data"]
        ]
        assert contract["notes"] == [f"In Hypatos as {main}"]
        assert contract["attributes"]["invoice_number"] == main
        assert contract["status"] == "archived"
        assert held[main]["title"] == contract["attributes"]["title"]
        sent = {len(office.hypatos.store.uploads[file_id].content) for file_id in held[main]["files"]}
        assert sent == {contract["files"][0]["size"]}


async def test_documents_for_no_project_stop_the_route_with_the_setting_to_mend_and_no_talk_of_credentials(office):
    office.zefort.act({"fill": 3})
    route = office.gateway.mappings / f"{DOCUMENTS}.yaml"
    route.write_text(route.read_text().replace("  project: {value: 'Verträge & Rahmenverträge'}\n", ""))
    report = await office.run(DOCUMENTS)
    assert (report.exit_code, report.rejected) == (3, 0)
    assert "set HYPATOS_PROJECTS" in report.stopped
    assert "then run again" in report.stopped
    assert "credentials" not in report.stopped


async def test_a_wrong_download_path_stops_the_route_and_rejects_nothing(office):
    office.zefort.act({"fill": 6})
    office.zefort.switches.download = "none"
    report = await office.run(DOCUMENTS, policy=replace(QUICK, circuit=3, patience=0.0))
    assert "ZEFORT_DOWNLOAD_PATH" in report.stopped
    assert "`files: none`" in report.stopped
    assert report.rejected == 0
    office.zefort.switches.download = "documents"
    assert (await office.run(DOCUMENTS)).delivered > 0


async def test_one_contract_can_be_asked_for_by_name(office):
    first, _ = office.add(parties=[{"name": "A", "role": "supplier"}]), office.add()
    report = await office.run(asked=Selection((first,)))
    assert (report.delivered, len(office.suppliers)) == (1, 1)


async def test_a_limit_is_kept(office):
    office.zefort.act({"fill": 12})
    assert (await office.run(asked=Selection(limit=2))).delivered <= 2
    report = await office.run()
    assert {record["name"] for record in office.suppliers.values()} == office.wanted
    assert report.complete


async def test_of_a_contract_that_stays_refused_zefort_hears_once_and_of_its_delivery_once_it_is_mended(office):
    route = office.gateway.mappings / f"{DOCUMENTS}.yaml"
    route.write_text(route.read_text() + "  rejected: {note: 'Refused: {{ reason }}'}\n")
    mine = office.add()
    again = replace(QUICK, refused=5 * (0.0,))
    strike(office.hypatos, "status", "POST", "/documents/process-file", status=422)
    reports = [await office.run(DOCUMENTS, policy=again) for _ in range(2)]
    assert [(one.rejected, one.unchanged, one.acknowledged) for one in reports] == [(1, 0, 1), (0, 1, 0)]
    heal(office.hypatos)
    assert (await office.run(DOCUMENTS, policy=again)).delivered == 1
    notes = office.contract(mine)["notes"]
    assert [note.partition(" ")[0] for note in notes] == ["Refused:", "In"]
