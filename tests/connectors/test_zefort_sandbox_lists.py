"""What the Zefort sandbox promises about lists: pages, filters, likeness, lag and drift."""

from __future__ import annotations

import pytest

from tests.connectors.sandbox_clients import titles, zefort


async def test_pages_are_wrapped_with_counts_and_addresses():
    async with zefort(60) as (_, client):
        body = (await client.get("contracts/", params={"page": 2, "page_size": 25, "receive_time": "today-1d-"})).json()
        assert (body["count"], body["page"], body["page_size"], body["last_page"]) == (60, 2, 25, 3)
        assert (await client.get(body["next"])).json()["page"] == 3
        assert (await client.get(body["previous"])).json()["previous"] is None
        assert (await client.get("contracts/")).json()["page_size"] == 24
        assert (await client.get("contracts/", params={"page_size": 500})).json()["page_size"] == 100
        assert await titles(client) == [f"Contract {number}" for number in reversed(range(60))]


async def test_a_page_past_the_end_is_not_there_or_empty():
    async with zefort(3) as (app, client):
        assert (await client.get("contracts/", params={"page": 2})).json() == {"detail": "Invalid page."}
        app.switches.past_end = "empty"
        assert (await client.get("contracts/", params={"page": 2})).json()["results"] == []
        assert (await client.get("contracts/", params={"page": 0})).status_code == 404
        assert (await client.get("contracts/", params={"page_size": 0})).status_code == 400


async def test_counts_short_pages_and_repeated_pages_are_switches():
    async with zefort(40, short_pages=True) as (app, client):
        assert len((await client.get("contracts/", params={"page_size": 10})).json()["results"]) == 5
        app.switches.short_pages, app.switches.repeat_page = False, 3
        pages = [(await client.get("contracts/", params={"page": number})).json() for number in (1, 2)]
        assert pages[0]["results"][:16] == pages[1]["results"][:16]
        for total, count in (("page", 24), ("omitted", None)):
            app.switches.total = total
            assert (await client.get("contracts/")).json().get("count") == count


async def test_archived_and_trashed_contracts_are_left_out_unless_they_are_asked_for():
    async with zefort(4) as (app, client):
        first, second, *_ = app.store.contracts
        app.act({"status": first, "to": "archived"})
        app.act({"trash": second})
        assert await titles(client) == ["Contract 3", "Contract 2"]
        assert await titles(client, status="archived") == ["Contract 0"]
        assert await titles(client, trashed="true") == await titles(client, "contracts/trash/") == ["Contract 1"]
        app.switches.archived_listed = True
        assert len(await titles(client)) == 3
        for bad in ({"status": "finished"}, {"trashed": "maybe"}, {"esign_status": "x"}, {"num_files": "few"}):
            assert (await client.get("contracts/", params=bad)).status_code == 400


async def test_sort_is_ignored_unless_it_is_switched_on():
    async with zefort(3) as (app, client):
        app.act({"edit": next(iter(app.store.contracts)), "attributes": {}})
        newest_first = ["Contract 2", "Contract 1", "Contract 0"]
        assert await titles(client, sort="-last_modified") == newest_first
        app.switches.sort = "honoured"
        assert await titles(client, sort="-last_modified") == ["Contract 0", "Contract 2", "Contract 1"]


async def test_a_search_is_fuzzy_and_best_first():
    async with zefort(2) as (app, client):
        for name in ("gw-7f3a9c", "gw-7f3abb", "other"):
            files = {"blob": (f"x [{name}].pdf", b"%PDF-1.4", "application/pdf")}
            await client.post("contracts/", files=files, data={"title": name})
        assert await titles(client, q="gw-7f3a9c") == ["gw-7f3a9c", "gw-7f3abb"]
        assert await titles(client, q_main_documents="7f3abb") == ["gw-7f3abb", "gw-7f3a9c"]
        assert await titles(client, q_notes="7f3abb") == []
        contract_id = next(iter(app.store.contracts))
        await client.post(f"contracts/{contract_id}/notes/", json={"content": "hypatos:abcd"})
        assert await titles(client, q_notes="abcd") == ["Contract 0"]


async def test_a_new_contract_is_readable_before_it_is_listed():
    async with zefort(index_lag=5) as (app, client):
        made = (await client.post("contracts/", json={"title": "T"})).json()
        assert (await client.get(f"contracts/{made['id']}/")).status_code == 200
        assert (await titles(client), await titles(client, q="T1 TT")) == ([], [])
        app.act({"advance": 5})
        assert await titles(client) == ["T"]


async def test_minimal_leaves_only_id_and_title():
    async with zefort(1) as (_, client):
        (one,) = (await client.get("contracts/", params={"minimal": "True"})).json()["results"]
        assert set(one) == {"id", "attributes"}


@pytest.mark.parametrize("items", [5, "all"])
@pytest.mark.parametrize("drift", ["leave", "reopen"])
async def test_contracts_that_leave_while_paging_make_a_simple_client_miss_others(items, drift):
    async with zefort(96, drift=drift, drift_items=items) as (app, client):
        got = await titles(client)
        assert len(got) == len(set(got)) <= 96 - 5
        app.switches.drift = "none"
        assert len(set(got) | set(await titles(client))) == 96


async def test_contracts_that_enter_or_change_places_make_it_read_some_twice():
    async with zefort(60, drift="enter", drift_items=5, drift_most=10) as (app, client):
        got = await titles(client)
        assert len(got) > len(set(got))
        assert len(app.store.contracts) == 70
    async with zefort(60, drift="reorder", drift_most=3) as (_, client):
        got = await titles(client)
        assert len(set(got)) < len(got)


async def test_novelties_are_fields_and_a_status_nobody_has_documented():
    async with zefort(2, novelties=True) as (app, client):
        files = {"blob": ("a.pdf", b"%PDF-1.4", "application/pdf")}
        made = (await client.post("contracts/", files=files)).json()
        app.act({"advance": 2})
        after = (await client.get(f"contracts/{made['id']}/")).json()
        assert (after["status"], "risk_radar" in after) == ("triage", True)
