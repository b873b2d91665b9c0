"""Documents reach an ERP, a warehouse and an archive as docs/other-systems.md shows it, killed in the middle and run again."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import signal
import sqlite3
import sys
from collections import Counter
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

import flows
from connectors.hypatos.sandbox import HypatosSandbox
from connectors.hypatos.sandbox import Switches as HypatosSwitches
from connectors.rest.sandbox import RestSandbox
from connectors.rest.sandbox import Switches as RestSwitches
from connectors.sandbox import serve
from connectors.sandbox_faults import Fault

PAGE = (Path(flows.__file__).parents[1] / "docs" / "other-systems.md").read_text(encoding="utf-8")
DOCUMENTS = 40
VERIFY_WITHIN = 1.0
"""Seconds that an acknowledgement in doubt is waited for before it is sent again."""
RUNS = 3
"""How many runs may follow a killed one until everything is done."""
READY = ("done", "doneAutomatically")
KINDS = ("invoice", "credit_note")


@dataclass
class Held:
    """What a system holds of a document, as far as all three can tell."""

    number: str
    amount: Decimal | None
    files: tuple[str, ...] = ()
    id: str = ""


class System:
    """What is the same for all three."""

    def takes(self, held):
        """Say whether the system can hold this; what it cannot must be rejected, not changed to fit."""
        return held is not None


class Erp(System):
    """The stand-in ERP."""

    route = "hypatos_to_erp"

    def __init__(self, _folder):
        self.app = RestSandbox(RestSwitches())

    def settings(self, urls):
        return {
            "ERP_PROVIDER": "rest",
            "ERP_BASE_URL": urls["erp"],
            "ERP_STREAMS": "erp.yaml",
            "ERP_TOKEN": RestSandbox.token,
            "ERP_SETTLE_SECONDS": "0",
        }

    def count(self):
        return len(self.app.invoices)

    def held(self):
        for one in self.app.invoices.values():
            files = tuple(sorted(file.digest for file in one.files))
            yield one.key, Held(one.fields["number"], one.fields["amount"], files, one.id)


class Warehouse(System):
    """A SQLite database; PostgreSQL is what tests/connectors/sql is about."""

    route = "hypatos_to_dwh"

    def __init__(self, folder):
        self.app = None
        self.path = folder / "dwh.db"
        tables = (folder / "dwh.sql").read_text().replace("GENERATED ALWAYS AS IDENTITY ", "")
        with closing(sqlite3.connect(self.path)) as connection:
            connection.executescript(tables)

    def settings(self, _urls):
        return {"DWH_PROVIDER": "sql", "DWH_URL": f"sqlite:///{self.path}", "DWH_STREAMS": "dwh.yaml"}

    def query(self, statement):
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(statement).fetchall()

    def takes(self, held):
        return held.amount is None or abs(held.amount) < 10**13  # NUMERIC(15,2)

    def count(self):
        return self.query("SELECT count(*) FROM invoices")[0][0]

    def held(self):
        for id_, key, number, amount in self.query("SELECT id, docferry_key, number, amount FROM invoices"):
            yield key, Held(number, None if amount is None else Decimal(repr(amount)), (), str(id_))


class Archive(System):
    """A folder."""

    route = "hypatos_to_archive"

    def __init__(self, folder):
        self.app = None
        self.root = folder / "archive"
        self.root.mkdir()

    def settings(self, _urls):
        return {"ARCHIVE_PROVIDER": "folder", "ARCHIVE_URL": str(self.root)}

    def count(self):
        return len(list(self.root.glob("invoices/*/document.json")))

    def held(self):
        for folder in self.root.glob("invoices/*"):
            if folder.name == ".docferry":
                continue
            told = json.loads((folder / "document.json").read_text(), parse_float=Decimal)
            there = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
            there.pop("document.json")
            assert there == {file["name"]: file["sha256"] for file in told["files"]}
            amount = told["payload"].get("amount")
            id_ = str(folder.relative_to(self.root))
            yield told["key"], Held(told["payload"]["number"], amount, tuple(sorted(there.values())), id_)


def unpack(folder):
    """Write the page's examples into files, under the names that stand in their first lines."""
    for kind, name, text in re.findall(r"^```(\w+)\n(?:#|--) (\S+)\n(.*?)^```\n", PAGE, re.MULTILINE | re.DOTALL):
        if kind != "ini":
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")


async def run(folder, route, settings, *more, until=None):
    """Run a route in a process of its own; with `until`, kill it as soon as that holds. Return its exit code and words."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DOCFERRY_", "HYPATOS_"))}
    process = await asyncio.create_subprocess_exec(
        # -P: the folder here called mappings is no package
        *(sys.executable, "-P", "-m", "flows", "run", route, "--json", *more),
        cwd=folder,
        env={**environment, **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    words = asyncio.create_task(process.communicate())
    while until is not None and not words.done() and not until():  # noqa: ASYNC110 -- what is looked at has no event
        await asyncio.sleep(0.002)
    if until is not None:
        assert not words.done(), (await words)[1].decode()
        process.send_signal(signal.SIGKILL)
    out, err = await words
    return process.returncode, (out.decode(), err.decode())


@asynccontextmanager
async def both(there, folder):
    """Serve the source and the system; yield the source's sandbox and the settings of a run."""
    hypatos = HypatosSandbox(DOCUMENTS, 7, HypatosSwitches(quota=0, applied_after=0.0))
    async with serve({"hypatos": hypatos, **({"erp": there.app} if there.app else {})}) as urls:
        yield (
            hypatos,
            {
                "DOCFERRY_MAPPINGS": str(folder / "mappings"),
                "DOCFERRY_PATIENCE": "20",
                "DOCFERRY_IN_FLIGHT": "3",
                "HYPATOS_BASE_URL": urls["hypatos"],
                "HYPATOS_SETTLE_SECONDS": "0",
                "HYPATOS_VERIFY_WITHIN": str(VERIFY_WITHIN),
                **{f"HYPATOS_{name}".upper(): value for name, value in hypatos.credentials.items()},
                **there.settings(urls),
            },
        )


