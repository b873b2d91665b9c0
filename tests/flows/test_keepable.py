"""Ids that no ledger can keep stop nobody but the document that has them, and never get it made twice."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.contract import Change
from connectors.errors import ConnectorError, RejectedError
from connectors.hypatos import client, models
from flows.journal import LedgerJournal
from flows.keepable import LONGEST, keepable
from tests.flows.test_journal import Rows
from tests.flows.world import world

pytestmark = pytest.mark.usefixtures("any_ledger")
ENDLESS = "".join(hashlib.sha512(bytes([each])).hexdigest() for each in range(60))
"""Nothing that a database could squeeze."""


@pytest.mark.parametrize("bad", ["nul\0in it", "half \ud800 of one", ENDLESS, "ü" * LONGEST])
async def test_an_id_that_cannot_be_kept_stops_no_other_document(tmp_path, monkeypatch, bad):
    async with world(tmp_path, 8) as it:
        first = it.hypatos.store.demo.document_id(0)
        whole = models.listing

        def spoilt(body):
            listing = whole(body)
            rows = [Change(bad, row.version) if row.document_id == first else row for row in listing.rows]
            return replace(listing, rows=rows)

        monkeypatch.setattr(client.models, "listing", spoilt)
        report = await it.run()
        assert report.stopped is None
        assert report.delivered > 1
        assert not report.complete
        assert any("1 on a page have an id that the ledger cannot keep" in note for note in report.notes)
        assert it.astray() == [first]


async def test_an_id_of_the_longest_kind_is_kept(tmp_path, monkeypatch):
    longest = ENDLESS[:LONGEST]
    assert keepable(longest)
    async with world(tmp_path, 8) as it:
        whole = models.listing
        first = it.hypatos.store.demo.document_id(0)

        def spoilt(body):
            listing = whole(body)
            rows = [Change(longest, row.version) if row.document_id == first else row for row in listing.rows]
            return replace(listing, rows=rows)

        monkeypatch.setattr(client.models, "listing", spoilt)
        report = await it.run()
        assert report.stopped is None
        assert report.notes == ()


async def test_a_file_whose_id_cannot_be_kept_rejects_its_document_only(tmp_path, monkeypatch):
    async with world(tmp_path, 8) as it:
        first = it.hypatos.store.demo.document_id(0)
        whole = models.document

        def spoilt(body, exportable):
            document = whole(body, exportable)
            bad = [replace(file, id=ENDLESS) for file in document.files]
            return replace(document, files=bad) if document.id == first else document

        monkeypatch.setattr(client.models, "document", spoilt)
        report = await it.run()
        assert report.stopped is None
        assert report.delivered > 1
        assert it.documents()[first]["accepted_state"] == "rejected"


async def test_a_nul_in_what_a_source_says_of_a_document_stops_nobody(tmp_path, monkeypatch):
    async with world(tmp_path, 8) as it:
        first = it.hypatos.store.demo.document_id(0)
        whole = models.document

        def spoilt(body, exportable):
            document = whole(body, exportable)
            return replace(document, not_ready="taken back \0 by hand") if document.id == first else document

        monkeypatch.setattr(client.models, "document", spoilt)
        report = await it.run()
        assert report.stopped is None
        assert report.delivered > 1
        (found,) = await it.ledger.find(first)
        assert found.reason == "taken back \0 by hand"


@pytest.mark.parametrize("made", ["nul\0in it", ENDLESS])
async def test_what_was_made_with_an_id_that_cannot_be_kept_is_not_made_again(made):
    rows, calls = Rows(), []
    journal = LedgerJournal(rows, 1, {})

    async def make():
        calls.append("made")
        return made

    async def find():
        return made if calls else None

    for _ in range(3):
        with pytest.raises(ConnectorError, match="cannot keep") as caught:
            await journal.once("create", make, find, settle=timedelta(0))
        assert not isinstance(caught.value, RejectedError)
    assert calls == ["made"]


def test_what_a_provider_says_is_told_without_signs_that_terminals_and_databases_obey():
    assert str(RejectedError("bad \0value \x1b[31mred\nline")) == "bad �value �[31mred\nline"
