"""Who may run a route: one at a time, and the living take over from the dead."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime

import pytest

from state import LeaseLostError, Ledger, RouteBusyError
from state.owner import Owner
from tests.ledgers import open_ledger, rows

OTHER_PROCESS = """
import asyncio, sys
from datetime import UTC, datetime
from state import StateError
from tests.ledgers import open_ledger

async def main():
    ledger = await open_ledger(sys.argv[1])
    async with ledger.run("r", ttl=float(sys.argv[2])) as run:
        now = datetime.now(UTC)
        this = (await run.remember("documents", [("a", "1")], None, now=now, relist=())).new[0]
        await run.intend(this, "create", now)
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        try:
            await run.intend(this, "too late", now)
            print("written", flush=True)
        except StateError as error:
            print(type(error).__name__, flush=True)
    await ledger.close()

asyncio.run(main())
"""


def start(url: str, ttl: float) -> subprocess.Popen[str]:
    other = subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS, url, str(ttl)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "ready\n"
    return other


async def test_a_second_run_of_a_route_leaves_at_once_with_a_reason(ledger: Ledger, url: str):
    second = await open_ledger(url)
    async with ledger.run("r"), second.run("another route"):
        with pytest.raises(RouteBusyError, match=f"route r is being run by process {os.getpid()} on "):
            async with second.run("r"):
                pass
    async with second.run("r"):
        pass
    await second.close()


async def test_a_killed_process_is_succeeded_at_once_and_its_intent_is_there(ledger: Ledger, url: str, now: datetime):
    other = start(url, ttl=600)
    with pytest.raises(RouteBusyError, match=f"process {other.pid} on "):
        async with ledger.run("r"):
            pass
    other.kill()
    # Not waited for: a killed process whose parent has not looked yet is dead all the same.
    await asyncio.sleep(0.2)
    async with ledger.run("r") as run:
        assert run.previous
        found = (await ledger.lookup("r", ["a"]))["a"]
        assert (found.status, found.steps["create"].done_at) == ("pending", None)
        await run.intend(found.id, "create", now)
    other.communicate()


async def test_a_process_that_slept_through_its_lease_can_write_nothing_more(ledger: Ledger, url: str, now: datetime):
    other = start(url, ttl=0.4)
    other.send_signal(signal.SIGSTOP)
    with pytest.raises(RouteBusyError):
        async with ledger.run("r"):
            pass
    await asyncio.sleep(0.5)
    async with ledger.run("r") as run:
        other.send_signal(signal.SIGCONT)
        said, _ = await asyncio.to_thread(other.communicate, "\n")
        assert said == "LeaseLostError\n"
        found = (await ledger.lookup("r", ["a"]))["a"]
        assert set(found.steps) == {"create"}
        await run.settle(found.id, status="skipped", at=now, event="skipped")  # and the new owner was not disturbed


async def test_a_lost_lease_keeps_nothing_of_a_whole_group(ledger: Ledger, url: str, now: datetime):
    async def take_over() -> None:
        second = await open_ledger(url)
        async with second.run("r"):
            pass
        await second.close()

    async with ledger.run("r", ttl=0.2) as old:
        this, other = (await old.remember("s", [("a", "1"), ("b", "1")], None, now=now, relist=())).new
        time.sleep(0.3)  # noqa: ASYNC251 -- a loop that is blocked gives no sign of life
        taker = threading.Thread(target=lambda: asyncio.run(take_over()))
        taker.start()
        taker.join()
        old.done(this, "posted", "x", now)
        lost = await asyncio.gather(
            old.settle(this, status="delivered", at=now, event="delivered", tell="delivered"),
            old.remember("s", [("c", "1")], "moved", now=now, relist=()),
            ledger.save_token("c", "t"),
            old.finish(at=now, counts={}, complete=True, note=None),
            return_exceptions=True,
        )
        assert [type(error) for error in lost] == [LeaseLostError, LeaseLostError, type(None), LeaseLostError]
        assert "taken the route r over" in str(lost[0])
        assert (await old.pending_count(), await old.outbox.owed_count()) == (2, 0)
        assert await ledger.cursor("r", "s") is None
        assert await ledger.load_token("c") == "t"  # which no lease guards
    async with ledger.run("r") as new:
        await new.intend(other, "create", now)


async def test_a_long_run_keeps_its_route_by_giving_signs_of_life(ledger: Ledger, url: str):
    second = await open_ledger(url)
    async with ledger.run("r", ttl=0.4) as run:
        await asyncio.sleep(1)
        with pytest.raises(RouteBusyError):
            async with second.run("r"):
                pass
        await run.flush()
    await second.close()


async def test_the_fence_only_grows(ledger: Ledger, url: str):
    for _ in range(3):
        async with ledger.run("r"):
            pass
    assert rows(url, "SELECT fence, owner FROM lease") == [(3, "")]


async def test_a_cancelled_run_gives_its_route_back(ledger: Ledger):
    entered = asyncio.Event()

    async def run() -> None:
        async with ledger.run("r"):
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(run())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with ledger.run("r") as after:
        assert after.previous


def test_an_owner_is_dead_only_when_that_is_certain():
    me = Owner.new()
    assert Owner.parse(str(me)) == me
    assert not me.dead()
    reused = Owner(me.host, me.place, me.pid, "0", me.token)
    elsewhere = Owner("another-host", me.place, me.pid, "0", me.token)
    before_reboot = Owner(me.host, "another boot", me.pid, "0", me.token)
    assert [reused.dead(), elsewhere.dead(), before_reboot.dead()] == [True, False, False]
    me.end()
    assert me.dead()
    assert Owner.parse("from another release") is None
