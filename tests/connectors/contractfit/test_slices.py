"""A long past is read in short windows: together they cover it, and each is as small as it has to be."""

import secrets
from bisect import bisect_left, bisect_right
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contractfit.listing import Walk, Window
from connectors.contractfit.models import Listing, Row
from connectors.contractfit.sandbox_store import Record
from connectors.contractfit.slices import MANY, slices

END = datetime(2026, 11, 25, 11, 59, 30, tzinfo=UTC)
START = datetime(2025, 10, 21, tzinfo=UTC)
LIST = "GET /inboxes/{}/paginated"


class Inbox:
    """Documents by receive date. `bounds` tells which bounds of a window count in, `total` what is counted."""

    def __init__(self, received, bounds, total, size=50):
        self.received, self.bounds, self.total, self.size = sorted(received), bounds, total, size
        self.reads = 0

    def within(self, window):
        asked = window.params()
        start, end = (asked.get(f"{name}_receive_date") for name in ("start", "end"))
        start = datetime.min.replace(tzinfo=UTC) if start is None else datetime.fromisoformat(start)
        end = datetime.max.replace(tzinfo=UTC) if end is None else datetime.fromisoformat(end)
        first = (bisect_left if self.bounds[0] else bisect_right)(self.received, start)
        last = (bisect_right if self.bounds[1] else bisect_left)(self.received, end)
        return self.received[first:last]

    async def read(self, window, number):
        self.reads += 1
        found = self.within(window)
        rows = found[(number - 1) * self.size : number * self.size]
        total = {"grand": len(found), "page": len(rows), "none": None}[self.total]
        return Listing([Row(str(one), one, {}) for one in rows], number, self.size, total)


async def cut(inbox, window):
    return [part async for part in slices(inbox.read, window, inbox.size)]


CLOCK = st.timedeltas(timedelta(0), END - START - timedelta(seconds=2))
CROWD = st.builds(
    lambda start, count, gap: [start + number * gap for number in range(count)],
    CLOCK.map(lambda age: START + age),
    st.integers(1, 1200),
    st.sampled_from([timedelta(0), timedelta(seconds=1), timedelta(seconds=61), timedelta(minutes=20)]),
)
MIDNIGHTS = st.integers(0, 398).map(lambda day: [START + timedelta(days=day)])
PAST = st.lists(CROWD | MIDNIGHTS, max_size=6).map(lambda lists: [one for some in lists for one in some if one < END])


@settings(deadline=None)
@given(
    PAST,
    st.tuples(st.booleans(), st.booleans()),
    st.sampled_from(["grand", "page", "none"]),
    st.sampled_from([None, START - timedelta(seconds=1), START + timedelta(days=100, hours=3)]),
)
async def test_the_parts_of_a_window_cover_it_and_no_part_is_too_long(received, bounds, total, start):
    inbox = Inbox(received, bounds, total)
    window = Window(start, END)
    parts = await cut(inbox, window)
    assert (parts[0].asked.start, parts[-1].asked.end) == (start, END)
    for before, after in pairwise(parts):
        # neighbours meet, and overlap by a second on either side, since it is not known whether bounds count in
        assert after.asked.start < before.end < before.asked.end
        assert before.asked.end - after.asked.start == timedelta(seconds=2)
    covered = {one for part in parts for one in inbox.within(part.asked)}
    assert covered == set(inbox.within(window))
    for part in parts:
        length = part.asked.end - (part.asked.start or datetime(2000, 1, 1, tzinfo=UTC))
        held = len(inbox.within(part.asked))
        assert held <= (MANY if total == "grand" else inbox.size) or length <= timedelta(days=2, seconds=2)


async def test_a_short_list_costs_no_request_more():
    inbox = Inbox([START + timedelta(days=number) for number in range(300)], (True, False), "grand")
    (part,) = await cut(inbox, Window(None, END))
    assert await part.page(1) == await inbox.read(Window(None, END), 1)
    assert inbox.reads == 2  # one for the parts, one of this test's own
    await part.page(1)
    assert inbox.reads == 3  # a second walk reads the first page again


@pytest.mark.parametrize(("total", "most"), [("grand", 900), ("none", 1800)])
async def test_thirty_thousand_documents_of_four_hundred_days_are_read_without_going_deep_into_a_list(total, most):
    past = [END - timedelta(days=400) + number * timedelta(days=400) / 30_000 for number in range(30_000)]
    inbox = Inbox(past, (True, False), total)
    seen, deepest = set(), 0
    async for part in slices(inbox.read, Window(None, END), inbox.size):

        async def page(number, part=part):
            nonlocal deepest
            deepest = max(deepest, number)
            return await part.page(number)

        async for rows in Walk(page).pages():
            seen.update(row.received for row in rows)
    assert seen == set(past)
    assert deepest <= MANY / inbox.size + 1
    assert inbox.reads < most, inbox.reads


def record(account, days_ago, **facts):
    """Put a finished document into the inbox."""
    app = account.app
    received = app.clock.now() - days_ago * 86_400
    one = Record(secrets.token_hex(12), app.credentials["inbox"], "a.pdf", "application/pdf", received)
    one.started = one.done = received + 5
    one.success, one.flag = True, False
    for name, value in facts.items():
        setattr(one, name, value)
    app.store.records[one.id] = one
    return one.id


async def test_a_first_reading_that_is_broken_off_goes_on_where_it_was(open_account):
    account = await open_account(0)
    ids = [record(account, 400 - number / 5) for number in range(2000)]
    cursor, seen = None, set()
    pages = account.source.changes(None)
    async for page in pages:
        seen.update(change.document_id for change in page.changes)
        cursor = page.cursor or cursor
        if len(seen) > 1200:
            break
    await pages.aclose()
    assert cursor is not None
    before = account.asked(LIST)
    again = await account.ids(cursor)
    assert seen | set(again) == set(ids)
    assert len(again) < 1300
    assert account.asked(LIST) - before < 40
    _, finished, _ = await account.read(cursor)
    assert len(await account.ids(finished)) <= 6  # those of the last day, which is always looked at again


async def test_what_is_open_holds_the_cursor_of_a_first_reading_that_is_broken_off(open_account):
    account = await open_account(0)
    waiting = record(account, 390, done=None, success=None, flag=None)
    for number in range(2000):
        record(account, 400 - number / 5)
    pages = account.source.changes(None)
    cursor = None
    async for page in pages:
        cursor = page.cursor or cursor
        if cursor:
            break
    await pages.aclose()
    account.app.act({"finish": waiting})
    assert waiting in await account.ids(cursor)


async def test_after_the_first_reading_the_cursor_stands_for_all_of_it(open_account):
    account = await open_account(0)
    for number in range(2000):
        record(account, 400 - number / 5)
    pages = [page async for page in account.source.changes(None)]
    assert len({page.cursor for page in pages} - {None}) > 2
    asked = account.asked(LIST)
    assert len(await account.ids(pages[-1].cursor)) <= 6  # those of the last day
    assert account.asked(LIST) - asked <= 3
