"""What the ledger remembers about documents, phase by phase."""

from datetime import UTC, datetime, timedelta

import pytest

from state import Ledger, StateError
from tests.state.runs import deliver, one

HOUR = timedelta(hours=1)


async def test_a_new_document_is_pending_and_due_at_once(ledger: Ledger, now: datetime):
    async with ledger.run("r") as run:
        found = await run.remember("documents", [("a", "1"), ("b", "1")], "page 2", now=now, relist=())
        claimed = await run.claim(10, now)
    assert [(t.id, t.document_id, t.key, t.status) for t in claimed] == [
        (found.new[0], "a", "r:a", "pending"),
        (found.new[1], "b", "r:b", "pending"),
    ]
    assert await ledger.cursor("r", "documents") == "page 2"


async def test_a_page_that_cannot_be_kept_does_not_move_the_cursor(ledger: Ledger, now: datetime):
    async with ledger.run("r") as run:
        await run.remember("documents", [], "page 1", now=now, relist=())
        with pytest.raises(StateError):
            await run.remember("documents", [("a", None)], "page 2", now=now, relist=())  # type: ignore[list-item] -- the fault
        assert await run.pending_count() == 0
    assert await ledger.cursor("r", "documents") == "page 1"


async def test_pages_longer_than_one_query_are_remembered_whole(ledger: Ledger, now: datetime):
    page = [(f"d{number}", "1") for number in range(1201)]
    async with ledger.run("r") as run:
        first = await run.remember("documents", page, None, now=now, relist=())
        again = await run.remember("documents", page, None, now=now, relist=())
    assert len(set(first.new)) == 1201
    assert set(again.pending) == set(first.new)
    assert len(await ledger.lookup("r", [name for name, _ in page])) == 1201


async def test_the_last_version_counts_when_a_page_names_a_document_twice(ledger: Ledger, now: datetime):
    async with ledger.run("r") as run:
        found = await run.remember("documents", [("a", "1"), ("a", "2")], None, now=now, relist=())
        again = await run.remember("documents", [("a", "1"), ("a", "2")], None, now=now, relist=())
    assert (len(found.new), again.pending) == (1, found.new)


async def test_a_changed_document_is_pending_again_and_keeps_its_id_at_the_far_end(ledger: Ledger, now: datetime):
    async with ledger.run("r") as run:
        this = await one(run, now)
        await deliver(run, this, now)
        found = await run.remember("documents", [("a", "2")], None, now=now, relist=())
        claimed = await run.claim(10, now)
    assert found.changed == (this,)
    assert [(t.version, t.status, t.external_id, t.attempts) for t in claimed] == [("2", "pending", "far-1", 0)]


async def test_a_delivery_keeps_its_time_and_what_was_sent_when_a_later_one_is_refused(ledger: Ledger, now: datetime):
    async with ledger.run("r") as run:
        this = await one(run, now)
        await run.settle(
            this,
            status="delivered",
            at=now,
            event="delivered",
            content_version="c1",
            external_id="far-1",
            mapping_version="m1",
            payload_digest="p1",
            follow_at=now,
        )
        await run.settle(this, status="rejected", at=now + HOUR, event="rejected", reason_class="data", reason="x")
    kept = (await ledger.lookup("r", ["a"]))["a"]
    assert (kept.delivered_at, kept.content_version, kept.external_id) == (now, "c1", "far-1")
    assert (kept.mapping_version, kept.payload_digest, kept.follow_at) == ("m1", "p1", None)


async def test_a_change_ends_the_waiting_after_failed_attempts(ledger: Ledger, now: datetime):
    async with ledger.run("r") as run:
        this = await one(run, now)
        await run.postpone(this, due_at=now + HOUR, attempts=3, reason_class="transient", reason="busy", at=now)
        assert await run.claim(10, now) == []
        await run.remember("documents", [("a", "2")], None, now=now, relist=())
        assert [(t.attempts, t.due_at, t.reason) for t in await run.claim(10, now)] == [(0, now, None)]


