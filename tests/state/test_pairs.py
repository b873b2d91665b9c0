"""A pair of routes in the ledger: one turn at a time, copies that are known as such, and notes of the other route that last."""

from tests.ledgers import open_ledger
from tests.state.runs import one

THERE, BACK = "there", "back"


async def carried(run, now, document="a", external_id="far"):
    """Have one route deliver a document and enter it for the other, in one transaction; return its number."""
    number = await one(run, now, document)
    await settled(run, number, now, document, external_id)
    return number


async def settled(run, number, now, document="a", external_id="far", *, edited=False):
    lines = run.pairs.entered(
        BACK,
        external_id,
        document,
        content_version="seen",
        payload_digest="sent",
        mapping_version="m",
        edited=edited,
        follow_at=now,
        at=now,
    )
    await run.settle(
        number,
        status="delivered",
        at=now,
        event="delivered",
        external_id=external_id,
        content_version="v",
        beside=[run.pairs.born(number), *lines],
    )


async def copy_of(ledger, external_id="far"):
    return (await ledger.lookup(BACK, [external_id]))[external_id]


async def test_what_one_route_delivers_the_other_knows_as_its_copy_in_the_same_transaction(ledger, now):
    async with ledger.run(THERE) as run:
        await carried(run, now)
    copy = await copy_of(ledger)
    assert (copy.status, copy.external_id, copy.origin) == ("confirmed", "a", "destination")
    assert (copy.content_version, copy.payload_digest, copy.key) == ("seen", "sent", "back:far")
    assert (await ledger.lookup(THERE, ["a"]))["a"].origin == "source"
    async with ledger.run(BACK) as run:
        found = await run.remember("s", [("far", "any hint")], None, now=now, relist=())
        assert (found.new, len(found.changed)) == ((), 1)


async def test_only_one_of_the_two_routes_has_the_turn(ledger, now):
    async with ledger.run(THERE) as there, ledger.run(BACK) as back:
        number = await carried(there, now)
        copy = await copy_of(ledger)
        grip = await there.pairs.engage(number, BACK)
        assert grip.peer.id == copy.id
        assert await back.pairs.engage(copy.id, THERE) is None
        there.pairs.release(grip)
        await there.flush()
        taken = await back.pairs.engage(copy.id, THERE)
        assert (taken.transfer.id, taken.peer.id) == (copy.id, number)
        assert await there.pairs.engage(number, BACK) is None


async def test_a_run_that_is_over_holds_no_turn(ledger, now):
    async with ledger.run(THERE) as there:
        number = await carried(there, now)
        assert await there.pairs.engage(number, BACK)
    async with ledger.run(BACK) as back:
        assert await back.pairs.engage((await copy_of(ledger)).id, THERE)


async def test_two_processes_do_not_get_the_same_turn(url, ledger, now):
    other = await open_ledger(url)
    try:
        async with ledger.run(THERE) as there, other.run(BACK) as back:
            number = await carried(there, now)
            assert await there.pairs.engage(number, BACK)
            assert await back.pairs.engage((await copy_of(ledger)).id, THERE) is None
    finally:
        await other.close()


async def test_a_change_that_was_listed_meanwhile_stays_due(ledger, now):
    async with ledger.run(THERE) as there, ledger.run(BACK) as back:
        number = await carried(there, now)
        await back.remember("s", [("far", "1")], None, now=now, relist=())
        await settled(there, number, now)
        assert (await copy_of(ledger)).status == "pending"


async def test_what_shows_somebody_elses_words_is_due_and_keeps_what_was_seen_before(ledger, now):
    async with ledger.run(THERE) as there:
        number = await carried(there, now)
        await settled(there, number, now, edited=True)
        copy = await copy_of(ledger)
        assert (copy.status, copy.content_version, copy.payload_digest) == ("pending", "seen", "sent")
        assert copy.due_at == now


async def test_whoever_was_about_to_make_something_may_be_the_parent_of_a_new_document(ledger, now):
    async with ledger.run(THERE) as there, ledger.run(BACK) as back:
        number = await one(there, now)
        assert (await back.pairs.relatives(THERE, "far", None)).open == ()
        await there.intend(number, "create", now)
        kin = await back.pairs.relatives(THERE, "far", None)
        assert (kin.parent, kin.open) == (None, ((number, "there:a", "pending"),))
        assert (await back.pairs.relatives(THERE, "far", [])).open == ()
        there.done(number, "create", "far", now)
        await there.flush()
        kin = await back.pairs.relatives(THERE, "far", None)
        assert (kin.parent.id, kin.made) == (number, True)
        assert await back.pairs.relatives(THERE, "other", None) == type(kin)()


async def test_what_was_told_to_the_source_or_noted_of_a_pair_makes_nothing(ledger, now):
    async with ledger.run(THERE) as there, ledger.run(BACK) as back:
        number = await one(there, now)
        await there.intend(number, "feedback:1:note", now)
        there.done(number, "two-way:among", "far", now)
        await there.flush()
        kin = await back.pairs.relatives(THERE, "far", None)
        assert (kin.parent, kin.open) == (None, ())
