"""Contract.fit through the whole engine, as source and as destination: everything once, nothing lost, the books add up."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from connectors import contractfit, hypatos, zefort
from connectors.contractfit.sandbox import ContractfitSandbox
from connectors.contractfit.sandbox import Switches as ContractfitSwitches
from connectors.hypatos.sandbox import HypatosSandbox
from connectors.hypatos.sandbox import Switches as HypatosSwitches
from connectors.markers import delivery_marker, markers
from connectors.sandbox import serve
from connectors.sandbox_faults import Fault
from connectors.zefort.sandbox import Switches as ZefortSwitches
from connectors.zefort.sandbox import ZefortSandbox
from flows.engine import sync
from flows.routes import OpenRoute
from mappings.language import Schema, load_route
from state.ledger import Ledger
from tests.flows.world import QUICK

FROM = """
description: Contracts that Contract.fit has read
source: contractfit.documents
destination: zefort.contracts
fields:
  attributes.title:    { template: "{{ fields.sender_name }} {{ fields.invoice_number }}", required: true }
  attributes.value:    { from: fields.gross_amount, type: decimal }
  tags:
    list:
      - document_type
feedback:
  delivered: { submitted: true, feedback: { annotations: { erp_number: "{{ external_id }}" } } }
  rejected:  { reject: true }
"""
TO = """
description: Documents that go to Contract.fit
source: hypatos.documents
destination: contractfit.documents
fields:
  title: { template: "{{ entities.number }}" }
feedback:
  delivered: { external_id: "{{ external_id }}", transfer: true }
  rejected:  { reject: "{{ reason }}" }
"""


@dataclass
class Two:
    """Two providers, a route between them and a ledger. Each `run` opens fresh connections, as a new process would."""

    apps: dict
    urls: dict
    route: object
    ledger: Ledger
    settle: float = 0.0

    async def run(self, **options):
        modules = {"contractfit": contractfit, "hypatos": hypatos, "zefort": zefort}
        opened = {}
        try:
            for name, app in self.apps.items():
                settings = {"base_url": self.urls[name], "settle_seconds": self.settle, **app.credentials}
                if name != "zefort":
                    settings["verify_within"] = 0.1
                opened[name] = await modules[name].connect(name, modules[name].Settings(**settings))
            source, destination = (end.partition(".")[::2] for end in (self.route.source, self.route.destination))
            route = OpenRoute(
                self.route,
                opened[source[0]].sources[source[1]],
                opened[destination[0]].destinations[destination[1]],
                Schema(opened[destination[0]].destinations[destination[1]].schema),
                opened[source[0]],
                opened[destination[0]],
            )
            report = await sync(route, self.ledger, policy=QUICK, **options)
        finally:
            for connection in opened.values():
                await connection.close()
        assert report.adds_up, report
        return report


@asynccontextmanager
async def between(folder, text, name, **apps):
    path = folder / f"{name}.yaml"
    path.write_text(text)
    async with serve(apps) as urls:
        ledger = await Ledger.open(f"sqlite:///{folder / 'state.db'}")
        try:
            yield Two(apps, urls, load_route(path), ledger)
        finally:
            await ledger.close()


def from_contractfit(folder, documents=40, **switches):
    app = ContractfitSandbox(documents, 7, ContractfitSwitches(**switches))
    return between(
        folder,
        FROM,
        "from_contractfit",
        contractfit=app,
        zefort=ZefortSandbox(ZefortSwitches(queued=0.0, processing=0.0)),
    )


def to_contractfit(folder, documents=24, **switches):
    app = ContractfitSandbox(0, 7, ContractfitSwitches(**{"receiving": 0.0, "processing": 0.0, **switches}))
    source = HypatosSandbox(documents, switches=HypatosSwitches(quota=0, applied_after=0.0))
    return between(folder, TO, "to_contractfit", hypatos=source, contractfit=app)


def usable(app):
    demo = app.store.demo
    return {
        one.id
        for one in app.store.records.values()
        if one.number is not None
        and one.inbox == app.credentials["inbox"]
        and demo.life(one.number) in ("processed", "done", "submitted")
    }


def arrived(it):
    """How often each document's marker is found at Zefort."""
    names = [name for shown in it.apps["zefort"].state()["contracts"].values() for name in map(str, shown["files"])]
    keys = {delivery_marker(f"from_contractfit:{one}"): one for one in it.apps["contractfit"].state()["documents"]}
    return Counter(keys[mark] for mark in markers(names))


