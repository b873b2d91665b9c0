"""Listings that move while they are read: documents leave, come, return and change places, and none is missed."""

from typing import NamedTuple

import pytest

from tests.flows.findings import Findings
from tests.flows.world import world

DOCUMENTS = 24


class Moving(NamedTuple):
    """How the listing behaves."""

    drift: str = "none"
    items: int | str = 10
    total: str = "grand"
    short: bool = False
    repeat: int = 0
    past_end: str = "empty"


STEADY = [
    Moving(drift="leave"),
    Moving(drift="leave", items="all"),
    Moving(drift="leave", items="all", total="page"),
    Moving(drift="leave", total="omitted"),
    Moving(drift="leave", items=2, total="omitted", past_end="400"),
    Moving(drift="leave", items="all", short=True),
    Moving(drift="reorder"),
    Moving(drift="reorder", total="page"),
    Moving(short=True),
    Moving(total="page", short=True),
    Moving(total="omitted", past_end="400"),
    Moving(repeat=2),
    Moving(repeat=3, total="omitted"),
]


def set_up(it, how):
    switches = it.hypatos.switches
    switches.drift, switches.drift_items, switches.total = how.drift, how.items, how.total
    switches.short_pages, switches.repeat_page, switches.past_end = how.short, how.repeat, how.past_end
    switches.drift_most = 12
    it.page_size = 6
    it.zefort.switches.ai = False  # it would guess what the source has left out


def spelled(how):
    return "-".join(str(part) for part in how)


@pytest.mark.parametrize("how", STEADY, ids=spelled)
async def test_nothing_is_missing_after_a_list_that_moved(tmp_path, how):
    async with world(tmp_path, DOCUMENTS) as it:
        set_up(it, how)
        # A list that hides what it counts is never proven; what it has shown is delivered all the same.
        await it.run()
        if how.drift == "reorder":
            it.hypatos.switches.drift = "none"
            await it.finish(2)
        assert it.findings() == Findings()


@pytest.mark.parametrize(
    "how", [Moving("enter"), Moving("enter", 3, "page"), Moving("enter", 3, "omitted")], ids=spelled
)
async def test_what_enters_while_the_list_is_read_is_carried_too(tmp_path, how):
    async with world(tmp_path, DOCUMENTS) as it:
        set_up(it, how)
        report = await it.finish()
        assert len(it.documents()) >= DOCUMENTS + 12
        assert report.waiting == 0
        assert it.astray() == []


@pytest.mark.parametrize("how", [Moving("reopen"), Moving("reopen", "all", "page")], ids=spelled)
async def test_documents_that_people_take_back_are_carried_when_they_return(tmp_path, how):
    async with world(tmp_path, DOCUMENTS) as it:
        set_up(it, how)
        await it.run()
        it.hypatos.switches.drift = "none"
        taken = [key for key, one in it.documents().items() if one["state"] == "inCompletion" and one["number"] != 9]
        assert len(taken) >= 10
        for key in taken:
            it.hypatos.act({"status": key, "state": "done"})
        await it.finish(2)
        assert it.astray() == []
