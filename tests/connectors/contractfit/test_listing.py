"""Paging: whatever a list does while it is read, what stays in it is seen, or the walk says that it was not."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contractfit.listing import Walk, Window
from connectors.contractfit.models import Listing, Row


class List:
    """A list that is read by page numbers. `moves` maps the number of a read to what happens after it."""

    def __init__(self, count, size, *, total="grand", moves=None, lies=0):
        self.rows = [f"d{number}" for number in range(count)]
        self.size, self.total, self.moves, self.lies = size, total, moves or {}, lies
        self.reads = 0

    async def read(self, number):
        assert number >= 1
        rows = self.rows[(number - 1) * self.size : number * self.size]
        total = {"grand": len(self.rows) + self.lies, "page": len(rows), "none": None}[self.total]
        self.reads += 1
        for deed, place in self.moves.get(self.reads, ()):
            if deed == "leave" and self.rows:
                self.rows.pop(place % len(self.rows))
            elif deed == "enter":
                self.rows.insert(place % (len(self.rows) + 1), f"new{self.reads}-{place}")
        return Listing([Row(row, None, {}) for row in rows], number, self.size, total)


async def walked(listing):
    walk = Walk(listing.read)
    seen = [row.id async for rows in walk.pages() for row in rows]
    return walk, seen


MOVES = st.dictionaries(
    st.integers(1, 12), st.lists(st.tuples(st.just("leave"), st.integers(0, 60)), min_size=1, max_size=9), max_size=8
)


@given(st.integers(0, 60), st.integers(1, 25), st.sampled_from(["grand", "page", "none"]))
async def test_a_list_that_stands_still_is_read_once(count, size, total):
    listing = List(count, size, total=total)
    walk, seen = await walked(listing)
    assert seen == listing.rows
    assert walk.missing == 0
    assert listing.reads <= math.ceil(count / size) + 1


@given(st.integers(1, 60), st.integers(1, 25), MOVES)
async def test_nothing_that_stays_is_skipped_when_rows_leave(count, size, moves):
    listing = List(count, size, moves=moves)
    walk, seen = await walked(listing)
    if not walk.missing:
        assert set(listing.rows) <= set(seen)


@given(st.integers(1, 60), st.integers(1, 25), MOVES)
async def test_a_list_that_comes_to_rest_is_seen_whole(count, size, moves):
    calm = {read: deeds for read, deeds in moves.items() if read <= 4}
    listing = List(count, size, moves=calm)
    walk, seen = await walked(listing)
    assert walk.missing == 0
    assert set(listing.rows) <= set(seen)


@given(st.integers(1, 60), st.integers(1, 25), st.integers(1, 5))
async def test_a_total_that_claims_more_is_never_taken_for_proof(count, size, lies):
    walk, seen = await walked(List(count, size, lies=lies))
    assert walk.missing == lies
    assert len(set(seen)) == count


@pytest.mark.parametrize("total", ["grand", "page", "none"])
async def test_a_server_that_ignores_the_page_number_does_not_hold_us_for_ever(total):
    listing = List(30, 10, total=total)
    inner = listing.read
    listing.read = lambda _number: inner(1)
    walk, seen = await walked(listing)
    assert set(seen) == {f"d{number}" for number in range(10)}
    assert listing.reads < 30
    assert bool(walk.missing) is (total == "grand")


def test_no_bounds_are_no_parameters():
    assert Window().params() == {}
