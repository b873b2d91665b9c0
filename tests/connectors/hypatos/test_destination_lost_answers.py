"""Hypatos as a destination: lost answers, late lists and crashes double nothing."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from connectors.errors import RejectedError, TransientError, UnsettledError
from connectors.hypatos.sandbox import HypatosSandbox, Switches
from connectors.markers import delivery_marker
from connectors.sandbox_faults import Fault
from tests.connectors.hypatos.desk import FILES, KEY, KilledError, Killing, delivery, persist


@pytest.mark.parametrize("cases", [False, True])
@pytest.mark.parametrize("lag", [0.0, 90.0])
@pytest.mark.parametrize("kind", ["act_then_drop", "drop", "cut"])
@pytest.mark.parametrize(
    "path", ["/files", "/documents/process-file", "/cases/process-file-batch", "/documents/*/title"]
)
async def test_a_lost_answer_makes_no_second_document(open_desk, journal, cases, lag, kind, path):
    desk = await open_desk(
        settings={"cases": cases}, listing_lag=lag, faults=[Fault(kind, "POST", path, times=1)], duplicates="allow"
    )
    wanted = delivery(*FILES[:2], title="Lease")

    async def push():
        desk.app.act({"advance": 100})
        return await desk.documents.push(wanted, journal)

    made = await persist(push, journal)
    assert len(desk.held) == (1 if cases else 2)
    assert desk.held[made]["title"] == "Lease"


async def test_while_the_list_may_lag_nothing_is_sent_again(open_desk, journal):
    desk = await open_desk(
        listing_lag=90.0, faults=[Fault("act_then_drop", "POST", "/documents/process-file", times=1)]
    )
    for _ in range(2):
        with pytest.raises(TransientError):
            await desk.documents.push(delivery(), journal)
    assert desk.asked("POST /documents/process-file") == 1


async def test_of_several_documents_of_one_file_the_oldest_is_kept(open_desk, journal):
    desk = await open_desk(
        listing_lag=600.0,
        duplicates="allow",
        faults=[Fault("act_then_drop", "POST", "/documents/process-file", times=2)],
    )
    for _ in range(2):
        with pytest.raises(TransientError):
            await desk.documents.push(delivery(), journal)
        journal.now += timedelta(minutes=5)
    oldest, second = desk.held
    desk.app.store.records[second].created += 10
    desk.app.act({"advance": 601})
    assert await desk.documents.push(delivery(), journal) == oldest


class DeafTransport(httpx.AsyncBaseTransport):
    """The way to a server that ignores the filter `fileId`."""

    def __init__(self, app):
        self.inner = httpx.ASGITransport(app)

    async def handle_async_request(self, request):
        params = [(name, value) for name, value in request.url.params.multi_items() if name != "fileId"]
        request.url = request.url.copy_with(params=params)
        return await self.inner.handle_async_request(request)


async def test_a_server_that_ignores_the_filter_by_file_does_not_mislead(open_desk, journal):
    app = HypatosSandbox(0, 7, Switches(quota=0, applied_after=0.0))
    app.shared.faults.append(Fault("drop", "POST", "/documents/process-file", times=1))
    desk = await open_desk(app=app, transport=DeafTransport(app))
    for number in range(60):
        app.act({"add": {"name": f"{number}.pdf"}})
    made = await persist(lambda: desk.documents.push(delivery(), journal), journal)
    assert desk.held[made]["external_id"] == f"gw-{delivery_marker(KEY)}"
    assert len(desk.held) == 61


@pytest.mark.parametrize("cases", [False, True])
async def test_a_process_killed_at_any_request_doubles_nothing(open_desk, new_journal, cases):
    for number in range(1, 40):
        died = []
        for when in ("before", "after"):
            app = HypatosSandbox(
                0, 7, Switches(quota=0, applied_after=0.0, processing=0.0, duplicates="allow", token_life=9999)
            )
            transport, journal = Killing(app), new_journal()
            setattr(transport, when, number)
            desk = await open_desk(app=app, transport=transport, settings={"cases": cases, "settle_seconds": 60.0})
            wanted = delivery(*FILES[:2], title="Lease", external_data={"a": "b"})
            try:
                made = await desk.documents.push(wanted, journal)
            except KilledError:
                died.append(when)
                journal.now += timedelta(minutes=5)
                made = await desk.documents.push(wanted, journal)
            assert len(desk.held) == (1 if cases else 2), (number, when)
            assert desk.held[made]["title"] == "Lease"
            assert desk.held[made]["external_data"]["docferry"] == KEY
        if not died:
            return
    raise AssertionError("the sweep never got to its end")


async def test_a_stored_file_that_is_kept_no_more_is_stored_afresh(open_desk, journal):
    desk = await open_desk(faults=[Fault("status", "POST", "/documents/process-file", times=1, status=400)])
    with pytest.raises(RejectedError):
        await desk.documents.push(delivery(), journal)
    desk.app.store.uploads.clear()
    journal.now += timedelta(days=200)
    await persist(lambda: desk.documents.push(delivery(), journal), journal)
    assert len(desk.held) == 1
    assert len(desk.app.store.uploads) == 1


@pytest.mark.parametrize("files", [FILES[:1], FILES[:2]], ids=["main", "further"])
@pytest.mark.parametrize("status", [400, 404])
async def test_a_file_that_is_refused_after_a_lost_call_is_not_stored_afresh(open_desk, journal, files, status):
    nth = len(files)
    desk = await open_desk(
        listing_lag=9999.0,
        faults=[
            Fault("act_then_drop", "POST", "/documents/process-file", nth=nth),
            Fault("status", "POST", "/documents/process-file", first=nth, status=status),
        ],
    )
    with pytest.raises(TransientError):
        await desk.documents.push(delivery(*files), journal)
    for _ in range(2):
        journal.now += timedelta(minutes=5)
        with pytest.raises(UnsettledError, match=r"an earlier call with the stored file .* was lost"):
            await desk.documents.push(delivery(*files), journal)
    assert len(desk.app.store.uploads) == len(desk.held) == nth
    desk.app.act({"advance": 10000})
    made = await desk.documents.push(delivery(*files), journal)
    assert made == next(iter(desk.held))
    assert len(desk.app.store.uploads) == len(desk.held) == nth
