"""Documents that the ledger has forgotten, on lists that leave rows out: what is not shown is not taken for absent."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from connectors.errors import TransientError
from connectors.hypatos.sandbox import HypatosSandbox, Switches
from tests.connectors.hypatos.desk import KEY, delivery
from tests.connectors.memory_journal import MemoryJournal

DAY = 86_400.0


class HidingTransport(httpx.AsyncBaseTransport):
    """The way to a server whose lists count `hidden` documents and do not show them.

    Their places stay empty, or with `closes_up` those behind them move up.
    """

    def __init__(self, app, *, closes_up):
        self.inner = httpx.ASGITransport(app)
        self.hidden = set()
        self.closes_up = closes_up
        self.lists = 0

    async def handle_async_request(self, request):
        listed = request.method == "GET" and request.url.path.endswith("/documents")
        self.lists += listed
        if not listed or not self.hidden:
            return await self.inner.handle_async_request(request)
        offset = int(request.url.params["offset"])
        shown = await self.rows(request, 0) if self.closes_up else await self.rows(request, offset)
        answer = {**self.answer, "data": shown[offset : offset + 50] if self.closes_up else shown[:50]}
        return httpx.Response(200, json=answer)

    async def rows(self, request, offset):
        """All rows from an offset on that are not hidden, or of the page that begins there."""
        request.url = request.url.copy_merge_params({"offset": str(offset)})
        answer = await self.inner.handle_async_request(request)
        self.answer = json.loads(await answer.aread())
        page = self.answer["data"]
        shown = [row for row in page if row["id"] not in self.hidden]
        return shown + await self.rows(request, offset + 50) if self.closes_up and len(page) == 50 else shown


@pytest.fixture
async def restored(open_desk):
    async def opened(others, *, age=30, closes_up=False, **switches):
        """Make a document in a project with others, `age` days old, and forget it."""
        app = HypatosSandbox(0, 7, Switches(quota=0, applied_after=0.0, processing=0.0, duplicates="allow", **switches))
        way = HidingTransport(app, closes_up=closes_up)
        desk = await open_desk(app=app, transport=way)
        for number in range(others):
            app.act({"add": {"name": f"{number}.pdf", "created": app.clock.now() - age * DAY - number}})
        made = await desk.documents.push(delivery(), MemoryJournal())
        journal = MemoryJournal()
        journal.forgotten_since = datetime.now(UTC) - timedelta(hours=2)
        way.lists = 0
        return desk, way, made, journal

    return opened


@pytest.mark.parametrize("closes_up", [False, True])
@pytest.mark.parametrize(("others", "age"), [(0, 0), (3, 30), (49, 30), (130, 0), (130, 30)])
async def test_a_document_that_the_list_counts_and_hides_is_not_made_again(restored, others, age, closes_up):
    desk, way, made, journal = await restored(others, age=age, closes_up=closes_up)
    way.hidden = {made}
    for _ in range(2):
        with pytest.raises(TransientError) as caught:
            await desk.documents.push(delivery(), journal)
        assert (caught.value.arrived, desk.asked("POST /documents/process-file")) == ("no", 1)

    way.hidden = set()

    assert await desk.documents.push(delivery(), journal) == made
    assert len(desk.held) == others + 1


@pytest.mark.parametrize(
    "switches", [{}, {"total": "page"}, {"total": "omitted"}, {"total": "low"}, {"short_pages": True}]
)
@pytest.mark.parametrize(
    ("others", "age", "past_end"), [(0, 0, "empty"), (49, 30, "400"), (130, 0, "400"), (130, 30, "empty")]
)
async def test_a_list_that_shows_what_it_counts_leaves_no_doubt(restored, others, age, past_end, switches):
    desk, _, made, journal = await restored(others, age=age, past_end=past_end, **switches)

    assert await desk.documents.push(delivery(), journal) == made

    another = MemoryJournal()
    another.forgotten_since = journal.forgotten_since
    assert await desk.documents.push(delivery(key=f"{KEY}-other"), another) != made
    assert len(desk.held) == others + 2


async def test_what_was_shown_is_found_though_the_list_hides_others(restored):
    desk, way, made, journal = await restored(130)
    way.hidden = {next(one for one in desk.held if one != made)}

    assert await desk.documents.push(delivery(), journal) == made


async def test_of_a_long_project_only_what_is_new_enough_is_read(restored):
    desk, way, made, journal = await restored(400)

    assert await desk.documents.push(delivery(), journal) == made

    assert way.lists <= 4
