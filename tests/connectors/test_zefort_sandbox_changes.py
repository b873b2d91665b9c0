"""What the Zefort sandbox promises about changes: attributes, statuses, the trash, and what people do."""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest

from tests.connectors.sandbox_clients import PDF, create, read, zefort


@pytest.mark.parametrize(
    ("attributes", "status"),
    [
        ({"value": Decimal("12345678901234567.89"), "currency": "EUR"}, 200),
        ({"value": -5, "approved": False, "due_date": "2026-02-28", "main_language": "de"}, 200),
        ({"value": None}, 200),
        ({"value": "12.50"}, 400),
        ({"value": True}, 400),
        ({"currency": "€"}, 400),
        ({"due_date": "28.02.2026"}, 400),
        ({"due_date": "20260228"}, 400),
        ({"effective_date": "2026-02-30"}, 400),
        ({"approved": "yes"}, 400),
        ({"main_language": "German"}, 400),
        ({"title": "T" * 1025}, 400),
        ({"colour": "red"}, 400),
    ],
)
async def test_attributes_are_checked_one_by_one(attributes, status):
    async with zefort() as (app, client):
        made = await create(client, title="T")
        app.act({"advance": 2})
        body = {"attributes": {name: str(one) if isinstance(one, Decimal) else one for name, one in attributes.items()}}
        raw = httpx.Request("PATCH", "http://x", json=body).content
        raw = raw.replace(b'"12345678901234567.89"', b"12345678901234567.89")
        answer = await client.patch(
            f"contracts/{made['id']}/", content=raw, headers={"content-type": "application/json"}
        )
        assert answer.status_code == status
        kept = app.store.contracts[made["id"]].attributes
        assert kept == ({"title": "T", **attributes} if status == 200 else {"title": "T"})
        if b"567.89" in raw:
            assert b'"value":12345678901234567.89' in answer.content


@pytest.mark.parametrize(("policy", "left"), [("merge", {"title", "value"}), ("replace", {"value"})])
async def test_whether_attributes_are_merged_is_a_switch(policy, left):
    async with zefort(attributes=policy) as (app, client):
        made = await create(client, title="T")
        await client.patch(f"contracts/{made['id']}/", json={"attributes": {"value": 1}})
        assert set(app.store.contracts[made["id"]].attributes) == left


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"status": "done"}, 200),
        ({"status": "archived"}, 200),
        ({"status": "queued"}, 400),
        ({"status": "finished"}, 400),
        ({"is_duplicate": True}, 400),
        ({"trashed": "yes"}, 400),
        ({"docai_skip": ["all"]}, 400),
    ],
)
async def test_status_and_flags_are_checked(body, status):
    async with zefort() as (app, client):
        made = await create(client)
        assert (await client.patch(f"contracts/{made['id']}/", json={"status": "done"})).status_code == 400  # too early
        app.act({"advance": 2})
        answer = await client.patch(f"contracts/{made['id']}/", json=body)
        assert answer.status_code == status
        assert app.store.contracts[made["id"]].status == (body["status"] if status == 200 else "review")


async def test_what_is_incomplete_cannot_be_done():
    async with zefort(mandatory=["currency"]) as (app, client):
        made = await create(client)
        app.act({"advance": 2})
        assert (await read(client, made["id"]))["incomplete"]
        path = f"contracts/{made['id']}/"
        assert (await client.patch(path, json={"status": "done"})).status_code == 400
        body = {"status": "done", "attributes": {"currency": "EUR"}}
        assert (await client.patch(path, json=body)).status_code == 200


async def test_every_change_moves_last_modified():
    async with zefort() as (app, client):
        made = await create(client)
        path = f"contracts/{made['id']}"
        tag = next(iter(app.store.tags))
        seen = [made["last_modified"]]
        for url, body in (
            (f"{path}/notes/", {"content": "n"}),
            (f"{path}/parties/", {"name": "P"}),
            (f"tags/{tag}/contracts/", {"contracts": [made["id"]]}),
            (f"{path}/binders/", {"binder": next(iter(app.store.binders))}),
        ):
            assert (await client.post(url, json=body)).is_success
            seen.append((await read(client, made["id"]))["last_modified"])
        assert seen == sorted(set(seen))


async def test_delete_means_trash_and_restore_brings_it_back():
    async with zefort() as (_, client):
        made = await create(client)
        path = f"contracts/{made['id']}/"
        assert (await client.delete(path)).status_code == 204
        assert (await read(client, made["id"]))["trashed"] is True
        assert (await client.delete(path)).status_code == 404
        assert (await client.post(path + "notes/", json={"content": "n"})).status_code == 404
        assert (await client.patch(path, json={"attributes": {"title": "T"}})).status_code == 404
        assert (await client.get("contracts/trash/")).json()["count"] == 1
        assert (await client.patch(f"contracts/trash/{made['id']}/")).status_code == 200
        assert (await client.patch(f"contracts/trash/{made['id']}/")).status_code == 404
        assert (await client.get("contracts/")).json()["count"] == 1
        await client.delete(path)
        assert (await client.patch(path, json={"trashed": False})).json()["trashed"] is False


async def test_nothing_can_be_deleted_for_good_and_trying_is_remembered():
    async with zefort(trashed_read="404") as (app, client):
        made = await create(client)
        await client.delete(f"contracts/{made['id']}/")
        assert (await client.delete(f"contracts/trash/{made['id']}/")).status_code == 403
        assert (await client.post("contracts/trash/empty/")).status_code == 403
        assert (await client.get(f"contracts/{made['id']}/")).status_code == 404
        assert app.state()["final_deletes_tried"] == 2
        assert made["id"] in app.store.contracts


async def test_a_person_may_trash_edit_move_or_purge_a_contract():
    async with zefort() as (app, client):
        made = await create(client, title="T")
        app.act({"advance": 2})
        app.act({"edit": made["id"], "attributes": {"title": "Changed by hand"}})
        app.act({"status": made["id"], "to": "error"})
        after = await read(client, made["id"])
        assert (after["attributes"]["title"], after["status"]) == ("Changed by hand", "error")
        app.act({"trash": made["id"]})
        assert (await read(client, made["id"]))["trashed"]
        app.act({"purge": made["id"]})
        assert (await client.get(f"contracts/{made['id']}/")).status_code == 404
        assert not app.store.documents


async def test_a_single_file_can_be_deleted_where_that_call_exists():
    async with zefort() as (app, client):
        made = await create(client, "one.pdf")
        await client.post(f"contracts/{made['id']}/add_file/", files={"blob": ("two.pdf", PDF + b"2")})
        path = f"documents/{made['cover_document']['id']}/"
        assert (await client.get(path)).json()["filename"] == "one.pdf"
        assert (await client.delete(path)).status_code == 204
        assert (await read(client, made["id"]))["cover_document"]["filename"] == "two.pdf"
        assert (await client.delete(path)).status_code == 404
        app.switches.documents_deletable = False
        left = (await read(client, made["id"]))["cover_document"]["id"]
        assert (await client.delete(f"documents/{left}/")).status_code == 404
