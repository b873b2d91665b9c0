"""What was asked for by an id that nobody knows leaves nothing behind; whatever was known before stays."""

from datetime import datetime

import pytest

from state import LeaseLostError, Ledger, RouteRun
from state.records import NEVER_LISTED
from tests.ledgers import rows
from tests.state.runs import deliver, one


async def _end(run: RouteRun, now: datetime) -> None:
    await run.finish(at=now, counts={}, complete=True, note=None)


async def _look_in_vain(run: RouteRun, document: str, now: datetime, *, version: str | None = None) -> int:
    """Ask for a document that turns out not to be at the source."""
    wanted = await run.wanting.these([document], now)
    await run.claim(9, now)
    (this,) = (*wanted.new, *wanted.changed)
    await run.settle(
        this,
        status="failed",
        at=now,
        version=version,
        event="left the source",
        reason_class="gone",
        reason="not at the source",
    )
    return this


async def test_a_slip_of_the_hand_is_forgotten_when_its_run_ends(ledger: Ledger, now: datetime, url: str):
    async with ledger.run("r") as run:
        await _look_in_vain(run, "typo", now)
        (still,) = await ledger.find("typo")
        assert (still.status, still.version) == ("failed", NEVER_LISTED)
        await _end(run, now)
    assert await ledger.find("typo") == []
    assert (await ledger.summary("r")).statuses == {}
    assert rows(url, "SELECT count(*) FROM event") == [(0,)]


async def test_what_a_killed_run_left_of_it_goes_with_the_next_run_to_end(ledger: Ledger, now: datetime):
    async with ledger.run("r") as run:
        await _look_in_vain(run, "typo", now)
        await run.wanting.these(["not looked for yet"], now)
    async with ledger.run("r") as run:
        assert await ledger.find("typo")
        await _end(run, now)
    assert await ledger.find("typo") == []
    (waits,) = await ledger.find("not looked for yet")
    assert waits.status == "pending"


async def test_it_stays_while_another_run_may_still_speak_of_it(ledger: Ledger, now: datetime):
    async with ledger.run("r", shared=True) as other:
        async with ledger.run("r", shared=True) as run:
            this = await _look_in_vain(run, "typo", now)
            await _end(run, now)
        (found,) = await other.wanting.strangers([this])
        assert (found.document_id, found.reason) == ("typo", "not at the source")
        await _end(other, now)
    assert await ledger.find("typo") == []


async def test_a_run_of_another_route_forgets_nothing_of_this_one(ledger: Ledger, now: datetime):
    async with ledger.run("r") as run:
        await _look_in_vain(run, "typo", now)
        async with ledger.run("another") as other:
            await _end(other, now)
        assert await ledger.find("typo")


@pytest.mark.parametrize(
    "known", ["listed before", "listed meanwhile", "judged", "delivered", "told of", "begun", "asked for anew"]
)
async def test_a_document_of_which_anything_was_known_keeps_its_row_and_history(
    ledger: Ledger, now: datetime, known: str
):
    async with ledger.run("r") as run:
        if known == "listed before":
            await one(run, now, "typo")
        if known in {"judged", "told of"}:
            (this,) = (await run.wanting.these(["typo"], now)).new
            tell = "rejected" if known == "told of" else None
            await run.settle(this, status="rejected", at=now, content_version="c", event="rejected", tell=tell)
        if known == "delivered":
            (this,) = (await run.wanting.these(["typo"], now)).new
            await deliver(run, this, now)
        this = await _look_in_vain(run, "typo", now, version="" if known == "listed before" else None)
        if known == "begun":
            await run.intend(this, "create", now)
        if known == "listed meanwhile":
            await run.remember("s", [("typo", "1")], None, now=now, relist=())
        if known == "asked for anew":
            await run.wanting.these(["typo"], now)
        before = (await ledger.timeline(this)).events
        await _end(run, now)
    assert await ledger.find("typo")
    assert (await ledger.timeline(this)).events == before


async def test_who_has_lost_the_route_forgets_nothing(ledger: Ledger, now: datetime, url: str):
    async with ledger.run("r") as run:
        await _look_in_vain(run, "typo", now)
        rows(url, "DELETE FROM lease WHERE route IS NOT NULL")
        with pytest.raises(LeaseLostError):
            await _end(run, now)
    assert await ledger.find("typo")