async def test_every_usable_document_is_carried_once_and_the_source_is_told(tmp_path):
    async with from_contractfit(tmp_path) as it:
        report = await it.run()
        wanted = usable(it.apps["contractfit"])
        assert report.delivered == len(wanted)
        assert report.owed_feedback == 0
        assert arrived(it) == dict.fromkeys(wanted, 1)
        shown = it.apps["contractfit"].state()["documents"]
        assert all(shown[one]["versions"][-1].startswith("docferry-") for one in wanted)
        again = await it.run()
        assert (again.delivered, again.updated, again.acknowledged) == (0, 0, 0)
        third = await it.run()
        assert (third.delivered, third.updated, third.unchanged + third.skipped) == (0, 0, third.listed)
        assert len(it.apps["zefort"].state()["contracts"]) == len(wanted)


async def test_a_document_that_becomes_ready_later_or_is_corrected_is_carried_then(tmp_path):
    async with from_contractfit(tmp_path, documents=20) as it:
        await it.run()
        app = it.apps["contractfit"]
        late = next(one.id for one in app.store.records.values() if one.done is None)
        app.act({"finish": late})
        assert (await it.run()).delivered == 1
        app.act({"review": late, "annotations": {"invoice_number": "corrected"}})
        assert (await it.run()).updated == 1
        titles = [str(shown["attributes"]["title"]) for shown in it.apps["zefort"].state()["contracts"].values()]
        assert sum(title.endswith("corrected") for title in titles) == 1


@pytest.mark.parametrize("faults", [
    [Fault("act_then_drop", "POST", "*/feedback", every=3)], [Fault("act_then_drop", "POST", "*/status_data", every=2)],
    [Fault("cut", "GET", "/documents/*", every=7)], [Fault("status", "GET", every=5, status=503)],
])  # fmt: skip
async def test_faults_of_the_source_double_nothing(tmp_path, faults):
    async with from_contractfit(tmp_path, documents=20, faults=faults) as it:
        for _ in range(5):
            report = await it.run()
            if report.complete and not report.owed_feedback:
                break
        wanted = usable(it.apps["contractfit"])
        assert arrived(it) == dict.fromkeys(wanted, 1)
        versions = it.apps["contractfit"].state()["documents"]
        assert all(sum(name.startswith("docferry-") for name in versions[one]["versions"]) == 1 for one in wanted)


@pytest.mark.parametrize("switches", [
    {}, {"faults": [Fault("act_then_drop", "POST", "/documents/*", every=2)]}, {"reply": "nothing"},
    {"faults": [Fault("status", "POST", "/documents/*", every=3, status=500, act=True)], "envelope": "array"},
])  # fmt: skip
async def test_every_file_arrives_once_whatever_happens_to_the_answers(tmp_path, switches):
    async with to_contractfit(tmp_path, **switches) as it:
        for _ in range(5):
            report = await it.run()
            if report.complete and not report.owed_feedback:
                break
        source, app = it.apps["hypatos"], it.apps["contractfit"]
        told = {one: shown for one, shown in source.state()["documents"].items() if shown["state"] == "transferred"}
        sent = {one: shown for one, shown in told.items() if shown["external_id"]}
        assert len(sent) > 10
        files = [shown["sha256"] for shown in app.state()["documents"].values()]
        assert len(files) == len(set(files)) == sum(len(shown["files"]) for shown in sent.values())
        assert {shown["external_id"] for shown in sent.values()} <= set(app.state()["documents"])


@pytest.mark.parametrize("status", [400, 403])
async def test_a_value_that_is_sent_along_with_feedback_and_quoted_back_is_written_down_nowhere(
    tmp_path, caplog, status
):
    async with from_contractfit(tmp_path, documents=8) as it:
        app = it.apps["contractfit"]
        quoted = "BE71096123456769"
        for one in usable(app):
            app.act({"review": one, "annotations": {"IBAN": quoted}})
        body = f'{{"message": "Input payload validation failed: {quoted!r} is not valid"}}'
        app.shared.faults.append(Fault("status", "POST", "*/feedback", status=status, body=body))
        report = await it.run()
        assert report.refused_feedback + report.owed_feedback > 0 or report.stopped
        written = b"".join(path.read_bytes() for path in tmp_path.glob("state.db*")).decode("latin-1")
        for text in (caplog.text, json.dumps(report.as_json()), written):
            assert "is not valid" in text
            assert quoted not in text


async def test_what_is_rejected_at_the_destination_is_noticed(tmp_path):
    async with to_contractfit(tmp_path, documents=11, ends_in="failed") as it:
        reports = [await it.run() for _ in range(2)]
        assert reports[0].delivered > 0
        assert sum(report.withdrawn for report in reports) == reports[0].delivered
