"""Whatever a provider says can be kept, in every text of the ledger, and comes back as it was said."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Text as PlainText

from state.models import metadata
from state.texts import Text, kept
from tests.ledgers import rows

if TYPE_CHECKING:
    from datetime import datetime

    from state import Ledger

SAID = ["nul\0in it", "\0", "ü\0\0ü", "\ufdd0", "\ufdd00", "\ufdd01\0", "ü", ""]


@pytest.mark.parametrize("said", SAID)
async def test_every_text_of_a_document_is_kept_whatever_is_in_it_and_comes_back_the_same(
    ledger: Ledger, now: datetime, said: str
):
    later = now + timedelta(hours=1)
    async with ledger.run("r") as run:
        (this,) = (await run.remember(said, [("a", said), ("b", "1")], said, now=now, relist=())).new[:1]
        (claimed, _) = await run.claim(9, now)
        run.done(this, f"step {said}", said, now)
        await run.postpone(this, due_at=now, attempts=1, reason_class="transient", reason=said, at=now)
        await run.settle(
            this,
            status="delivered",
            at=now,
            event="delivered",
            external_id=said,
            reason=said,
            detail=said,
            tell="delivered",
        )
        await run.following.answered(
            this,
            follow_at=None,
            at=now,
            event="edited",
            detail=said,
            reason=said,
            standing=said,
            tell=[("edited", said)],
        )
        owed, _ = [*await run.outbox.claim(9, now), None]
        assert owed is not None
        await run.outbox.owe_later(owed.id, due_at=now, attempts=1, reason=said, at=now)
        await run.outbox.refused(owed.id, at=later, reason=said)
        assert claimed.version == said
        assert await run.following.look_now([said], now) == 1
        assert await run.cursor(said) == said
        await run.finish(at=later, counts={}, complete=True, note=said)
    await ledger.keep("zefort", "tag", said)
    assert await ledger.recall("zefort", "tag") == said
    assert await ledger.amend("zefort", "tag", lambda before: before + said) == said + said
    (found,) = await ledger.find(said, "r")
    assert (found.id, found.external_id, found.reason, found.standing) == (this, said, said, said)
    assert found.steps[f"step {said}"].result == said
    line = await ledger.timeline(this)
    assert [each.detail for each in line.events if each.kind != "new"] == [said] * 5
    assert [(each.said, each.reason) for each in line.feedback] == [(said, said), (None, said)]
    (row,) = (await ledger.summary("r")).runs
    assert row.note == said


@pytest.mark.parametrize("said", [*SAID, "half \ud800 of it"])
async def test_a_version_that_a_document_changes_to_is_kept_like_its_first_one(
    ledger: Ledger, now: datetime, said: str
):
    async with ledger.run("r") as run:
        await run.remember("s", [("a", "before"), ("b", said)], None, now=now, relist=())
        assert len((await run.remember("s", [("a", said)], None, now=now, relist=())).changed) == 1
        found = await ledger.lookup("r", ["a", "b"])
        assert found["a"].version == found["b"].version
        assert found["a"].version == said.replace("\ud800", "\N{REPLACEMENT CHARACTER}")


async def test_half_of_a_character_is_kept_as_a_sign_that_something_was_there(ledger: Ledger, now: datetime, url: str):
    async with ledger.run("r") as run:
        (this,) = (await run.remember("s", [("a", "1")], None, now=now, relist=())).new
        await run.settle(this, status="rejected", at=now, event="rejected", reason="bad \ud800 value")
    assert rows(url, "SELECT reason FROM transfer") == [("bad \N{REPLACEMENT CHARACTER} value",)]


def test_no_column_of_the_ledger_takes_texts_in_another_way():
    bare = [
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, PlainText) and not isinstance(column.type, Text)
    ]
    assert bare == []


def test_a_text_that_has_nothing_odd_in_it_is_left_as_it_is():
    plain = "Müller & Söhne"
    assert kept(plain) is plain
