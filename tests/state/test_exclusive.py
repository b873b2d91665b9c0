"""The exclusive section: one inside at a time over processes, and the dead keep nobody out."""

import asyncio
import os
import signal
import sys

import pytest

from state.errors import RouteBusyError
from tests.ledgers import open_ledger

HOLD = """
import asyncio, sys
from tests.ledgers import open_ledger
async def main():
    ledger = await open_ledger(sys.argv[1])
    async with ledger.exclusive("the token"):
        print("inside", flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""


async def test_only_one_is_inside_at_a_time_and_all_get_in(ledger, url):
    other = await open_ledger(url)
    inside = most = entered = 0

    async def enter(through):
        nonlocal inside, most, entered
        async with through.exclusive("the token"):
            inside += 1
            most, entered = max(most, inside), entered + 1
            await asyncio.sleep(0.01)
            inside -= 1

    await asyncio.gather(*(enter(through) for through in (ledger, other) * 4))
    await other.close()
    assert (most, entered) == (1, 8)


async def test_sections_of_different_names_do_not_wait_for_each_other(ledger):
    async with ledger.exclusive("one"), ledger.exclusive("two", patience=0.0):
        pass


async def test_whoever_waits_too_long_is_told(ledger):
    async with ledger.exclusive("the token"):
        with pytest.raises(RouteBusyError, match="the token"):
            async with ledger.exclusive("the token", patience=0.1):
                raise AssertionError("two are inside")


async def test_what_is_raised_inside_frees_the_section(ledger):
    with pytest.raises(ZeroDivisionError):
        async with ledger.exclusive("the token"):
            raise ZeroDivisionError
    async with ledger.exclusive("the token", patience=0.0):
        pass


async def test_a_killed_process_keeps_nobody_out(ledger, url):
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", HOLD, url, stdout=asyncio.subprocess.PIPE)
    assert await process.stdout.readline() == b"inside\n"
    with pytest.raises(RouteBusyError):
        async with ledger.exclusive("the token", patience=0.1):
            pass
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    async with ledger.exclusive("the token", patience=1.0):
        pass
