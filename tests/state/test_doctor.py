"""What is wrong with a ledger is found, named and followed by a next step; a sound one has nothing to say."""

import asyncio
import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from state import Vault
from state.care import Care
from state.doctor import Finding
from tests.ledgers import KEY, open_ledger, rows
from tests.state.runs import deliver, one

THEN = "2026-01-01T00:00:00.000000Z"


@pytest.fixture
async def sound(url: str, now: datetime) -> str:
    """Address a ledger with two documents, one told of and one rejected and recorded, and nobody at work."""
    ledger = await open_ledger(url, vault=Vault([KEY]))
    async with ledger.run("r") as run:
        first = await one(run, now)
        await deliver(run, first, now)
        for owed in await run.outbox.claim(9, now):
            await run.outbox.told(owed.id, at=now)
        second = await one(run, now, "b")
        await run.settle(
            second,
            status="rejected",
            at=now,
            event="rejected",
            content_version="c",
            snapshot=b"{}",
            reason_class="data",
        )
    await ledger.close()
    return url


async def look(url: str, *keys: str) -> list[Finding]:
    care = Care(url, vault=Vault(keys or (KEY,)))
    assert (await care.form()).current
    return await care.look_over(lambda _done, _of: None)


async def wrong(url: str, *keys: str) -> list[Finding]:
    found = [each for each in await look(url, *keys) if not each.ok]
    assert all(each.next_step for each in found)
    return found


async def test_a_sound_ledger_has_nothing_wrong_and_every_part_has_its_word(sound: str):
    found = await look(sound)
    assert [each for each in found if not each.ok] == []
    parts = {
        "integrity",
        "indexes",
        "size",
        "key",
        "recorded documents",
        "rows",
        "leases",
        "unanswered calls",
        "due",
        "runs",
    }
    assert parts <= {each.what for each in found}


A_MESSAGE = (
    "INSERT INTO feedback (transfer_id, route, seq, outcome, owed_at, due_at, attempts, done_at, answer) "
    "SELECT id, {route}, {seq}, 'delivered', '{at}', '{at}', 0, {done}, {answer} FROM transfer WHERE document_id = 'a'"
)
FAULTS = {
    "pending and never due": "UPDATE transfer SET status='pending' WHERE document_id='a'",
    "settled and yet due": f"UPDATE transfer SET due_at='{THEN}' WHERE document_id='a'",
    "without an id at the far end": "UPDATE transfer SET external_id=NULL WHERE document_id='a'",
    "answered at no time": "UPDATE feedback SET done_at=NULL",
    "owed on another route": A_MESSAGE.format(route="'s'", seq=2, at=THEN, done=f"'{THEN}'", answer="'told'"),
    "told something later before": A_MESSAGE.format(route="route", seq=0, at=THEN, done="NULL", answer="NULL"),
}


@pytest.mark.parametrize("words", FAULTS)
async def test_a_row_that_breaks_a_rule_is_found_and_its_document_named(sound: str, words: str):
    rows(sound, FAULTS[words])
    (found,) = [each for each in await wrong(sound) if words in each.says]
    assert found.documents == ["r: a"]
    assert found.says.startswith("1 documents")


async def test_a_message_that_is_owed_twice_is_found(sound: str):
    for seq in (2, 3):
        rows(sound, A_MESSAGE.format(route="route", seq=seq, at=THEN, done="NULL", answer="NULL"))
    says = [each.says for each in await wrong(sound)]
    assert any("owed the same message" in each for each in says)
    assert any("r: 2, the oldest since 2026-01-01" in each for each in says)


async def test_rows_about_no_document_are_found(sound: str):
    free = "SET session_replication_role = replica; " if not sound.startswith("sqlite") else ""
    rows(sound, free + f"INSERT INTO event (transfer_id, at, kind) VALUES (999, '{THEN}', 'x')")
    assert any("1 rows of event about no document" in each.says for each in await wrong(sound))


async def test_a_call_that_nobody_comes_back_to_is_named_with_its_document(sound: str):
    rows(
        sound,
        f"INSERT INTO step (transfer_id, name, intent_at) SELECT id, 'create', '{THEN}' FROM transfer WHERE document_id='b'",
    )
    (found,) = await wrong(sound)
    assert (found.what, found.documents) == ("unanswered calls", ["r: b"])
    assert "retry" in found.next_step
    rows(sound, f"UPDATE transfer SET status='pending', due_at='{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.000000Z'")
    assert await wrong(sound) == []


