"""Contracts as a source: nothing that arrives, changes or is finished late slips past."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from connectors.contract import Source
from connectors.errors import AccessError
from connectors.sandbox_faults import Fault
from connectors.zefort.sandbox import Switches, ZefortSandbox


async def test_it_is_a_source_that_is_no_work_queue(reader):
    assert isinstance(reader.source, Source)
    assert not reader.source.drains
    assert set(reader.source.feedback_actions) == {"note", "tag", "attributes", "status"}


async def test_the_first_reading_shows_every_contract_of_every_status_and_the_trash(reader):
    ids = reader.app.act({"fill": 60})["id"]
    statuses = {shown["status"] for shown in reader.app.state()["contracts"].values()}
    assert statuses >= {"done", "review", "archived", "limited", "error"}
    assert sorted(await reader.news()) == sorted(ids)
    assert reader.proven
    assert await reader.news() == []


async def test_later_readings_ask_for_the_window_only(reader):
    reader.app.act({"fill": 30})
    await reader.news()
    before = len(reader.app.log)
    new = reader.add()
    assert await reader.news() == [new]
    asked = list(reader.app.log)[before:]
    assert [entry[1] for entry in asked] == ["GET /contracts/"]


async def test_every_list_carries_a_filter(open_reader):
    queries = []

    class Listening:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            queries.append((scope["path"], scope["query_string"].decode()))
            await self.app(scope, receive, send)

    app = ZefortSandbox(Switches())
    reader = await open_reader(app=app, transport=httpx.ASGITransport(Listening(app)))
    await reader.news()
    await reader.news()
    assert queries
    assert all("receive_time=" in query for _, query in queries)
    assert {query.partition("status=")[2].partition("&")[0] for _, query in queries} == {
        "", "queued", "processing", "review", "done", "archived", "error", "limited",
    }  # fmt: skip


async def test_the_window_reaches_back_over_the_time_we_were_away(reader):
    reader.add()
    await reader.news()
    late = reader.add(days_ago=0)
    reader.app.store.contracts[late].received -= 86_400 * 1.5  # it shows up late, before the newest one seen
    assert await reader.news() == [late]
    reader.app.act({"advance": 9 * 86_400})  # nobody reads for nine days
    missed = [reader.add(days_ago=days) for days in (0, 3, 8)]
    assert sorted(await reader.news()) == sorted(missed)


async def test_an_old_contract_that_changes_is_seen_by_the_next_sweep(reader):
    old = reader.add(days_ago=400)
    reader.add()
    await reader.news()
    reader.app.act({"edit": old, "attributes": {"end_date": "2031-01-01"}})
    assert await reader.news() == []
    reader.sweeps_again()
    assert await reader.news() == [old]


@pytest.mark.parametrize("act", ["note", "tag", "deadline", "esign"])
async def test_a_change_beside_the_contract_is_seen_even_if_its_time_of_change_stands_still(open_reader, act):
    reader = await open_reader(beside_moves_modified=False)
    contract = reader.add()
    await reader.news()
    reader.app.act({act: contract, "text": "hello", "name": "vip"})
    assert await reader.news() == [contract]


async def test_a_sweep_comes_when_its_time_has_come_and_not_before(open_reader):
    reader = await open_reader(settings={"sweep_hours": 6})
    await reader.news()
    place = json.loads(reader.cursor)
    for hours, lists in ((5, 1), (7, 9)):
        swept = datetime.now(UTC) - timedelta(hours=hours)
        reader.cursor = json.dumps({**place, "swept": swept.isoformat()})
        before = len(reader.app.log)
        await reader.news()
        assert len(reader.app.log) - before == lists
    always = await open_reader(settings={"sweep_hours": 0})
    await always.news()
    await always.news()
    assert always.app.requests["GET /contracts/trash/"] == 2


async def test_a_contract_in_progress_is_held_back_and_shown_when_it_is_ready(open_reader):
    reader = await open_reader()
    busy = reader.add(status="processing")
    assert await reader.news() == []
    reader.app.act({"status": busy, "to": "review"})
    assert await reader.news() == [busy]


async def test_an_old_contract_in_progress_is_not_forgotten_when_the_window_moves_on(reader):
    busy = reader.add(status="queued", days_ago=30)
    reader.add()
    await reader.news()
    assert json.loads(reader.cursor)["open"] == [busy]
    assert await reader.news() == []
    reader.app.act({"status": busy, "to": "done"})
    assert await reader.news() == [busy]
    assert json.loads(reader.cursor)["open"] == []


async def test_very_many_old_contracts_in_progress_hold_the_window_open_instead(reader):
    busy = [reader.add(status="processing", days_ago=20, files=[]) for _ in range(201)]
    reader.add()
    await reader.news()
    assert json.loads(reader.cursor)["open"] == []
    for contract in busy:
        reader.app.act({"status": contract, "to": "done"})
    assert sorted(await reader.news()) == sorted(busy)


async def test_one_in_progress_that_was_deleted_is_let_go(reader):
    busy = reader.add(status="queued", days_ago=30)
    reader.add()
    await reader.news()
    reader.app.act({"purge": busy})
    assert await reader.news() == []
    assert json.loads(reader.cursor)["open"] == []


@pytest.mark.parametrize("cursor", ["", "nonsense", "[1]", '{"since": 7}', '{"open": "x", "swept": "yesterday"}'])
async def test_a_cursor_that_cannot_be_read_means_reading_everything_again(reader, cursor):
    old = reader.add(days_ago=900)
    reader.cursor = cursor
    assert await reader.news() == [old]


@pytest.mark.parametrize("answer", ["403", "404"])
async def test_an_account_without_a_list_of_the_trash_is_read_without_it(open_reader, answer):
    reader = await open_reader(trash_list=answer)
    shown, _ = reader.add(), reader.add(trashed=True)
    assert await reader.news() == [shown]
    assert reader.cursor


async def test_a_wrong_key_stops_the_reading(open_reader):
    reader = await open_reader(settings={"api_key": "wrong"})
    with pytest.raises(AccessError):
        await reader.news()


async def test_a_failing_list_moves_no_cursor(open_reader):
    reader = await open_reader(faults=[Fault("status", "GET", "/contracts/trash/", status=401)])
    new = reader.add()
    with pytest.raises(AccessError):
        await reader.news()
    assert reader.cursor is None
    reader.app.shared.faults.clear()
    again = await open_reader(app=reader.app)
    assert await again.news() == [new]
    assert again.cursor


# Lists that move or lie
