"""Paging against lists that are cut, counted and moved in every way the facts leave open."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import Change
from connectors.errors import RejectedError, TransientError
from connectors.hypatos.listing import walk
from connectors.hypatos.models import Listing


class MovingList:
    """A paged list. After each page `move(rows, served)` may change it."""

    def __init__(self, rows, *, cap=50, echo=True, total="grand", past_end="empty", move=None):
        self.rows = list(rows)
        self.cap, self.echo, self.total, self.past_end, self.move = cap, echo, total, past_end, move
        self.reads = 0
        self.out_of_range = 0

    async def read(self, offset, limit):
        self.reads += 1
        assert 1 <= limit <= 50
        assert self.reads < 5_000, "the reader does not come to an end"
        size = min(limit, self.cap)
        if offset and offset >= len(self.rows):
            self.out_of_range += 1
            if self.past_end == "400":
                raise RejectedError("Offset out of range", status=400)
        served = self.rows[offset : offset + size]
        total = {"grand": len(self.rows), "page": len(served), "omitted": None}[self.total]
        if self.move:
            self.move(self.rows, served)
        return Listing([Change(row, "v") for row in served], size if self.echo else None, total)


async def read_all(moving, size=50):
    return [change.document_id async for page in walk(moving.read, size) for change in page.changes]


def names(count):
    return [f"d{number}" for number in range(count)]


lists = {
    "cap": st.integers(1, 50),
    "echo": st.booleans(),
    "total": st.sampled_from(["grand", "page", "omitted"]),
    "past_end": st.sampled_from(["empty", "400"]),
}


@given(count=st.integers(0, 180), size=st.integers(2, 50), **lists)
@settings(max_examples=300, deadline=None)
async def test_a_list_that_stands_still_is_read_whole_and_in_order(count, size, cap, echo, total, past_end):
    moving = MovingList(names(count), cap=cap, echo=echo, total=total, past_end=past_end)
    assert await read_all(moving, size) == names(count)


@given(count=st.integers(0, 400), total=st.sampled_from(["grand", "page", "omitted"]))
@settings(max_examples=60, deadline=None)
async def test_a_still_list_costs_two_percent_more_requests_than_it_has_pages(count, total):
    moving = MovingList(names(count), total=total)
    await read_all(moving)
    assert moving.reads <= math.ceil(count / 49) + 1
    assert moving.out_of_range == (1 if count == 1 else 0)


@given(
    count=st.integers(0, 250),
    size=st.integers(3, 50),
    seed=st.integers(0, 10_000),
    most=st.integers(1, 60),
    total=lists["total"],
    past_end=lists["past_end"],
    echo=st.booleans(),
)
@settings(max_examples=300, deadline=None)
async def test_what_stays_in_the_list_is_never_skipped_however_much_leaves_it(
    count, size, seed, most, total, past_end, echo
):
    chance = random.Random(seed)
    budget = [count // 2]

    def leave(rows, served):
        for row in chance.sample(rows, min(len(rows), chance.randint(0, most), budget[0])):
            rows.remove(row)
            budget[0] -= 1

    moving = MovingList(names(count), total=total, past_end=past_end, echo=echo, move=leave)
    seen = await read_all(moving, size)
    assert set(moving.rows) <= set(seen)
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("lost", [10, 50])
@pytest.mark.parametrize("total", ["grand", "page", "omitted"])
@pytest.mark.parametrize("past_end", ["empty", "400"])
async def test_a_list_that_loses_part_or_all_of_each_served_page_is_still_read_whole(lost, total, past_end):
    def leave(rows, served):
        for row in served[:lost]:
            rows.remove(row)

    moving = MovingList(names(500), total=total, past_end=past_end, move=leave)
    assert set(await read_all(moving)) == set(names(500))


async def test_new_rows_at_the_end_are_read_in_the_same_pass():
    def grow(rows, served):
        if len(rows) < 130:
            rows.extend(f"new{number}" for number in range(30))

    moving = MovingList(names(100), move=grow)
    assert set(await read_all(moving)) == set(moving.rows)


async def test_a_server_that_ignores_the_offset_ends_the_pass():
    async def same(offset, limit):
        return Listing([Change(row, "v") for row in names(50)], 50, None)

    assert len([page async for page in walk(same, 50)]) == 1


async def test_a_list_that_is_reordered_all_the_time_ends_and_gives_each_row_once():
    chance = random.Random(1)
    moving = MovingList(names(300), total="omitted", move=lambda rows, _served: chance.shuffle(rows))
    seen = await read_all(moving)
    assert len(seen) == len(set(seen))


async def test_a_400_on_the_first_page_is_an_error_and_not_the_end():
    async def refuse(offset, limit):
        raise RejectedError("Limit out of range", status=400)

    with pytest.raises(RejectedError):
        await anext(walk(refuse, 50))


async def test_a_failure_in_the_middle_is_raised_and_not_taken_for_the_end():
    moving = MovingList(names(200))

    async def fail(offset, limit):
        if offset:
            raise TransientError("later", arrived="no")
        return await moving.read(offset, limit)

    with pytest.raises(TransientError):
        await read_all(type("Failing", (), {"read": staticmethod(fail)}))


@pytest.mark.parametrize("total", ["grand", "page", "omitted"])
async def test_half_filled_pages_are_not_taken_for_the_end(total):
    moving = MovingList(names(120), total=total)

    async def half(offset, limit):
        return await moving.read(offset, limit // 2)

    seen = [change.document_id async for page in walk(half, 50) for change in page.changes]
    assert seen == names(120)


async def test_a_total_of_the_page_is_not_passed_on_as_the_size_of_the_list():
    moving = MovingList(names(120), total="page")
    totals = [page.total async for page in walk(moving.read, 50)]
    assert 50 not in totals
    moving = MovingList(names(120))
    assert {page.total async for page in walk(moving.read, 50)} == {120}
