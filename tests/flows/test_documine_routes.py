"""Whole routes from and to DocuMine, with the settings an operator would give: every document once, and accounted for."""

import hashlib
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from connectors.documine.sandbox import DocumineSandbox
from connectors.documine.sandbox import Switches as DocumineSwitches
from connectors.hypatos.sandbox import HypatosSandbox
from connectors.hypatos.sandbox import Switches as HypatosSwitches
from connectors.sandbox import serve
from connectors.sandbox_faults import Fault
from connectors.zefort.sandbox import Switches as ZefortSwitches
from connectors.zefort.sandbox import ZefortSandbox
from flows.engine import sync
from flows.routes import open_route
from flows.settings import Gateway
from state import Ledger
from tests.flows.world import QUICK

FROM_DOCUMINE = """
description: Analysed reports become contracts
source: documine.files
destination: zefort.contracts
when: "true"
files: all
fields:
  attributes.title: { template: "{{ name }}: {{ components.Study_Title }}", required: true }
  tags:
    list:
      - { value: report }
"""
BY_NAME = """
description: Originals under their own names, whatever was read from them
source: documine.files
destination: archive.reports
when: "true"
files: all
fields:
  title: { from: name, required: true }
"""
TO_DOCUMINE = """
description: Completed documents are analysed
source: hypatos.documents
destination: documine.files
when: entities.documentType in ['invoice', 'credit_note', 'contract']
files: main
fields:
  name: { template: "{{ entities.number }}" }
  dossier: { value: "From Hypatos" }
feedback:
  delivered: { external_id: "{{ external_id }}", transfer: true }
  rejected: { reject: "{{ reason }}" }
"""


class World:
    """Three accounts, one ledger; each run opens fresh connections, as a new process would."""

    def __init__(self, apps, gateway, ledger):
        self.apps, self.gateway, self.ledger = apps, gateway, ledger
        self.documine, self.hypatos, self.zefort = (apps[name] for name in ("documine", "hypatos", "zefort"))

    async def run(self, route):
        """Run a route once; the report must add up."""
        async with open_route(self.gateway, route, self.ledger) as opened:
            report = await sync(opened, self.ledger, policy=replace(QUICK, patience=8.0))
        assert report.adds_up, report
        return report

    def contracts(self):
        """Return the contracts at the destination."""
        return list(self.zefort.state()["contracts"].values())

    def analysed(self, dossier):
        """Return the ids of the files that are through."""
        documents = self.documine.state()["documents"]
        return {one for one, it in documents.items() if it["dossier"] == dossier and it["status"] == "PROCESSED"}

    def heal(self):
        """Take all faults away."""
        for app in self.apps.values():
            app.shared.faults.clear()


@asynccontextmanager
async def world(folder, monkeypatch, documents=12):
    apps = {
        "documine": DocumineSandbox(documents, 7, DocumineSwitches(step=0.0, package_time=0.0)),
        "hypatos": HypatosSandbox(documents, 7, HypatosSwitches(quota=0, applied_after=0.0)),
        "zefort": ZefortSandbox(ZefortSwitches(queued=0.0, processing=0.0)),
    }
    (folder / "routes").mkdir()
    (folder / "archive").mkdir()
    (folder / "routes" / "out.yaml").write_text(FROM_DOCUMINE)
    (folder / "routes" / "by_name.yaml").write_text(BY_NAME)
    (folder / "routes" / "into.yaml").write_text(TO_DOCUMINE)
    monkeypatch.chdir(folder)
    async with serve(apps) as urls:
        for name, app in apps.items():
            settings = {"base_url": urls[name], "settle_seconds": "0", **app.credentials}
            for key, value in settings.items():
                monkeypatch.setenv(f"{name}_{key}".upper(), value)
        monkeypatch.setenv("ARCHIVE_PROVIDER", "folder")
        monkeypatch.setenv("ARCHIVE_URL", str(folder / "archive"))
        monkeypatch.setenv("DOCUMINE_POLL_SECONDS", "0.01")
        monkeypatch.setenv("HYPATOS_VERIFY_WITHIN", "1")
        gateway = Gateway(mappings=folder / "routes", state_url=f"sqlite:///{folder}/state.db")
        ledger = await Ledger.open(gateway.state_url)
        try:
            yield World(apps, gateway, ledger)
        finally:
            await ledger.close()


async def test_every_analysed_file_becomes_one_contract_with_its_original(tmp_path, monkeypatch):
    async with world(tmp_path, monkeypatch) as it:
        await it.run("out")
        wanted = it.analysed("Reports")
        documents = it.documine.state()["documents"]
        carried = {file["sha256"] for contract in it.contracts() for file in contract["files"]}
        assert carried == {documents[one]["sha256"] for one in wanted}
        assert len(it.contracts()) == len(wanted)
        assert it.documine.state()["packages"] == {}
        before = it.zefort.requests.total()
        await it.run("out")
        assert len(it.contracts()) == len(wanted)
        assert it.zefort.requests["POST /contracts/"] == len(wanted)
        assert it.zefort.requests.total() - before <= 2 * len(wanted) + 10


