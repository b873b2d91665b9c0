"""The shipped routes against the sandboxes: what arrives, what the source is told, and that all is accounted for."""

from pathlib import Path

import pytest

import mappings
from connectors.sandbox_faults import Fault
from tests.flows.pairs import pair

FOLDER = Path(mappings.__file__).parent
ROUTES = ["contractfit_to_zefort", "documine_to_zefort", "zefort_to_documine", "hypatos_to_contractfit"]


def shipped(name):
    return (FOLDER / f"{name}.yaml").read_text()


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("storm", [False, True], ids=["calm", "storm"])
async def test_a_shipped_route_carries_every_document_once(tmp_path, monkeypatch, name, storm):
    source, _, destination = name.partition("_to_")
    async with pair(tmp_path, monkeypatch, source, destination, shipped(name)) as it:
        if storm:
            for seed, app in enumerate((it.source, it.destination)):
                app.shared.faults.append(Fault("status", probability=0.05, seed=seed, status=503, act=True))
                app.shared.faults.append(Fault("act_then_drop", probability=0.05, seed=seed))
        delivered = await it.finish()
        assert delivered >= 3
        it.arrived_once(delivered)
        again = await it.run()
        assert (again.delivered, again.updated, again.owed_feedback, again.complete) == (0, 0, 0, True)


async def test_a_document_of_contractfit_arrives_with_its_data_and_is_submitted(tmp_path, monkeypatch):
    async with pair(tmp_path, monkeypatch, "contractfit", "zefort", shipped("contractfit_to_zefort")) as it:
        await it.finish()
        for contract in it.destination.state()["contracts"].values():
            if "docferry: " not in "".join(contract["notes"]):
                continue  # one that was there before
            assert contract["attributes"]["currency"] in ("EUR", "USD", "CHF")
            assert contract["parties"][0]["role"] == "supplier"
            assert contract["tags"] in (["invoice"], ["contract"])


async def test_a_report_of_documine_arrives_under_its_title(tmp_path, monkeypatch):
    async with pair(tmp_path, monkeypatch, "documine", "zefort", shipped("documine_to_zefort")) as it:
        await it.finish()
        notes = [note for one in it.destination.state()["contracts"].values() for note in one["notes"]]
        assert sum("DocuMine dossier Reports" in note for note in notes) >= 3


async def test_a_contract_of_zefort_is_tagged_once_it_was_sent(tmp_path, monkeypatch):
    async with pair(tmp_path, monkeypatch, "zefort", "documine", shipped("zefort_to_documine")) as it:
        delivered = await it.finish()
        tagged = [one for one in it.source.state()["contracts"].values() if "sent to DocuMine" in one["tags"]]
        assert len(tagged) == delivered
        assert "Contracts from Zefort" in {one["name"] for one in it.destination.state()["dossiers"].values()}


async def test_a_document_of_hypatos_gets_the_id_it_has_in_contractfit(tmp_path, monkeypatch):
    async with pair(tmp_path, monkeypatch, "hypatos", "contractfit", shipped("hypatos_to_contractfit")) as it:
        delivered = await it.finish()
        ids = {one["external_id"] for one in it.source.state()["documents"].values() if one["external_id"]}
        assert len(ids & it.destination.state()["documents"].keys()) == delivered
