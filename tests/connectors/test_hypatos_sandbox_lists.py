"""What the Hypatos sandbox promises about lists that change while they are read, and about files it receives."""

from __future__ import annotations

import pytest

from connectors.hypatos.sandbox_documents import PROJECTS
from tests.connectors.sandbox_clients import QUEUE, hypatos, read_queue, ready, settled


@pytest.mark.parametrize("items", [5, "all"])
@pytest.mark.parametrize("drift", ["leave", "reopen"])
async def test_items_that_leave_while_paging_make_a_simple_client_miss_others(items, drift):
    async with hypatos(200, drift=drift, drift_items=items) as (app, client):
        want = ready(app)
        got = await read_queue(client)
        assert len(got) == len(set(got))
        missed = want - set(got)
        assert len(missed) >= len(want) // 6
        if drift == "leave":  # they left listings only: their own address still shows them as ready
            assert ready(app) == want
        passes = set(got)
        while page := await read_queue(client):
            passes |= set(page)
        assert passes == want


async def test_new_items_at_the_front_make_a_simple_client_read_some_twice():
    async with hypatos(100, drift="enter", drift_items=5, drift_most=15) as (app, client):
        want = ready(app)
        got = await read_queue(client)
        assert len(got) > len(set(got))
        assert len(app.store.records) == 115
        assert want <= set(got)
        assert set(await read_queue(client)) == ready(app)


async def test_an_order_drawn_anew_makes_a_simple_client_miss_and_repeat():
    async with hypatos(100, drift="reorder", drift_most=4) as (app, client):
        got = await read_queue(client)
        assert len(got) > len(set(got))
        assert set(got) < ready(app)


async def test_short_and_repeated_pages_and_counts_are_switches():
    async with hypatos(100, short_pages=True) as (app, client):
        page = (await client.get("/documents", params=QUEUE)).json()
        assert (len(page["data"]), page["limit"]) == (10, 20)
        app.switches.short_pages, app.switches.repeat_page = False, 3
        pages = [(await client.get("/documents", params=[*QUEUE, ("offset", str(at))])).json() for at in (0, 20, 40)]
        assert pages[1]["data"] == pages[0]["data"]  # the third page served since the start
        assert pages[2]["offset"] == 40
        for total, count in (("page", 20), ("omitted", None)):
            app.switches.total = total
            assert (await client.get("/documents", params=QUEUE)).json().get("totalCount") == count


async def test_listings_may_run_behind():
    async with hypatos(listing_lag=10, applied_after=0) as (app, client):
        document_id = next(iter(ready(app)))
        await client.post(f"/documents/{document_id}/transfer", json={"successful": True})
        assert (await client.get(f"/documents/{document_id}")).json()["state"] == "transferred"
        assert document_id in await read_queue(client)
        app.act({"advance": 10})
        assert document_id not in await read_queue(client)


async def test_novelties_are_fields_and_states_nobody_has_documented():
    async with hypatos(novelties=True) as (_, client):
        items = (await client.get("/documents", params={"limit": 50})).json()["data"]
        assert "quarantined" in {item["state"] for item in items}
        assert all("robotConfidence" in item and "caseId" in item for item in items)


async def upload(client, content=b"%PDF-1.4 one", media_type="application/pdf", **headers):
    return await client.post("/files", content=content, headers={"content-type": media_type, **headers})


async def test_an_uploaded_file_becomes_a_document_that_is_processed():
    async with hypatos(0) as (app, client):
        file_id = (await upload(client, **{"x-hy-filename": "K%C3%A4se.pdf"})).json()["id"]
        body = {"fileId": file_id, "projectId": PROJECTS[0][0], "externalId": "gw-1"}
        answer = await client.post("/documents/process-file", json=body)
        document_id = answer.json()["documentId"]
        assert (answer.status_code, answer.json()["fileId"]) == (202, file_id)
        seen = (await client.get(f"/documents/{document_id}")).json()
        assert (seen["state"], seen["externalId"], seen["title"]) == ("new", "gw-1", "Käse.pdf")
        updated = seen.get("updatedAt")
        app.act({"advance": 0.2})
        assert (await client.get(f"/documents/{document_id}")).json()["state"] == "processing"
        done = await settled(app, client, document_id)
        assert (done["state"], done.get("updatedAt")) == ("extracted", updated)
        found = (await client.get("/documents", params={"fileId": file_id})).json()["data"]
        assert [item["id"] for item in found] == [document_id]
        assert (await client.get(f"/files/{file_id}")).content == b"%PDF-1.4 one"


@pytest.mark.parametrize(("policy", "end"), [("fail", "failed"), ("allow", "doneAutomatically")])
async def test_the_same_bytes_in_the_same_project_are_a_duplicate(policy, end):
    async with hypatos(0, duplicates=policy, completion="automatic") as (app, client):
        states = []
        for _ in range(2):
            body = {"fileId": (await upload(client)).json()["id"], "projectId": PROJECTS[0][0]}
            document_id = (await client.post("/documents/process-file", json=body)).json()["documentId"]
            states.append((await settled(app, client, document_id))["state"])
        assert states == ["doneAutomatically", end]


async def test_uploads_of_other_kinds_and_unknown_files_are_refused():
    async with hypatos(0) as (_, client):
        assert (await upload(client, media_type="text/html")).status_code == 400
        assert (await upload(client, content=b"")).status_code == 400
        assert (await upload(client, **{"x-hy-filename": "x" * 257})).status_code == 400
        file_id = (await upload(client)).json()["id"]
        for body in ({"fileId": "nope", "projectId": PROJECTS[0][0]}, {"fileId": file_id, "projectId": "nope"}):
            assert (await client.post("/documents/process-file", json=body)).status_code == 404
        assert (await client.post("/documents/process-file", json={"fileId": file_id})).status_code == 400