async def test_a_new_analysis_updates_the_contract_and_what_comes_later_is_carried(tmp_path, monkeypatch):
    async with world(tmp_path, monkeypatch) as it:
        await it.run("out")
        changed = min(it.analysed("Reports"))
        count = len(it.contracts())
        it.documine.act({"reprocess": changed})
        it.documine.act({"add": "Reports", "name": "late.pdf"})
        await it.run("out")
        titles = [contract["attributes"]["title"] for contract in it.contracts()]
        assert len(titles) == count + 1
        assert sum("(analysis 2)" in title for title in titles) == 1
        assert sum(title.startswith("late.pdf") for title in titles) == 1


async def test_documents_are_uploaded_once_and_the_source_is_told(tmp_path, monkeypatch):
    async with world(tmp_path, monkeypatch) as it:
        await it.run("into")
        documents = it.hypatos.state()["documents"].values()
        transferred = sum(document["accepted_state"] == "transferred" for document in documents)
        uploaded = [one for one in it.documine.state()["documents"].values() if one["dossier"] == "From Hypatos"]
        assert len(uploaded) == transferred > 4
        assert {one["uploads"] for one in uploaded} == {1}


@pytest.mark.parametrize("route", ["out", "into"])
@pytest.mark.parametrize("kind", ["act_then_drop", "status", "cut"])
async def test_in_a_storm_nothing_is_lost_and_nothing_doubled(tmp_path, monkeypatch, route, kind):
    async with world(tmp_path, monkeypatch, documents=8) as it:
        for seed, app in enumerate(it.apps.values()):
            app.shared.faults.append(Fault(kind, probability=0.12, seed=seed, act=True, status=503))
        for _ in range(3):
            await it.run(route)
        it.heal()
        for _ in range(3):
            report = await it.run(route)
        assert report.complete, report
        if route == "out":
            assert len(it.contracts()) == len(it.analysed("Reports"))
            return
        documents = it.hypatos.state()["documents"].values()
        uploaded = [one for one in it.documine.state()["documents"].values() if one["dossier"] == "From Hypatos"]
        assert len(uploaded) == sum(document["accepted_state"] == "transferred" for document in documents)
        dossiers = [one["name"] for one in it.documine.state()["dossiers"].values()]
        assert dossiers.count("From Hypatos") == 1


def archived(folder):
    """Return the content of every original in the archive."""
    return [path.read_bytes() for path in (folder / "archive" / "reports").glob("*/*.pdf")]


@pytest.mark.parametrize("shown", [True, False])
async def test_other_bytes_under_the_same_id_arrive_although_the_payload_is_the_same(tmp_path, monkeypatch, shown):
    async with world(tmp_path, monkeypatch) as it:
        it.documine.switches.progress_shown = shown
        await it.run("by_name")
        count = len(archived(tmp_path))
        dossier = next(one for one in it.documine.store.dossiers.values() if one.name == "Reports")
        record = dossier.files[min(it.analysed("Reports"))]
        content, read = b"%PDF-1.7 put there under the same name", record.components
        sha256 = hashlib.sha256(content).hexdigest()
        it.documine.act({"advance": 1})
        it.documine.store.put(dossier, record.name, "application/pdf", content, len(content), sha256)
        it.documine.act({"advance": 60})
        record.components = read
        report = await it.run("by_name")
        assert (report.updated, report.delivered) == (1, 0)
        assert len(archived(tmp_path)) == count > 1
        assert archived(tmp_path).count(content) == 1
        assert (await it.run("by_name")).updated == 0


async def test_a_dossier_that_is_closed_to_the_user_is_told_and_the_others_go_through(tmp_path, monkeypatch):
    async with world(tmp_path, monkeypatch) as it:
        monkeypatch.setenv("DOCUMINE_DOSSIER", "")
        shown = it.documine.state()["dossiers"]
        closed = next(one for one, dossier in shown.items() if dossier["name"] != "Reports")
        it.documine.shared.faults.append(Fault("status", "GET", f"*/{closed}/files", status=403))
        for _ in range(2):
            report = await it.run("out")
            assert (report.exit_code, report.complete, report.stopped) == (1, False, None)
            (note,) = report.notes
            assert shown[closed]["name"] in note
            assert len(it.contracts()) == len(it.analysed("Reports")) > 0
        it.heal()
        assert (await it.run("out")).complete


async def test_a_refused_password_is_not_sent_again_by_later_runs_without_any_key(tmp_path, monkeypatch):
    async with world(tmp_path, monkeypatch) as it:
        monkeypatch.setenv("DOCUMINE_PASSWORD", "not-the-password")
        for _ in range(3):
            assert (await it.run("out")).exit_code == 3
        assert [tuple(one) for one in it.documine.state()["tokens"]["log"]] == [("password", "401")]
        assert b"not-the-password" not in (tmp_path / "state.db").read_bytes()


async def test_where_a_person_must_log_in_the_run_stops_and_every_document_stays_due(tmp_path, monkeypatch):
    async with world(tmp_path, monkeypatch) as it:
        for name in ("USERNAME", "PASSWORD"):
            monkeypatch.delenv(f"DOCUMINE_{name}")
        report = await it.run("into")
        assert (report.exit_code, report.complete) == (3, False)
        assert "docferry connect documine" in report.stopped
        assert (report.rejected, report.failed) == (0, 0)
        assert not any(
            document["counts"]["transfer"]["effective"] for document in it.hypatos.state()["documents"].values()
        )
