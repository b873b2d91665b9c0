"""Documents as they were judged: who can read them, how long they stay, and what happens to them when keys change."""

import base64
import hashlib
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet

from state import Ledger
from state.snapshots import Retention
from state.vault import Vault
from tests.ledgers import dump, open_ledger, rows

ONE, TWO = Fernet.generate_key().decode(), Fernet.generate_key().decode()
SECRET = b'{"iban": "DE44500105175407324931"}'


async def opened(url, *keys, **limits):
    vault = {"vault": Vault(keys)} if keys else {}
    return await open_ledger(url, retention=Retention(**limits), **vault)


async def judged(run, now, number=1, status="delivered", content=SECRET):
    """Have documents listed and judged, the first one first; return their transfer ids."""
    names = [(f"d{place}", "1") for place in range(number)]
    found = await run.remember("s", names, None, now=now, relist=())
    ids = found.new or found.known
    for place, id_ in enumerate(ids):
        at = now + timedelta(seconds=place)
        await run.settle(id_, status=status, at=at, event=status, content_version="v", snapshot=content)
    return ids


async def kept(ledger):
    return {one.document_id for one in await ledger.archive.snapshots("r", 10_000)}


async def test_a_document_is_recorded_with_its_verdict_and_can_be_read_with_the_key_alone(url, now):
    ledger = await opened(url, ONE)
    async with ledger.run("r") as run:
        (id_,) = await judged(run, now)
    found = await ledger.archive.snapshot(id_)
    assert (found.document_id, found.content, found.taken_at) == ("d0", SECRET, now)
    await ledger.close()
    ((sealed,),) = rows(url, "SELECT sealed FROM snapshot")
    assert "DE44" not in dump(url)
    assert Vault([ONE]).decrypt_bytes(sealed)
    assert Vault([TWO]).decrypt_bytes(sealed) is None


async def test_without_a_key_nothing_is_recorded(file_url, now):
    await nothing_is_recorded(await opened(file_url), now)


@pytest.mark.parametrize("limits", [{"newest": 0}, {"newest": None, "days": 0}])
async def test_without_the_wish_for_it_nothing_is_recorded(url, now, limits):
    await nothing_is_recorded(await opened(url, ONE, **limits), now)


async def nothing_is_recorded(ledger, now):
    async with ledger.run("r") as run:
        assert not run.recording.on
        (id_,) = await judged(run, now)
    assert await ledger.archive.snapshot(id_) is None
    await ledger.close()


async def test_the_latest_verdict_replaces_the_snapshot_and_one_that_cannot_be_recorded_leaves_none(url, now):
    ledger = await opened(url, ONE)
    async with ledger.run("r") as run:
        (id_,) = await judged(run, now)
        await judged(run, now, content=b"newer")
        assert (await ledger.archive.snapshot(id_)).content == b"newer"
        await run.settle(id_, status="rejected", at=now, event="rejected")
        assert (await ledger.archive.snapshot(id_)).content == b"newer", "nothing new was read"
        await judged(run, now, content=None)
        assert await ledger.archive.snapshot(id_) is None
    await ledger.close()


async def test_the_newest_of_a_route_stay_and_all_that_were_rejected(url, now):
    ledger = await opened(url, ONE, newest=3)
    async with ledger.run("other") as run:
        await judged(run, now, 5)
    async with ledger.run("r") as run:
        await judged(run, now, 8)
        await run.settle((await ledger.lookup("r", ["d1"]))["d1"].id, status="rejected", at=now, event="rejected")
        await run.recording.prune(now)
    assert await kept(ledger) == {"d1", "d5", "d6", "d7"}
    assert len(await ledger.archive.snapshots("other", 10)) == 5
    await ledger.close()


async def test_what_is_too_old_goes_rejected_or_not_and_on_every_route(url, now):
    ledger = await opened(url, ONE, newest=None, days=30)
    for route, age in (("other", 31), ("r", 29)):
        async with ledger.run(route) as run:
            await judged(run, now - timedelta(days=age), 3, status="rejected")
            await run.recording.prune(now)
    assert len(await kept(ledger)) == 3
    assert await ledger.archive.snapshots("other", 10) == []
    await ledger.close()


