"""Paging: whatever a list does while it is read, what stays in it is seen, or the walk says that it was not."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contractfit.listing import Walk, Window
from connectors.contractfit.models import Listing, Row
from connectors.errors import RejectedError, TransientError


class List:
    """A list that is read by page numbers. `moves` maps the number of a read to what happens after it.

    `most` is what its total is at most, `past` the status of a page past its end.
    """

    def __init__(self, count, size, *, total="grand", moves=None, lies=0, most=1000, past=200):
        self.most, self.past = most, past
        self.rows = [f"d{number}" for number in range(count)]
        self.size, self.total, self.moves, self.lies = size, total, moves or {}, lies
        self.reads = 0

    async def read(self, number):
        assert number >= 1
        rows = self.rows[(number - 1) * self.size : number * self.size]
        total = {"grand": min(len(self.rows) + self.lies, self.most), "page": len(rows), "none": None}[self.total]
        self.reads += 1
        if number > 1 and not rows and self.past != 200:
            error = TransientError if self.past >= 500 else RejectedError
            raise error("out of range", connection="cf", status=self.past)
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


@given(st.integers(1, 60), st.integers(2, 25), st.integers(0, 60))
async def test_a_total_that_claims_less_ends_no_walk(count, size, most):
    walk, seen = await walked(List(count, size, most=most))
    assert len(set(seen)) == count
    assert walk.missing == 0


@pytest.mark.parametrize("past", [400, 416, 422, 500])
@given(st.integers(1, 60), st.integers(1, 25))
async def test_an_error_past_the_end_is_the_end_once_all_was_seen(past, count, size):
    if count == size:
        return  # a count that equals a full page may be the page's own
    walk, seen = await walked(List(count, size, past=past))
    assert (len(seen), walk.missing) == (count, 0)


@pytest.mark.parametrize(("total", "most", "past"), [("page", 1000, 500), ("none", 1000, 400), ("grand", 15, 500),
                                                     ("grand", 1000, 503), ("grand", 1000, 409)])  # fmt: skip
async def test_any_other_error_ends_no_walk_as_if_all_was_seen(total, most, past):
    with pytest.raises((RejectedError, TransientError)):
        await walked(List(30, 10, total=total, most=most, past=past))


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
