"""What a group of writes promises: order, isolation of faults, and nothing kept that was reported lost."""

import asyncio
import sqlite3
import time
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from state import Ledger, RouteRun, StateError
from state.database import address, connect
from state.fingerprints import open_fingerprints
from state.session import Outage
from state.snapshots import Retention, Snapshots
from state.upgrading import prepare
from state.writer import Writer
from tests.ledgers import open_ledger, rows

NOBODY = 999_999


async def remembered(run: RouteRun, now: datetime, count: int = 1) -> list[int]:
    page = [(f"d{number}", "1") for number in range(count)]
    return list((await run.remember("documents", page, None, now=now, relist=())).new)


async def steps(ledger: Ledger, transfer_id: int) -> set[str]:
    return {step.name for step in (await ledger.timeline(transfer_id)).steps}


async def test_in_a_group_only_the_culprit_fails(ledger: Ledger, now: datetime):
    async with ledger.run("r") as run:
        ids = await remembered(run, now, 8)
        targets = [*ids[:4], NOBODY, *ids[4:]]
        answers = await asyncio.gather(*(run.intend(t, "create", now) for t in targets), return_exceptions=True)
        assert [type(answer) for answer in answers] == [type(None)] * 4 + [StateError] + [type(None)] * 4
        assert "foreign key" in str(answers[4]).lower()
        for this in ids:
            assert await steps(ledger, this) == {"create"}


async def test_writes_that_meet_are_committed_together(ledger: Ledger, now: datetime, url: str):
    async with ledger.run("r") as run:
        ids = await remembered(run, now, 32)
        seen = set()

        async def watched(this: int) -> None:
            await run.intend(this, "create", now)
            seen.update(rows(url, "SELECT count(*) FROM step"))

        await asyncio.gather(*(watched(this) for this in ids))
        assert seen == {(32,)}


async def test_an_awaited_write_implies_the_posted_ones_before_it(ledger: Ledger, now: datetime, url: str):
    async with ledger.run("r") as run:
        this = (await remembered(run, now))[0]
        for number in range(100):
            run.done(this, f"step {number}", "ok", now)
        await run.intend(this, "last", now)
        assert rows(url, "SELECT count(*) FROM step") == [(101,)]


async def test_writes_of_one_group_keep_their_order(ledger: Ledger, now: datetime):
    async with ledger.run("r") as run:
        this = (await remembered(run, now))[0]
        run.done(this, "create", "one", now)
        await asyncio.gather(run.forget(this, "create"), run.intend(this, "party", now), run.forget(this, "party"))
        assert await steps(ledger, this) == set()


async def test_after_a_posted_write_failed_nothing_later_is_kept(ledger: Ledger, now: datetime):
    async with ledger.run("r") as run:
        this = (await remembered(run, now))[0]
        run.done(NOBODY, "create", "lost", now)
        with pytest.raises(StateError, match=r"(?i)foreign key"):
            await run.settle(this, status="delivered", at=now, event="delivered")
        with pytest.raises(StateError, match=r"(?i)foreign key"):
            await run.flush()
        assert (await ledger.lookup("r", ["d0"]))["d0"].status == "pending"
    async with ledger.run("r") as run:
        await run.settle(this, status="delivered", at=now, event="delivered")


async def test_one_run_s_lost_write_does_not_stop_another_route(ledger: Ledger, now: datetime):
    async with ledger.run("r") as broken, ledger.run("s") as healthy:
        this = (await remembered(healthy, now))[0]
        broken.done(NOBODY, "create", "lost", now)
        await healthy.intend(this, "create", now)
        with pytest.raises(StateError):
            await broken.flush()
        await healthy.flush()


async def test_a_write_whose_waiting_was_cancelled_is_still_carried_out(ledger: Ledger, now: datetime):
    async with ledger.run("r") as run:
        this = (await remembered(run, now))[0]
        waiting = asyncio.create_task(run.intend(this, "create", now))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await run.flush()
        assert await steps(ledger, this) == {"create"}


async def test_closing_writes_what_was_posted(url: str, now: datetime):
    first = await open_ledger(url)
    async with first.run("r") as run:
        this = (await remembered(run, now))[0]
        run.done(this, "create", "ok", now)
    await first.close()
    with pytest.raises(StateError, match="closed"):
        await first.save_token("c", "t")
    second = await open_ledger(url)
    assert await steps(second, this) == {"create"}
    await second.close()