async def test_the_lease_of_a_dead_run_is_found_and_that_of_a_living_one_is_not(sound: str):
    ledger = await open_ledger(sound, vault=Vault([KEY]))
    async with ledger.run("r"):
        assert await wrong(sound) == []
    await ledger.close()
    rows(sound, f"UPDATE lease SET owner='far|boot|1|2|token', until='{THEN}' WHERE name='r'")
    (found,) = await wrong(sound)
    assert found.what == "leases"
    assert "the next run takes over" in found.next_step


async def test_a_section_in_which_somebody_died_is_no_finding_since_no_run_would_clear_it(sound: str):
    ledger = await open_ledger(sound, vault=Vault([KEY]))
    async with ledger.exclusive("new entries of zefort (50)"):
        pass
    await ledger.close()
    rows(sound, f"UPDATE lease SET owner='far|boot|1|2|token', until='{THEN}' WHERE name LIKE 'new entries%'")
    assert await wrong(sound) == []


async def test_who_runs_a_route_and_has_a_document_is_told_until_its_lease_is_over(sound: str, now: datetime):
    ledger = await open_ledger(sound, vault=Vault([KEY]))
    async with ledger.run("r") as run:
        await run.wanting.these(["a"], now)
        (this,) = await run.claim(1, now)
        (row, *_) = (await ledger.summary("r")).runs
        assert (row.state, row.worker) == ("running", f"process {os.getpid()} on {socket.gethostname()}")
        assert row.lease_until is not None
        assert (await ledger.timeline(this.id)).worker == row.worker
        rows(sound, f"UPDATE lease SET owner='far|boot|1|2|token', until='{THEN}' WHERE name='{row.id}'")
        (row, *_) = (await ledger.summary("r")).runs
        assert (row.state, row.worker, row.lease_until) == ("running", None, None)
    await ledger.close()


async def test_what_no_key_opens_is_counted(sound: str):
    other = Fernet.generate_key().decode()
    found = {each.what: each for each in await wrong(sound, other)}
    assert set(found) == {"key", "recorded documents"}
    assert "no key opens 1 of 1" in found["recorded documents"].says
    assert KEY not in repr(found)
    assert await wrong(sound, other, KEY) == []


async def test_what_waits_for_a_day_is_told_with_its_route(sound: str):
    old = (datetime.now(UTC) - timedelta(days=3)).isoformat(timespec="microseconds").replace("+00:00", "Z")
    rows(sound, f"UPDATE transfer SET status='pending', due_at='{old}' WHERE document_id='b'")
    (found,) = await wrong(sound)
    assert (found.what, found.next_step) == ("due", "docferry run r, and see what it says of them")


async def test_an_index_that_is_gone_is_missed(sound: str):
    rows(sound, "DROP INDEX ix_event_transfer_id")
    (found,) = await wrong(sound)
    assert "missing: ix_event_transfer_id" in found.says


async def test_a_file_with_damaged_pages_is_told_so_and_the_backup_is_named(tmp_path: Path, now: datetime):
    url = f"sqlite:///{tmp_path}/a.db"
    ledger = await open_ledger(url, vault=Vault([KEY]))
    async with ledger.run("r") as run:
        await run.remember("d", [(f"document {n}", "1") for n in range(2000)], None, now=now, relist=())
    await ledger.close()
    file = tmp_path / "a.db"
    content = bytearray(file.read_bytes())
    for place in range(len(content) // 2, len(content), 4096):  # rows are there, not the tables' own names
        content[place : place + 60] = b"\xff" * 60
    file.write_bytes(content)
    found = await wrong(url)
    assert any(each.what == "integrity" and "backup" in each.next_step for each in found)


async def test_a_server_that_forgets_commits_is_told_of(server_url: str):
    await (await open_ledger(server_url)).close()
    assert {"server", "durability"} <= {each.what for each in await look(server_url)}
    loose = f"{server_url}&options=-c synchronous_commit%3Doff -c statement_timeout%3D5000"
    found = {each.what: each for each in await wrong(loose)}
    assert set(found) == {"synchronous_commit", "statement_timeout"}
    assert "done twice" in found["synchronous_commit"].says


async def test_an_examination_can_be_given_up(sound: str):
    looking = asyncio.create_task(Care(sound, vault=None).look_over(lambda *_: None))
    await asyncio.sleep(0)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
