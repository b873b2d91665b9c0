"""What the Zefort sandbox promises about parties, tags and binders."""

from __future__ import annotations

import pytest

from tests.connectors.sandbox_clients import titles, zefort


async def test_a_party_added_twice_makes_two_entries_unless_it_is_joined():
    async with zefort(1) as (app, client):
        (contract_id,) = app.store.contracts
        path, body = f"contracts/{contract_id}/parties/", {"name": "Nordwind", "org_id": "1", "role": "supplier"}
        before = len(app.store.parties)
        answers = [(await client.post(path, json=body)).json() for _ in range(2)]
        assert "id" not in answers[0]
        assert len(app.store.parties) == before + 2
        app.switches.party_dedupe = "org_id"
        await client.post(path, json={**body, "name": "Other"})
        assert len(app.store.parties) == before + 2
        parties = (await client.get(f"contracts/{contract_id}/")).json()["parties"]
        assert [party["name"] for party in parties] == ["Nordwind"] * 3
        found = (await client.get("parties/", params={"q": "Nordwin"})).json()["results"]
        assert {party["id"] for party in found} == {party["id"] for party in parties}
        assert (await client.delete(f"{path}{parties[0]['id']}/")).status_code == 204
        role = await client.patch(f"{path}{parties[1]['id']}/", json={"role": "buyer"})
        assert role.json() == {"role": "buyer", "docai_value_verified": False}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "  "},
        {"name": "x" * 1025},
        {"name": "x", "org_id": "x" * 129},
        {"name": "x", "external_id": "x" * 1001},
        {"name": "x", "rôle": "supplier"},
        {"party": "pty_unknown"},
        {"name": 5},
        {"name": "x", "managed": "yes"},
    ],
)
async def test_a_party_that_is_not_well_formed_is_refused(body):
    async with zefort(1) as (app, client):
        (contract_id,) = app.store.contracts
        before = len(app.store.parties)
        assert (await client.post(f"contracts/{contract_id}/parties/", json=body)).status_code == 400
        assert (len(app.store.parties), app.store.contracts[contract_id].parties) == (before, [])


async def test_an_existing_party_is_linked_by_its_id():
    async with zefort(1) as (app, client):
        (contract_id,) = app.store.contracts
        found = (await client.get("parties/", params={"q": "Acme Oyj"})).json()["results"]
        assert [party["name"] for party in found] == ["Acme Oyj", "Acme Oy"]  # likeness: both, the better one first
        body = {"party": found[0]["id"], "role": "supplier"}
        assert (await client.post(f"contracts/{contract_id}/parties/", json=body)).status_code == 201
        (party,) = (await client.get(f"contracts/{contract_id}/")).json()["parties"]
        assert (party["id"], party["name"], party["role"]) == (found[0]["id"], "Acme Oyj", "supplier")


async def test_tags_have_unique_names_and_are_put_on_contracts_once():
    async with zefort(2) as (app, client):
        made = await client.post("tags/", json={"tag_name": " urgent ", "active": True})
        assert (made.status_code, made.json()["tag_name"]) == (201, "urgent")
        assert (await client.post("tags/", json={"tag_name": "urgent"})).status_code == 400
        path, ids = f"tags/{made.json()['id']}/contracts/", list(app.store.contracts)
        for _ in range(2):
            assert (await client.post(path, json={"contracts": ids})).json()["backend_status"] == "done"
        (found,) = (await client.get("tags/", params={"q": "URG"})).json()["results"]
        assert found["num_contracts"] == 2
        assert app.state()["contracts"][ids[0]]["tags"] == ["urgent"]
        assert await titles(client, tags="urgent") == await titles(client)


@pytest.mark.parametrize("body", [{}, {"contracts": []}, {"contracts": ["ct_unknown"]}, {"search": {}}, {"search": 1}])
async def test_an_empty_or_unknown_selection_is_refused(body):
    async with zefort(2) as (app, client):
        for path in (f"tags/{next(iter(app.store.tags))}", f"binders/{next(iter(app.store.binders))}"):
            assert (await client.post(f"{path}/contracts/", json=body)).status_code == 400
        assert (await client.post("tags/tag_unknown/contracts/", json={"contracts": []})).status_code == 404
        assert not any(tag.contracts for tag in app.store.tags.values())


@pytest.mark.parametrize("again", ["400", "200", "201"])
async def test_binders_hold_a_contract_once_whatever_the_second_call_answers(again):
    async with zefort(1, binder_again=again) as (app, client):
        (contract_id,) = app.store.contracts
        made = (await client.post("binders/", json={"name": "New"})).json()
        path = f"contracts/{contract_id}/binders/"
        answers = [(await client.post(path, json={"binder": made["id"]})).status_code for _ in range(2)]
        assert answers == [201, int(again)]
        (inside,) = (await client.get(path)).json()["results"]
        assert inside["binder"] == {"id": made["id"], "name": "New"}
        assert await titles(client, binder=made["id"]) == ["Contract 0"]
        for body in ({"binder": "bnd_unknown"}, {}, {"binder": made["id"], "more": 1}):
            assert (await client.post(path, json=body)).status_code == 400
        assert (await client.post("binders/", json={"name": "x" * 513})).status_code == 400
        assert (await client.post("binders/", json={"name": "x", "parent": "bnd_unknown"})).status_code == 400


async def test_a_selection_by_search_takes_what_the_same_listing_would_show():
    async with zefort(3) as (app, client):
        app.act({"status": next(iter(app.store.contracts)), "to": "done"})
        binder = next(iter(app.store.binders))
        answer = await client.post(f"binders/{binder}/contracts/", json={"search": {"status": "done"}})
        task = (await client.get(f"tasks/{answer.json()['id']}/")).json()
        assert (task["backend_status"], task["failed_contracts"]) == ("done", [])
        assert await titles(client, binder=binder) == ["Contract 0"]
