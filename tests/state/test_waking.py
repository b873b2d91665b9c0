"""Another version of the mapping: who is to be tried under it, how often, and that trying leaves no trace on the others."""

from datetime import timedelta

from cryptography.fernet import Fernet

from state import Ledger
from state.vault import Vault
from tests.ledgers import rows

KEY = Fernet.generate_key().decode()
NAMES = ("data", "destination", "sent", "skipped")


async def judged(ledger, now):
    """Judge four documents under version A: rejected for its data, refused at the far end, sent, and skipped."""
    async with ledger.run("r") as run:
        assert await run.waking.use("A", {"r.yaml": "a"}, now) is False
        assert await run.waking.candidates("A", 10, sent=False, recorded=True) == []
        await run.waking.done("A", now)
        found = await run.remember("s", [(name, "1") for name in NAMES], None, now=now, relist=())
        ids = dict(zip(NAMES, found.new, strict=True))
        common = {"at": now, "content_version": "v", "mapping_version": "A"}
        for name in ("data", "destination"):
            await run.settle(
                ids[name],
                status="rejected",
                event="rejected",
                reason_class=name,
                reason="no",
                tell="rejected",
                **common,
            )
        await run.settle(ids["sent"], status="delivered", event="delivered", payload_digest="d", **common)
        await run.settle(ids["skipped"], status="skipped", event="skipped", reason_class="rule", **common)
    return ids


async def found(run, version, **options):
    return [
        one.transfer.document_id
        for recorded in (True, False)
        for one in await run.waking.candidates(version, 10, recorded=recorded, **{"sent": False} | options)
    ]


async def test_the_same_version_has_nothing_to_try_and_another_one_what_was_rejected_for_its_data(ledger, now):
    await judged(ledger, now)
    async with ledger.run("r") as run:
        assert await run.waking.use("A", {"r.yaml": "a"}, now) is True
        assert await run.waking.use("B", {"r.yaml": "b"}, now) is False
        assert await found(run, "B") == ["data"]
        assert await found(run, "B", sent=True) == ["sent"]


async def test_what_stays_quiet_is_tried_once_for_each_version_and_keeps_everything(ledger, now):
    ids = await judged(ledger, now)
    before = (await ledger.lookup("r", NAMES), await ledger.timeline(ids["data"]))
    async with ledger.run("r") as run:
        await run.waking.use("B", {"r.yaml": "b"}, now)
        await run.waking.tried("B", woken=(), quiet=[ids["data"]], now=now, detail="")
        assert await found(run, "B") == []
        assert await found(run, "C") == ["data"]
    after = await ledger.lookup("r", NAMES)
    assert after["data"].tried_under == "B"
    assert {name for name in NAMES if after[name] != before[0][name]} == {"data"}
    assert await ledger.timeline(ids["data"]) == before[1]


async def test_what_is_woken_is_due_at_once_though_the_source_let_go_of_it_and_what_was_owed_waits(ledger, now):
    ids = await judged(ledger, now)
    async with ledger.run("r") as run:
        await run.waking.tried("B", woken=[ids["data"]], quiet=[ids["sent"]], now=now, detail="B accepts it")
        (one,) = await run.claim(10, now)
        assert (one.document_id, one.asked, one.attempts, one.reason_class) == ("data", True, 0, None)
        assert [owed.document_id for owed in await run.outbox.claim(10, now)] == ["destination"]
    events = (await ledger.timeline(ids["data"])).events
    assert [(event.kind, event.detail) for event in events][-1] == ("woken", "B accepts it")


async def test_what_is_woken_though_it_was_sent_keeps_what_was_sent(ledger, now):
    ids = await judged(ledger, now)
    async with ledger.run("r") as run:
        await run.waking.tried("B", woken=[ids["sent"]], quiet=(), now=now, detail="another payload")
        (one,) = await run.claim(10, now)
        assert (one.document_id, one.payload_digest) == ("sent", "d")


async def test_everything_is_tried_anew_when_a_version_comes_back_after_another_one(ledger, now):
    await judged(ledger, now)
    async with ledger.run("r") as run:
        later = now + timedelta(seconds=1)
        await run.waking.use("B", {"r.yaml": "b"}, later)
        await run.waking.done("B", now)
        assert await run.waking.use("B", {"r.yaml": "b"}, later) is True
        assert await run.waking.use("A", {"r.yaml": "a"}, now) is False


async def test_the_texts_of_every_version_that_was_used_are_kept(url, ledger, now):
    assert await ledger.archive.mapping("r") is None
    async with ledger.run("r") as run:
        for version, bundle in (("A", {"r.yaml": "é\n" * 1000, "tables/x.csv": "key,value\n"}), ("B", {"r.yaml": "b"})):
            await run.waking.use(version, bundle, now.replace(year=now.year + (version == "B")))
    assert (await ledger.archive.mapping("r")).version == "B"
    first = await ledger.archive.mapping("r", "A")
    assert (first.bundle, first.first_used_at) == ({"r.yaml": "é\n" * 1000, "tables/x.csv": "key,value\n"}, now)
    assert await ledger.archive.mapping("r", "C") is None
    assert rows(url, "SELECT length(bundle) < 500 FROM mapping_version WHERE version='A'") == [(True,)]


async def test_candidates_come_with_their_snapshots_or_without_and_some_can_be_left_out(url, now):
    ledger = await Ledger.open(url, vault=Vault([KEY]))
    async with ledger.run("r") as run:
        ids = (await run.remember("s", [(str(place), "1") for place in range(6)], None, now=now, relist=())).new
        for place, id_ in enumerate(ids):
            content = b"content" if place % 2 else None
            await run.settle(
                id_,
                status="rejected",
                at=now,
                event="rejected",
                reason_class="data",
                content_version="v",
                mapping_version="A",
                snapshot=content,
            )
        with_it = await run.waking.candidates("B", 2, sent=False, recorded=True, exclude=[ids[1]])
        assert [(one.transfer.id, one.recorded) for one in with_it] == [(ids[3], b"content"), (ids[5], b"content")]
        without = await run.waking.candidates("B", 2, sent=False, recorded=False)
        assert [(one.transfer.id, one.recorded) for one in without] == [(ids[0], None), (ids[2], None)]
    await ledger.close()
