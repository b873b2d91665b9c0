"""One list of contracts, read while it moves: what stays in it is seen, and what it hides is known."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.zefort.listing import ROUNDS, Reading
from connectors.zefort.models import Listing


class MovingList:
    """Serves pages, newest first, and does the next thing of its plan after each: a row leaves, or a new one comes."""

    def __init__(self, rows, size, plan=(), *, count="all", hidden=0):
        self.rows, self.size, self.plan = list(rows), size, list(plan)
        self.count, self.hidden, self.asked = count, hidden, 0

    async def page(self, _path, number, _params):
        self.asked += 1
        start = (number - 1) * self.size
        here = self.rows[start : start + self.size]
        total = {"all": len(self.rows) + self.hidden, "page": len(here), "none": None}[self.count]
        last = start + self.size >= len(self.rows)
        if not here and number > 1:
            return Listing((), last=True, count=None)
        answer = Listing([{"id": row} for row in here], last=last, count=total)
        for _ in range(min(2, len(self.plan))):
            self._happens(self.plan.pop(0))
        return answer

    def _happens(self, what):
        if what < 0:
            self.rows.insert(0, f"new {len(self.plan)}")
        elif self.rows:
            del self.rows[what % len(self.rows)]


async def read(served):
    """Read it; return the ids seen and how many are missing."""
    reading = Reading(served, "contracts/", {})
    seen = set()
    async for rows in reading.rows():
        seen.update(row.get("id") for row in rows)
    return seen, reading.missing


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 40), st.integers(1, 9), st.lists(st.integers(-20, 60), max_size=ROUNDS - 2), st.sampled_from(["all"])
)
async def test_whatever_stays_in_the_list_is_seen(length, size, plan, count):
    rows = [f"row {number}" for number in range(length)]
    served = MovingList(rows, size, plan, count=count)
    seen, missing = await read(served)
    assert set(served.rows) & set(rows) <= seen
    assert missing == 0


async def test_a_list_that_stands_still_is_read_once():
    for count in ("all", "page", "none"):
        served = MovingList("abcdefghij", 3, count=count)
        assert await read(served) == (set("abcdefghij"), 0)
        assert served.asked == 4


async def test_rows_that_are_counted_and_never_shown_are_missing():
    served = MovingList("abcdefghij", 3, hidden=2)
    assert await read(served) == (set("abcdefghij"), 2)
    assert served.asked == 12


async def test_a_server_that_ignores_the_page_number_is_left_soon():
    class Deaf(MovingList):
        async def page(self, path, number, params):
            answer = await super().page(path, min(number, 1), params)
            return Listing(answer.rows, last=False, count=None)

    served = Deaf("abcdefghij", 3)
    assert await read(served) == (set("abc"), 1)  # what else it may hold, it never showed
    assert served.asked == 3


async def test_a_list_that_repeats_its_end_for_ever_is_whole_if_it_has_told_its_length():
    class Echoing(MovingList):
        async def page(self, path, number, params):
            answer = await super().page(path, min(number, 4), params)
            return Listing(answer.rows, last=False, count=answer.count)

    assert await read(Echoing("abcdefghij", 3)) == (set("abcdefghij"), 0)
    assert await read(Echoing("abcdefghij", 3, count="none")) == (set("abcdefghij"), 1)


async def test_a_page_that_comes_twice_is_not_the_end():
    class Stuttering(MovingList):
        async def page(self, path, number, params):
            return await super().page(path, 1 if number == 2 else number, params)

    served = Stuttering("abcdefghijkl", 3, count="none")
    assert (await read(served))[0] == set("abcghijkl")


async def test_what_slips_past_in_a_second_reading_is_found_in_a_third():
    rows = [f"row {number}" for number in range(12)]
    # In the first round two rows leave from the front and hide two; in the second it happens again, further on.
    served = MovingList(rows, 2, [0, 0, 0, 0, -1, -1, -1, -1, -1, -1, 5, 5, 5, 5])
    seen, missing = await read(served)
    assert set(served.rows) & set(rows) <= seen
    assert missing == 0


@pytest.mark.parametrize("odd", [{"title": "nothing"}, {"id": None}, {"id": ""}, {"id": True}], ids=str)
@pytest.mark.parametrize("count", ["all", "none"])
async def test_a_row_without_an_id_is_missing_itself_and_hides_no_other(caplog, odd, count):
    class Odd(MovingList):
        async def page(self, path, number, params):
            answer = await super().page(path, number, params)
            if number > 1:
                return answer
            told = answer.count and answer.count + 1
            return Listing([odd, *answer.rows], last=answer.last, count=told)

    assert await read(Odd("abcd", 2, count=count)) == (set("abcd"), 1)
    assert len([each for each in caplog.messages if "without an id" in each]) == 1


async def test_an_id_that_is_a_number_is_one_like_any_other():
    class Numbered(MovingList):
        async def page(self, path, number, params):
            answer = await super().page(path, number, params)
            return Listing([*answer.rows, {"id": 7}], last=answer.last, count=None)

    assert (await read(Numbered("abcd", 2)))[1] == 0
