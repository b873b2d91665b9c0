"""Lists of contracts that move, lie or lag while they are read: nothing slips past all the same."""

from __future__ import annotations

import json

import httpx
import pytest

from connectors.errors import AccessError, TransientError
from connectors.sandbox_faults import Fault
from connectors.zefort.sandbox import Switches, ZefortSandbox


@pytest.mark.parametrize("drift", ["leave", "reopen", "enter", "reorder"])
async def test_lists_that_change_while_they_are_read_lose_nothing(open_reader, drift):
    reader = await open_reader(drift=drift, drift_items=3, drift_most=12, settings={"page_size": 10})
    ids = reader.app.act({"fill": 45})["id"]
    await reader.news()
    reader.app.switches.drift = "none"
    for contract in reader.app.store.contracts.values():
        contract.hidden = False
    await reader.news()
    reader.sweeps_again()
    await reader.news()
    assert set(ids) <= set(reader.versions)


@pytest.mark.parametrize(
    "switch",
    [
        {"total": "page"},
        {"total": "omitted"},
        {"past_end": "empty"},
        {"repeat_page": 2},
        {"repeat_page": 2, "total": "omitted"},
    ],
)
async def test_totals_and_ends_of_lists_may_be_told_in_any_way(open_reader, switch):
    reader = await open_reader(settings={"page_size": 7}, **switch)
    ids = reader.app.act({"fill": 40})["id"]
    assert sorted(await reader.news()) == sorted(ids)
    assert reader.proven
    assert reader.cursor


async def test_a_list_that_counts_more_than_it_shows_is_not_taken_for_whole(open_reader):
    reader = await open_reader(hides_rows=True, settings={"page_size": 10})
    ids = reader.app.act({"fill": 40})["id"]
    await reader.news()
    assert not reader.proven
    assert reader.cursor is None
    reader.app.switches.hides_rows = False
    await reader.news()
    assert reader.proven
    assert set(reader.versions) == set(ids)


class Between(httpx.AsyncBaseTransport):
    """The way to the sandbox, on which something happens there after the first answer."""

    def __init__(self, app):
        self.inner, self.then = httpx.ASGITransport(app), None

    async def handle_async_request(self, request):
        response = await self.inner.handle_async_request(request)
        if self.then is not None:
            happens, self.then = self.then, None
            happens()
        return response


async def test_a_contract_that_gets_ready_while_lists_are_read_is_shown_and_not_looked_for_again(open_reader):
    app = ZefortSandbox(Switches())
    way = Between(app)
    reader = await open_reader(app=app, transport=way)
    busy = reader.add(status="processing", days_ago=30)
    reader.add()
    way.then = lambda: app.act({"status": busy, "to": "done"})
    assert busy in await reader.news()
    assert json.loads(reader.cursor)["open"] == []


async def test_a_contract_that_changes_while_lists_are_read_is_shown_as_it_is_now(open_reader):
    app = ZefortSandbox(Switches())
    way = Between(app)
    reader = await open_reader(app=app, transport=way)
    old = reader.add(days_ago=400)
    way.then = lambda: app.act({"edit": old, "attributes": {"end_date": "2031-01-01"}})
    await reader.news()
    reader.sweeps_again()
    assert await reader.news() == []


async def test_a_contract_of_an_unknown_status_is_listed_and_waits_and_unknown_fields_are_carried_along(open_reader):
    reader = await open_reader(novelties=True)
    contract = reader.add()
    reader.app.act({"status": contract, "to": "triage"})
    assert await reader.news() == [contract]
    document = await reader.source.fetch(contract)
    assert "'triage'" in document.not_ready
    assert document.fields["risk_radar"]["flags"] == [None]


# One contract


async def busy_and_old(reader, number):
    """Let contracts be in progress when the window has moved on past them."""
    busy = [reader.add(status="processing", days_ago=30) for _ in range(number)]
    reader.add()
    await reader.news()
    assert json.loads(reader.cursor)["open"] == sorted(busy)
    return sorted(busy)


@pytest.mark.parametrize("status", [400, 403, 405, 500])
async def test_one_old_contract_in_progress_that_cannot_be_read_stops_no_other_and_stays_open(reader, status):
    odd, other = await busy_and_old(reader, 2)
    reader.app.shared.faults.append(Fault("status", "GET", f"/contracts/{odd}/", status=status))
    reader.app.act({"status": other, "to": "review"})
    late = reader.add()
    assert sorted(await reader.news()) == sorted([other, late])
    assert json.loads(reader.cursor)["open"] == [odd]
    assert odd in reader.unseen
    reader.app.shared.faults.clear()
    reader.app.act({"status": odd, "to": "review"})
    assert await reader.news() == [odd]
    assert reader.unseen is None


async def test_credentials_that_end_while_old_contracts_are_read_stop_the_reading(reader):
    busy = await busy_and_old(reader, 3)
    fault = Fault("status", "GET", f"/contracts/{busy[1]}/", status=401)
    reader.app.shared.faults.append(fault)
    with pytest.raises(AccessError):
        await reader.news()
    assert fault.struck


async def test_very_many_old_contracts_that_may_not_be_read_stop_no_other(reader):
    busy = await busy_and_old(reader, 12)
    reader.app.shared.faults += [Fault("status", "GET", f"/contracts/{one}/", status=403) for one in busy]
    late = reader.add()
    assert await reader.news() == [late]
    assert json.loads(reader.cursor)["open"] == busy
    assert "and 9 more" in reader.unseen


async def test_many_failures_of_the_server_in_a_row_stop_the_reading(reader, monkeypatch):
    monkeypatch.setattr("connectors.retry.FIRST_WAIT", 0.01)
    await busy_and_old(reader, 12)
    reader.app.shared.faults.append(Fault("status", "GET", "/contracts/ct_*", status=500))
    with pytest.raises(TransientError):
        await reader.news()