async def test_a_version_listed_while_its_predecessor_is_delivered_is_not_lost(ledger: Ledger, now: datetime):
    async with ledger.run("r") as run:
        this = await one(run, now)
        await run.remember("documents", [("a", "2")], None, now=now, relist=())
        await deliver(run, this, now)
        claimed = await run.claim(10, now)
        assert [(t.version, t.status, t.external_id) for t in claimed] == [("2", "pending", "far-1")]
        # What was to be said of the predecessor waits, and is superseded by what is to be said of the new version.
        assert (await run.outbox.claim(10, now), await run.outbox.owed_count(), await run.outbox.next_owed()) == (
            [],
            1,
            None,
        )
        await deliver(run, this, now)
        owed = await run.outbox.claim(10, now)
        assert [(o.outcome, o.seq) for o in owed] == [("delivered", 2)]
    assert [told.answer for told in (await ledger.timeline(this)).feedback] == ["superseded", None]


async def test_postponing_does_not_delay_a_version_listed_in_the_meantime(ledger: Ledger, now: datetime):
    async with ledger.run("r") as run:
        this = await one(run, now)
        await run.remember("documents", [("a", "2")], None, now=now, relist=())
        await run.postpone(this, due_at=now + HOUR, attempts=3, reason_class="transient", reason="busy", at=now)
        assert [(t.version, t.attempts) for t in await run.claim(10, now)] == [("2", 0)]


@pytest.mark.parametrize(
    ("answer", "relisted"), [("told", True), ("refused", False), ("owed", False), ("told in this run", False)]
)
async def test_a_document_is_delivered_again_only_if_it_is_listed_after_its_feedback(
    ledger: Ledger, now: datetime, answer: str, relisted: bool
):
    async with ledger.run("r") as run:
        this = await one(run, now)
        await deliver(run, this, now)
        owed = await run.outbox.claim(10, now)
        if answer == "told":
            await run.outbox.told(owed[0].id, at=now)
        elif answer == "refused":
            await run.outbox.refused(owed[0].id, at=now, reason="gone")
    async with ledger.run("r") as run:
        if answer == "told in this run":
            await run.outbox.told(owed[0].id, at=datetime.now(UTC))
        same = await run.remember("documents", [("a", "1")], None, now=now, relist=())
        found = await run.remember("documents", [("a", "1")], None, now=now, relist=("delivered",))
    assert same.known == (this,)
    assert found.relisted == ((this,) if relisted else ())
    assert found.known == (() if relisted else (this,))


async def test_what_is_wanted_by_name_becomes_pending_whatever_it_was(ledger: Ledger, now: datetime):
    async with ledger.run("r") as run:
        this = await one(run, now)
        await run.settle(this, status="skipped", at=now, event="skipped")
        found = await run.wanting.these(["a", "never seen", "a"], now)
        claimed = await run.claim(10, now)
    assert (found.changed, len(found.new)) == ((this,), 1)
    assert {t.document_id for t in claimed} == {"a", "never seen"}


async def test_claims_come_in_due_order_without_what_is_claimed_or_not_due(ledger: Ledger, now: datetime):
    async with ledger.run("r") as run:
        a, b, c, d = (await run.remember("s", [(n, "1") for n in "abcd"], None, now=now, relist=())).new
        for which, due in ((a, now + HOUR), (b, now), (c, now - HOUR)):
            await run.postpone(which, due_at=due, attempts=1, reason_class="transient", reason="busy", at=now)
        assert (await run.next_due(), await run.next_due(only=(a,)), await run.next_due(only=())) == (
            now - HOUR,
            now + HOUR,
            None,
        )
        assert [t.id for t in await run.claim(10, now, only=(a, d))] == [d]
        assert [t.id for t in await run.claim(1, now)] == [c]
        assert [t.id for t in await run.claim(10, now)] == [b]
        assert (await run.claim(10, now), await run.next_due()) == ([], now + HOUR)
        assert await run.pending_count() == 4


