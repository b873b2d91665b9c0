"""The books of every destination must notice whatever a kill or a fault could spoil: the sweeps believe them."""

import copy
import shutil
import sqlite3
from contextlib import closing

import pytest

from tests.flows.crossings.all import CROSSINGS
from tests.flows.killing import grounds
from tests.flows.lives import Tally


def first(things):
    return next(iter(things.values()))


def again(records):
    records["another"] = copy.copy(first(records))
    records["another"].id = "another"


def sql(statement):
    def change(far):
        with closing(sqlite3.connect(far.path)) as connection:
            connection.execute(statement)
            connection.commit()

    return change


def folder(far):
    return min(place for place in far.root.glob("invoices/*") if place.is_dir())


def records(far):
    return first(far.app.store.enriched)


def dossier(far):
    return next(one for one in far.app.store.dossiers.values() if one.name == "From Hypatos")


def change(thing, name, value):
    setattr(thing, name, value)


SPOILT = {
    "contractfit.documents": {
        "lost": lambda far: far.app.store.records.popitem(),
        "doubled": lambda far: again(far.app.store.records),
        "wrong": lambda far: change(first(far.app.store.records), "sha256", "0"),
    },
    "documine.files": {
        "lost": lambda far: dossier(far).files.popitem(),
        "doubled": lambda far: change(first(dossier(far).files), "uploads", 2),
        "wrong": lambda far: far.app.store.attributes.append("x.csv"),
    },
    "hypatos.documents": {
        "lost": lambda far: far.app.store.records.popitem(),
        "doubled": lambda far: again(far.app.store.records),
        "wrong": lambda far: change(first(far.app.store.records), "accepted", "failed"),
    },
    "hypatos.suppliers": {
        "lost": lambda far: records(far).popitem(),
        "wrong": lambda far: first(records(far))["record"].update(name="Another"),
    },
    "hypatos.purchase-orders": {
        "lost": lambda far: records(far).popitem(),
        "wrong": lambda far: change(far.app.store, "deleted_records", 1),
    },
    "rest": {
        "lost": lambda far: first(far.app.invoices).files.clear(),
        "doubled": lambda far: change(first(far.app.invoices), "writes", 2),
        "wrong": lambda far: change(first(far.app.invoices), "key", "another:key"),
    },
    "sql": {
        "lost": sql("DELETE FROM invoice_lines WHERE rowid = 1"),
        "doubled": sql("INSERT INTO invoice_lines SELECT * FROM invoice_lines WHERE rowid = 1"),
        "wrong": sql("UPDATE invoices SET number = 'another' WHERE id = 1"),
    },
    "folder": {
        "lost": lambda far: shutil.rmtree(folder(far)),
        "doubled": lambda far: shutil.copytree(folder(far), folder(far).with_name("another")),
        "wrong": lambda far: (folder(far) / "half.pdf").write_bytes(b"%PDF"),
    },
}


def feedback(near):
    return next(one.feedback for one in near.app.store.records.values() if one.feedback)


def notes(near):
    return next(one.notes for one in near.app.store.contracts.values() if one.notes)


def versions(near):
    """Return the list that a version of ours ends."""
    records = near.app.store.records.values()
    return next(one.versions for one in records if one.versions and one.versions[-1].name.startswith("docferry-"))


TOLD = {"hypatos": feedback, "zefort": notes, "contractfit": versions}
"""What a source was told about one document, by source."""


@pytest.mark.parametrize("destination", CROSSINGS)
async def test_the_books_notice_what_is_lost_doubled_or_strange_at_either_end(tmp_path, victims, destination):
    async with grounds(tmp_path, CROSSINGS[destination], victims) as (ground,):
        world = ground.world
        for kind, spoil in SPOILT[destination].items():
            await ground.trial(tally := Tally())
            assert tally.clean, tally.everything
            assert not world.lacking()
            messages = TOLD[world.source](world.near)
            messages.append(messages[-1])
            assert world.audit().doubled, "told twice"
            del messages[-2:]
            assert world.audit().lost, "not told"
            spoil(world.far)
            assert any("feedback" not in words for words in getattr(world.audit(), kind)), kind
            assert world.lacking() or kind != "lost", "it is not fit to be told"


HALF = {
    "sql": sql("DELETE FROM invoice_lines WHERE rowid = 1"),
    "folder": lambda far: next(folder(far).glob("*.pdf")).unlink(),
}


@pytest.mark.parametrize("destination", HALF)
async def test_half_a_document_is_noticed_where_readers_are_promised_the_whole(tmp_path, victims, destination):
    async with grounds(tmp_path, CROSSINGS[destination], victims) as (ground,):
        world = ground.world
        await ground.trial(Tally())
        assert not world.halves()
        HALF[destination](world.far)
        assert len(world.halves()) == 1
