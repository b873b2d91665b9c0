"""The server of victims itself: who waits for one of its lives must not wait for ever."""

import asyncio
import os
import signal

import pytest

from tests.flows.victims import Victims


async def test_who_waits_for_a_life_is_told_when_the_server_has_died():
    with Victims() as victims:
        os.kill(victims.pid, signal.SIGSTOP)  # the order stays unread
        waiting = asyncio.ensure_future(victims.live({}))
        await asyncio.sleep(0)
        os.kill(victims.pid, signal.SIGKILL)
        with pytest.raises(RuntimeError, match="has ended"):
            await asyncio.wait_for(waiting, 60)