async def test_a_long_run_prunes_while_it_goes_on(url, now):
    ledger = await opened(url, ONE, newest=3)
    async with ledger.run("r") as run:
        await judged(run, now, 1200)
        assert len(await kept(ledger)) < 300
    await ledger.close()


async def test_switching_it_off_removes_what_there_is(url, now):
    ledger = await opened(url, ONE)
    async with ledger.run("r") as run:
        await judged(run, now, 3)
    await ledger.close()
    ledger = await opened(url, ONE, newest=0)
    async with ledger.run("r") as run:
        await run.recording.prune(now)
    assert await kept(ledger) == set()
    await ledger.close()


async def test_after_one_run_with_a_new_key_in_front_the_old_one_may_go(url, now):
    ledger = await opened(url, ONE)
    async with ledger.run("r") as run:
        await judged(run, now, 1100)
    await ledger.close()
    ledger = await opened(url, TWO, ONE)
    async with ledger.run("another route") as run:
        await run.recording.renew()
    await ledger.close()
    ledger = await opened(url, TWO)
    assert {one.content for one in await ledger.archive.snapshots("r", 2000)} == {SECRET}
    await ledger.close()


async def test_what_cannot_be_opened_keeps_nothing_else_from_being_encrypted_anew(url, now):
    """From whichever end they are taken, more than are taken at once cannot be opened before the first that can."""
    ledger = await opened(url, ONE)
    async with ledger.run("r") as run:
        ids = await judged(run, now, 1010)
    await ledger.close()
    rows(url, f"UPDATE snapshot SET sealed = '1.' WHERE transfer_id NOT BETWEEN {ids[503]} AND {ids[506]}")
    if not url.startswith("sqlite"):
        rows(url, "CLUSTER snapshot USING pk_snapshot")  # a server puts what was changed anywhere
    ledger = await opened(url, TWO, ONE)
    async with ledger.run("another route") as run:
        await run.recording.renew()
    await ledger.close()
    name = Vault([TWO]).names[0]
    assert sorted(rows(url, f"SELECT transfer_id FROM snapshot WHERE key = '{name}'")) == [
        (id_,) for id_ in ids[503:507]
    ]


async def test_a_key_that_is_spelled_anew_opens_what_it_has_encrypted(url, now):
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    again = f"{ONE[:42]}{letters[letters.index(ONE[42]) ^ 1]}="
    assert base64.urlsafe_b64decode(again) == base64.urlsafe_b64decode(ONE)
    ledger = await opened(url, ONE)
    async with ledger.run("r") as run:
        (id_,) = await judged(run, now)
    await ledger.close()
    ledger = await opened(url, again)
    assert (await ledger.archive.snapshot(id_)).content == SECRET
    await ledger.close()
    # as it was once named after its spelling
    rows(url, f"UPDATE snapshot SET key = '{hashlib.sha256(b'docferry key ' + again.encode()).hexdigest()[:12]}'")
    ledger = await opened(url, again)
    async with ledger.run("another route") as run:
        await run.recording.renew()
    await ledger.close()
    assert rows(url, "SELECT key FROM snapshot") == [(Vault([ONE]).names[0],)]


async def test_a_key_that_is_there_twice_is_one(url, now):
    ledger = await opened(url, ONE, ONE)
    async with ledger.run("r") as run:
        await judged(run, now, 3)
        before = rows(url, "SELECT sealed FROM snapshot ORDER BY transfer_id")
        await run.recording.renew()
    assert rows(url, "SELECT sealed FROM snapshot ORDER BY transfer_id") == before
    await ledger.close()


async def test_a_rekeyed_ledger_keeps_what_it_can_read_and_drops_the_rest(url, now):
    ledger = await opened(url, ONE)
    async with ledger.run("r") as run:
        await judged(run, now)
    await ledger.close()
    await Ledger.rekey(url, vault=Vault([TWO, ONE]))
    ledger = await opened(url, TWO, ONE)
    assert [one.content for one in await ledger.archive.snapshots("r", 5)] == [SECRET]
    await ledger.close()
    await Ledger.rekey(url, vault=Vault([TWO]))
    ledger = await opened(url, TWO)
    assert await ledger.archive.snapshots("r", 5) == []
    await ledger.close()