async def test_a_result_without_an_intent_is_kept_and_a_new_intent_forgets_the_old_result(
    ledger: Ledger, now: datetime
):
    async with ledger.run("r") as run:
        this = await one(run, now)
        run.done(this, "fingerprint", "abc", now)
        await run.intend(this, "create", now)
        run.done(this, "create", "far-1", now + HOUR)
        await run.flush()
        steps = (await ledger.lookup("r", ["a"]))["a"].steps
        assert (steps["fingerprint"].result, steps["create"].result) == ("abc", "far-1")
        assert (steps["create"].intent_at, steps["create"].done_at) == (now, now + HOUR)
        await run.intend(this, "create", now + 2 * HOUR)
        renewed = (await ledger.lookup("r", ["a"]))["a"].steps["create"]
        assert (renewed.intent_at, renewed.done_at, renewed.result) == (now + 2 * HOUR, None, None)
        await run.forget(this, "create")
        assert set((await ledger.lookup("r", ["a"]))["a"].steps) == {"fingerprint"}


async def test_messages_about_one_document_are_owed_one_after_the_other(ledger: Ledger, now: datetime):
    async with ledger.run("r") as run:
        this = await one(run, now)
        await deliver(run, this, now)
        await run.following.answered(
            this, status="withdrawn", follow_at=None, at=now, event="withdrawn", tell=[("withdrawn", "trashed")]
        )
        await run.intend(this, "feedback:1", now)
        await run.intend(this, "feedback:1:mark", now)
        await run.intend(this, "feedback:11:mark", now)
        first = (await run.outbox.claim(10, now))[0]
        assert (first.seq, first.outcome, first.external_id, set(first.steps)) == (
            1,
            "delivered",
            "far-1",
            {"feedback:1", "feedback:1:mark"},
        )
        await run.outbox.owe_later(first.id, due_at=now + HOUR, attempts=1, reason="busy", at=now)
        assert await run.outbox.claim(10, now) == []
        assert await run.outbox.next_owed() == now
        assert [o.attempts for o in await run.outbox.claim(10, now + HOUR)] == [1]
        await run.outbox.told(first.id, at=now)
        second = await run.outbox.claim(10, now)
        assert [(o.seq, o.outcome, o.reason) for o in second] == [(2, "withdrawn", "trashed")]
        assert await run.outbox.claim(10, now) == []
        await run.outbox.refused(second[0].id, at=now, reason="no such document")
        assert (await run.outbox.owed_count(), await run.outbox.next_owed()) == (0, None)


async def test_only_delivered_documents_are_followed_and_a_change_in_the_meantime_wins(ledger: Ledger, now: datetime):
    async with ledger.run("r") as run:
        this = await one(run, now)
        await run.settle(this, status="delivered", at=now, event="delivered", external_id="far-1", follow_at=now + HOUR)
        assert await run.following.claim(10, now) == []
        assert await run.following.look_now(["far-1", "unknown"], now) == 1
        assert [t.id for t in await run.following.claim(10, now)] == [this]
        assert await run.following.claim(10, now) == []
        await run.remember("documents", [("a", "2")], None, now=now, relist=())
        await run.following.answered(this, status="confirmed", follow_at=now, at=now, event="confirmed")
        assert await run.following.claim(10, now) == []
        assert [t.status for t in await run.claim(10, now)] == ["pending"]


async def test_what_the_far_end_altered_is_due_again(ledger: Ledger, now: datetime):
    async with ledger.run("r") as run:
        this = await one(run, now)
        await run.postpone(this, due_at=now, attempts=2, reason_class="transient", reason="busy", at=now)
        await run.settle(this, status="delivered", at=now, event="delivered", follow_at=now)
        await run.following.answered(
            this, status="pending", follow_at=None, due_at=now, at=now, event="altered", reason="title"
        )
        assert [(t.attempts, t.due_at, t.reason) for t in await run.claim(10, now)] == [(0, now, "title")]
