"""What the Hypatos sandbox promises about feedback: accepted at once, applied later, effective once."""

from __future__ import annotations

import asyncio

import pytest

from tests.connectors.sandbox_clients import TEXT, hypatos, read_queue, ready, settled


async def test_feedback_is_accepted_at_once_and_takes_effect_later():
    async with hypatos() as (app, client):
        document_id = next(iter(ready(app)))
        path = f"/documents/{document_id}"
        assert (await client.post(f"{path}/external-id", content="ct_1", headers=TEXT)).status_code == 202
        assert (await client.post(f"{path}/external-data", json={"zefort": "ct_1"})).status_code == 202
        assert (await client.post(f"{path}/transfer", json={"successful": True})).status_code == 202
        before = (await client.get(path)).json()
        assert before["state"] in ("done", "doneAutomatically")
        assert "externalId" not in before
        await asyncio.sleep(0.25)
        after = (await client.get(path)).json()
        assert (after["state"], after["externalId"]) == ("transferred", "ct_1")
        assert after["externalData"] == {"zefort": "ct_1"}
        assert document_id not in await read_queue(client)
        states = [entry["state"] for entry in (await client.get(f"{path}/states")).json()]
        assert {"new", "processing", "transferred"} <= set(states)


async def test_a_repeated_transfer_changes_nothing_and_is_counted_as_repeated():
    async with hypatos() as (app, client):
        document_id = next(iter(ready(app)))
        for _ in range(3):
            answer = await client.post(f"/documents/{document_id}/transfer", json={"successful": True})
            assert answer.status_code == 202
        assert (await settled(app, client, document_id))["state"] == "transferred"
        counts = app.state()["documents"][document_id]["counts"]
        assert counts["transfer"] == {"effective": 1, "repeated": 2}


@pytest.mark.parametrize(
    ("calls", "statuses", "end"),
    [
        ([("transfer", {"successful": False}), ("transfer", {"successful": True})], [202, 202], "transferred"),
        ([("transfer", {"successful": True}), ("transfer", {"successful": False})], [202, 400], "transferred"),
        ([("transfer", {"successful": True}), ("reject", {})], [202, 400], "transferred"),
        ([("reject", {"message": "no supplier"}), ("transfer", {"successful": True})], [202, 400], "rejected"),
        ([("reject", None), ("reject", {"message": "again"})], [202, 202], "rejected"),
    ],
)
async def test_only_the_documented_ways_lead_from_state_to_state(calls, statuses, end):
    async with hypatos() as (app, client):
        document_id = next(iter(ready(app)))
        answers = [await client.post(f"/documents/{document_id}/{call}", json=body) for call, body in calls]
        assert [answer.status_code for answer in answers] == statuses
        assert (await settled(app, client, document_id))["state"] == end


@pytest.mark.parametrize("policy", ["400", "ignored"])
async def test_a_document_that_is_not_ready_cannot_be_transferred(policy):
    async with hypatos(wrong_state=policy) as (app, client):
        document = next(one for one in app.store.records.values() if one.state == "extracted")
        answer = await client.post(f"/documents/{document.id}/transfer", json={"successful": True})
        assert answer.status_code == (400 if policy == "400" else 202)
        assert (await settled(app, client, document.id))["state"] == "extracted"


@pytest.mark.parametrize(
    ("call", "request_", "status"),
    [
        ("transfer", {"json": {}}, 400),
        ("transfer", {"json": {"successful": "yes"}}, 400),
        ("transfer", {"json": {"successful": True, "mesage": "typo"}}, 400),
        ("transfer", {"content": b'{"successful":true}', "headers": TEXT}, 400),
        ("transfer", {"content": b"{", "headers": {"content-type": "application/json"}}, 400),
        ("reject", {"json": {"message": 5}}, 400),
        ("external-id", {"content": "has blank", "headers": TEXT}, 400),
        ("external-id", {"content": "x" * 101, "headers": TEXT}, 400),
        ("external-id", {"json": "ct_1"}, 400),
        ("external-data", {"json": {"a": 1}}, 400),
        ("external-data", {"json": {str(number): "x" for number in range(21)}}, 400),
        ("external-data", {"json": {"k" * 51: "dropped", "A": "1", "a": "2"}}, 202),
        ("title", {"content": "x" * 257, "headers": TEXT}, 400),
        ("title", {"content": "Käse 漢字", "headers": TEXT}, 202),
    ],
)
async def test_feedback_that_is_not_well_formed_is_refused(call, request_, status):
    async with hypatos() as (app, client):
        document_id = next(iter(ready(app)))
        answer = await client.post(f"/documents/{document_id}/{call}", **request_)
        assert answer.status_code == status
        after = await settled(app, client, document_id)
        assert after["state"] in ("done", "doneAutomatically")
        assert after.get("externalData", {}) == ({"a": "2"} if "dropped" in str(request_) else {})
        assert (after["title"] == "Käse 漢字") is (call == "title" and status == 202)


async def test_feedback_about_nothing_and_wrong_methods_are_refused():
    async with hypatos() as (_, client):
        assert (await client.post("/documents/nope/transfer", json={"successful": True})).status_code == 404
        answer = await client.delete("/documents/nope")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
        assert (await client.get("/invoices")).status_code == 404


async def test_a_document_that_a_person_reopens_comes_back_with_new_data():
    async with hypatos() as (app, client):
        document_id = next(iter(ready(app)))
        await client.post(f"/documents/{document_id}/transfer", json={"successful": True})
        assert (await settled(app, client, document_id))["state"] == "transferred"
        app.act({"reopen": document_id, "entities": {"number": "R-2"}})
        after = await settled(app, client, document_id)
        assert (after["state"], after["entities"]["number"]) == ("done", "R-2")
        assert len(after["entities"]) > 3
        assert document_id in await read_queue(client)
        await client.post(f"/documents/{document_id}/transfer", json={"successful": True})
        assert app.state()["documents"][document_id]["counts"]["transfer"] == {"effective": 2, "repeated": 0}


async def test_a_reopened_document_is_not_overtaken_by_a_change_accepted_before():
    async with hypatos() as (app, client):
        document_id = next(iter(ready(app)))
        await client.post(f"/documents/{document_id}/transfer", json={"successful": True})
        app.act({"reopen": document_id})
        assert (await settled(app, client, document_id))["state"] == "done"


async def test_retention_takes_a_document_with_its_files():
    async with hypatos() as (app, client):
        document_id = next(iter(ready(app)))
        file_id = app.store.files(app.store.records[document_id])[0].id
        app.act({"delete": document_id})
        assert (await client.get(f"/documents/{document_id}")).status_code == 404
        assert (await client.get(f"/files/{file_id}")).status_code == 404
        assert document_id not in await read_queue(client)
