"""What a signal does to a run: in a flow, where further ones change nothing, and at a terminal, where a second one insists."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from flows.stopping import StoppedError, until_stopped


def terminate():
    os.kill(os.getpid(), signal.SIGTERM)


async def test_a_sigterm_lets_the_work_finish_and_further_ones_change_nothing():
    async def work(stop):
        terminate()
        await stop.wait()
        terminate()
        await asyncio.sleep(0.05)
        return "finished"

    before = signal.getsignal(signal.SIGTERM)
    assert await until_stopped(work) == "finished"
    assert signal.getsignal(signal.SIGTERM) == before


async def test_work_that_does_not_finish_in_time_is_cut_off_and_that_is_said():
    async def work(stop):
        terminate()
        await asyncio.sleep(3600)

    with pytest.raises(StoppedError, match="nothing is lost"):
        await until_stopped(work, grace=0.05)


async def test_at_a_terminal_a_second_signal_cuts_the_work_off_and_handlers_are_as_before():
    async def work(stop):
        os.kill(os.getpid(), signal.SIGINT)
        await stop.wait()
        terminate()
        await asyncio.sleep(3600)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(StoppedError):
        await until_stopped(work, signals=(signal.SIGINT, signal.SIGTERM), insisting=True)
    assert signal.getsignal(signal.SIGINT) == before


async def test_who_cancels_the_whole_is_obeyed():
    async def work(stop):
        await asyncio.sleep(3600)

    task = asyncio.ensure_future(until_stopped(work))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