@pytest.mark.timeout(180)
@pytest.mark.parametrize("system", [Erp, Warehouse, Archive])
async def test_a_run_killed_in_the_middle_is_finished_with_nothing_lost_and_nothing_doubled(tmp_path, system):
    unpack(tmp_path)
    there = system(tmp_path)
    async with both(there, tmp_path) as (hypatos, settings):
        code, words = await run(tmp_path, there.route, settings, until=lambda: there.count() >= 5)
        assert code == -signal.SIGKILL, words
        assert there.count() < len(wanted(hypatos.store.demo))
        for _ in range(RUNS):
            code, words = await run(tmp_path, there.route, settings)
            assert code in (0, 1), words  # 1 if this run had something to reject, or leaves something for the next one
            report = json.loads(words[0])
            assert report["adds_up"], words
            if report["complete"]:
                break
            await asyncio.sleep(VERIFY_WITHIN)
        assert report["complete"], str({name: value for name, value in report.items() if name != "problems"})
        audit(hypatos, there)
        code, words = await run(tmp_path, there.route, settings)
        assert json.loads(words[0])["delivered"] == json.loads(words[0])["updated"] == 0
        audit(hypatos, there)


def wanted(demo):
    """Return what must be there in the end, by document id."""
    return {
        demo.document_id(number): Held(
            demo.entities(number)["number"],
            demo.entities(number).get("totalAmount"),
            tuple(sorted(hashlib.sha256(demo.content(number, file)).hexdigest() for file in demo.files(number))),
        )
        for number in range(demo.count)
        if demo.state(number) in READY and demo.entities(number)["documentType"] in KINDS
    }


def audit(hypatos, there):
    """Compare what the system holds, and what the source was told, with what must be."""
    all_ = {f"{there.route}:{document_id}": held for document_id, held in wanted(hypatos.store.demo).items()}
    must = {key: one for key, one in all_.items() if there.takes(one)}
    held = list(there.held())
    assert Counter(key for key, _ in held) == Counter(must.keys())
    for key, one in held:
        assert (one.number, one.amount) == (must[key].number, must[key].amount)
        assert one.files in (must[key].files, ())
        assert one.files or isinstance(there, Warehouse)
    if isinstance(there, Warehouse):
        lines = Counter(row[0] for row in there.query("SELECT invoice_id FROM invoice_lines"))
        demo = hypatos.store.demo
        numbers = {demo.entities(number)["number"]: number for number in range(demo.count)}
        assert lines == Counter(
            {
                int(one.id): count
                for _, one in held
                if (count := len(demo.entities(numbers[one.number]).get("items", ())))
            }
        )
    documents = hypatos.state()["documents"]
    for key, one in held:
        document = documents[key.partition(":")[2]]
        assert sorted(entry["kind"] for entry in document["feedback"]) == ["external-id", "transfer"]
        assert document["external_id"] == one.id
        assert document["accepted_state"] == "transferred"
    for key in all_.keys() - must.keys():
        document = documents[key.partition(":")[2]]
        assert [entry["kind"] for entry in document["feedback"]] == ["reject"]


@pytest.mark.timeout(180)
async def test_a_document_whose_fate_nothing_can_tell_is_held_until_a_person_has_looked(tmp_path):
    unpack(tmp_path)
    (tmp_path / "erp.yaml").write_text(
        "invoices: {create: {path: /invoices, id: data.id}, key: {field: externalKey}, unsettled: hold}"
    )
    route = tmp_path / "mappings" / "hypatos_to_erp.yaml"
    route.write_text(route.read_text().replace("fields:", "files: none\nfields:"))
    there = Erp(tmp_path)
    there.app.shared.faults.append(Fault("act_then_drop", "POST", "/invoices", nth=3))
    async with both(there, tmp_path) as (hypatos, settings):
        code, words = await run(tmp_path, there.route, settings)
        report = json.loads(words[0])
        assert (code, report["waiting"]) == (1, 1), words
        assert len(there.app.invoices) == len(wanted(hypatos.store.demo))
        (held,) = (one for one in there.app.invoices.values() if not told(hypatos, one)["feedback"])
        (problem,) = (one for one in report["problems"] if one["fate"] == "waiting")
        assert f"set ERP_CHECKED={held.key}=<its id> if it is there" in problem["reason"]
        settings["ERP_CHECKED"] = f"{held.key}={held.id}"
        code, words = await run(tmp_path, there.route, settings, "--document", held.key.partition(":")[2])
        assert code == 0, words
        assert told(hypatos, held)["external_id"] == held.id
        assert len(there.app.invoices) == len(wanted(hypatos.store.demo))


def told(hypatos, invoice):
    """Return the document of an invoice as its source sees it."""
    return hypatos.state()["documents"][invoice.key.partition(":")[2]]