async def test_who_writes_while_the_ledger_is_closed_is_told_and_waits_for_nothing(url: str):
    opened = await open_ledger(url)
    told: list[str] = []

    async def writing(name: str) -> None:
        try:
            for number in range(10**6):
                await opened.save_token(name, str(number))
        except StateError as error:
            told.append(str(error))

    tasks = [asyncio.create_task(writing(f"c{number}")) for number in range(5)]
    await asyncio.sleep(0.05)
    await opened.close()
    async with asyncio.timeout(5):
        await asyncio.gather(*tasks)
    assert told == ["The ledger is closed"] * 5


async def test_an_error_that_cannot_be_copied_reaches_who_waits_and_stops_nobody_else(file_url: str):
    class OddError(Exception):
        def __init__(self, one: int, other: int) -> None:
            super().__init__(f"{one} and {other}")

    def fail(_: Connection) -> None:
        raise OddError(1, 2)

    engine = connect(address(file_url), busy_timeout=1)
    writer = Writer(engine, outage=Outage(1))
    async with asyncio.timeout(5):
        failed = await asyncio.gather(writer.call(fail), writer.call(fail), return_exceptions=True)
        assert [str(one) for one in failed] == ["1 and 2"] * 2
        assert await writer.call(lambda connection: connection.exec_driver_sql("SELECT 3").scalar()) == 3
        await writer.close()
    engine.dispose()


async def test_a_locked_database_is_one_sentence_and_passes(
    file_url: str, now: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr("state.writer.LATE", 0.05)
    ledger = await Ledger.open(file_url, busy_timeout=0.5)
    async with ledger.run("r") as run:
        ids = await remembered(run, now, 3)
        other = sqlite3.connect(file_url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        answers = await asyncio.gather(*(run.intend(t, "create", now) for t in ids), return_exceptions=True)
        assert time.monotonic() - began < 1  # all waited once, not one after the other
        assert ["is locked by another program" in str(answer) for answer in answers] == [True] * 3
        assert "another program may hold it open" in caplog.text
        assert await run.pending_count() == 3  # reading goes on
        other.execute("ROLLBACK")
        other.close()
        await asyncio.gather(*(run.intend(t, "create", now) for t in ids))
        assert await steps(ledger, ids[2]) == {"create"}
    await ledger.close()


async def test_a_full_disk_is_one_sentence_and_loses_nothing_that_was_written(file_url: str, now: datetime):
    engine = connect(address(file_url), busy_timeout=1)
    prepare(engine)
    fingerprints = open_fingerprints(engine, None)

    @event.listens_for(engine, "connect")
    def shrink(connection: sqlite3.Connection, _entry: object) -> None:
        connection.execute("PRAGMA max_page_count=60")

    ledger = Ledger(engine, fingerprints, Snapshots(None, Retention()), None)
    kept = 0
    async with ledger.run("r") as run:
        this = (await remembered(run, now))[0]
        failure: StateError | None = None
        while failure is None and kept < 1000:
            try:
                await run.intend(this, f"{kept}: {'x' * 2000}", now)
                kept += 1
            except StateError as error:
                failure = error
        assert "the disk is full" in str(failure)
        assert 5 < kept < 1000
    await ledger.close()
    again = await Ledger.open(file_url)
    assert len(await steps(again, this)) == kept
    await again.close()


async def test_a_read_only_database_is_one_sentence(file_url: str, now: datetime):
    engine = connect(address(file_url), busy_timeout=1)
    prepare(engine)
    fingerprints = open_fingerprints(engine, None)

    @event.listens_for(engine, "connect")
    def protect(connection: sqlite3.Connection, _entry: object) -> None:
        connection.execute("PRAGMA query_only=ON")

    ledger = Ledger(engine, fingerprints, Snapshots(None, Retention()), None)
    with pytest.raises(StateError, match="is read-only"):
        await ledger.save_token("c", "t")
    assert await ledger.load_token("c") is None
    await ledger.close()


async def test_an_error_never_carries_what_was_in_the_row(ledger: Ledger, now: datetime, tmp_path: Path):
    async with ledger.run("r") as run:
        with pytest.raises(StateError) as caught:
            await run.intend(NOBODY, "the-payload", now)
        cause = caught.value.__cause__
        assert cause is not None
        assert "the-payload" not in str(caught.value) + str(cause)


def test_every_commit_reaches_the_disk_before_it_is_reported(file_url: str):
    with connect(address(file_url), busy_timeout=1).connect() as connection:
        ask = connection.exec_driver_sql
        kept = [ask(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")]
    assert kept == ["wal", 2, 1]  # 2 is FULL
