"""The pool: so many pieces at a time, slow ones aside, and fewer where there is less room."""

from __future__ import annotations

import asyncio

import pytest

from flows.pool import ASK_AGAIN, AT_FIRST, NONE_ENDS, pool


class Ground:
    """A ground with room for all, unless it is told otherwise."""

    def __init__(self, room=lambda width: width, saturated=lambda: False):
        self.room, self.saturated = room, saturated

    @staticmethod
    def halted():
        """Nothing has gone wrong."""
        return False


class Work:
    """Numbered pieces; those in `stuck` end only when they are let go. `ended` is the order in which they did."""

    def __init__(self, count, stuck=(), lasts=0.001):
        self.todo, self.stuck, self._lasts = list(range(count)), stuck, lasts
        self.ended, self.under_way, self.most = [], 0, 0
        self.let_go = asyncio.Event()

    async def take(self, wanted, busy):
        """Hand out the next pieces."""
        assert not busy & set(self.todo)
        taken, self.todo = self.todo[:wanted], self.todo[wanted:]
        return [(number, self._piece(number)) for number in taken]

    async def _piece(self, number):
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        if number in self.stuck:
            await self.let_go.wait()
        await asyncio.sleep(self._lasts)
        self.under_way -= 1
        self.ended.append(number)
        if len(self.ended) + len(self.stuck) == 60:
            self.let_go.set()

    @staticmethod
    async def idle():
        """Nothing more comes."""
        return False


async def test_stuck_pieces_keep_nobody_waiting_even_if_there_are_as_many_as_places():
    work = Work(60, stuck={5, 6, 20, 40})
    async with asyncio.timeout(30):
        await pool(4, work.take, work.idle, Ground())
    assert sorted(work.ended) == list(range(60))
    assert set(work.ended[-4:]) == work.stuck
    assert 4 < work.most <= 8


async def test_brisk_pieces_never_exceed_the_places():
    work = Work(60)
    await pool(4, work.take, work.idle, Ground())
    assert sorted(work.ended) == list(range(60))
    assert work.most == 4


async def test_where_there_is_room_for_one_a_slow_piece_is_waited_for():
    work = Work(60)
    tried = []

    def room(width):
        tried.append(work.under_way)
        return 1 if len(work.ended) < 3 else width

    await pool(4, work.take, work.idle, Ground(room))
    assert sorted(work.ended) == list(range(60))
    assert work.ended[:3] == [0, 1, 2]


async def test_without_room_the_pool_asks_whether_to_wait():
    work = Work(8)
    asked = []

    async def idle():
        asked.append(len(work.ended))
        return len(asked) == 1

    await pool(4, work.take, idle, Ground(lambda width: width if asked else 0))
    assert asked == [0, 8]
    assert len(work.ended) == 8


async def test_while_a_quota_holds_back_what_is_under_way_nothing_more_is_taken():
    """What is taken is taken from other runs on the same account, which may have room for it."""
    work = Work(60, stuck=set(range(2, 20)))
    asked, held = [], []

    async def take(wanted, busy):
        asked.append(wanted)
        if len(asked) == 1:
            asyncio.get_running_loop().call_soon(held.append, "by the quota")
        return await work.take(wanted, busy)

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(pool(20, take, work.idle, Ground(saturated=lambda: bool(held))))
        await asyncio.sleep(3 * ASK_AGAIN)
        assert asked == [min(AT_FIRST, 20)], "of the first ones nothing had shown yet"
        assert len(work.ended) == 2
        held.clear()
    assert asked[1] <= 2, "what is begun now may have to wait as well"
    assert sorted(work.ended) == list(range(60))


async def test_each_piece_that_ends_makes_room_for_two_until_all_places_are_taken():
    """What is taken is taken from other runs, so it is little as long as nothing shows that it will be done."""
    work = Work(200, stuck=range(200), lasts=0.1)  # on a busy machine as well longer than it takes to begin them
    asked = []

    async def take(wanted, busy):
        asked.append(wanted)
        return await work.take(wanted, busy)

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(pool(4 * AT_FIRST, take, work.idle, Ground()))
        await asyncio.sleep(2 * ASK_AGAIN)
        assert work.under_way == AT_FIRST, "none has ended"
        work.let_go.set()
    assert work.most == 4 * AT_FIRST
    assert max(asked) <= 4 * AT_FIRST
    assert sorted(work.ended) == list(range(200))


async def test_first_pieces_that_are_all_stuck_leave_the_other_places_to_those_behind_them():
    work = Work(60, stuck=range(AT_FIRST))
    async with asyncio.timeout(30):
        await pool(2 * AT_FIRST, work.take, work.idle, Ground())
    assert sorted(work.ended) == list(range(60))
    assert set(work.ended[-AT_FIRST:]) == set(range(AT_FIRST))


@pytest.mark.parametrize("held", [{"saturated": lambda: True}, {"room": lambda width: width - 1}])
async def test_first_pieces_that_a_quota_or_an_outage_holds_back_open_no_places(held):
    work = Work(60, stuck=range(60))
    ground = Ground()
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(pool(2 * AT_FIRST, work.take, work.idle, ground))
        await asyncio.sleep(0)
        vars(ground).update(held)
        await asyncio.sleep(NONE_ENDS + 2 * ASK_AGAIN)
        assert work.under_way <= AT_FIRST
        work.let_go.set()
    assert sorted(work.ended) == list(range(60))
