"""The Contract.fit sandbox, asked with a plain HTTP client: what it promises to everybody who is tested against it."""

from __future__ import annotations

from contextlib import asynccontextmanager

import httpx
import pytest

from connectors.contractfit import sandbox_mask
from connectors.contractfit.sandbox import ContractfitSandbox, Switches
from connectors.contractfit.sandbox_documents import INBOXES
from connectors.sandbox import serve

INBOX = INBOXES[0][0]
LIST = f"inboxes/{INBOX}/paginated"
PDF = b"%PDF-1.4 one"
NAMES = {"id", "inbox", "original_filename"}


@asynccontextmanager
async def contractfit(documents=30, **switches):
    app = ContractfitSandbox(documents, 7, Switches(**switches))
    async with (
        serve({"contractfit": app}) as urls,
        httpx.AsyncClient(
            base_url=urls["contractfit"] + "/", verify=False, headers={"X-API-Key": app.api_key}
        ) as client,
    ):
        yield app, client


async def upload(client, name="a.pdf", content=PDF, media_type="application/pdf", **fields):
    return await client.post(
        f"documents/{INBOX}", files={"file": (name, content, media_type)}, data={"sync": "false", **fields}
    )


async def test_all_ways_to_log_in_work_and_none_is_a_401():
    async with contractfit() as (app, client):
        token = (await client.post("auth", json={"username": app.username, "password": app.password})).json()
        del client.headers["x-api-key"]
        assert (await client.get("inboxes")).status_code == 401
        assert (await client.get("inboxes", auth=(app.username, app.password))).status_code == 200
        bearer = {"authorization": f"Bearer {token['authentication_token']}"}
        assert (await client.get("inboxes", headers=bearer)).status_code == 200
        app.act({"advance": 7200})
        assert (await client.get("inboxes", headers=bearer)).status_code == 401
        assert (await client.post("auth", json={"username": "x", "password": "y"})).status_code == 401


async def test_a_page_is_cut_by_dates_and_mask():
    async with contractfit(40) as (_, client):
        everything = (await client.get(LIST, params={"per_page": "100"})).json()
        assert everything["total"] == len(everything["results"]) == 32
        assert {"prediction", "versions"} <= set(everything["results"][0])
        middle = everything["results"][10]["timings"]["receive_time"]
        later = await client.get(
            LIST,
            params={"start_receive_date": middle, "per_page": "100"},
            headers={"X-Fields": "total,results{id,timings{receive_time},nonsense}"},
        )
        assert all(row["timings"]["receive_time"] >= middle for row in later.json()["results"])
        assert 0 < later.json()["total"] < 32
        assert set(later.json()["results"][0]) == {"id", "timings"}


@pytest.mark.parametrize("mask", ["results{id", "results}", "results{timings{receive_time{x}}}", "a b"])
async def test_a_mask_that_makes_no_sense_is_refused(mask):
    async with contractfit() as (_, client):
        assert (await client.get(LIST, headers={"X-Fields": mask})).status_code == 400


def test_masks_may_have_outer_braces_and_a_star():
    value = {"a": 1, "b": {"c": [{"d": 2, "e": 3}]}}
    assert sandbox_mask.apply(sandbox_mask.parse("{*,b{c{d}}}"), value) == {"a": 1, "b": {"c": [{"d": 2}]}}


async def test_a_document_comes_to_life_by_the_clock_and_keeps_its_receive_time():
    async with contractfit(0) as (app, client):
        document_id = (await upload(client)).json()["id"]
        first = (await client.get(f"documents/{document_id}")).json()
        assert first["timings"]["start_time"] is None
        app.act({"advance": 3})
        assert (await client.get(f"documents/{document_id}")).json()["timings"]["start_time"]["$date"]
        app.act({"advance": 20})
        last = (await client.get(f"documents/{document_id}")).json()
        assert last["status_data"]["success"] is True
        assert last["prediction"]["annotations"]
        assert last["timings"]["receive_time"] == first["timings"]["receive_time"]
        assert last["_id"] == {"$oid": document_id}


async def test_the_same_file_twice_is_two_documents():
    async with contractfit(0) as (app, client):
        assert (await upload(client)).json() != (await upload(client)).json()
        assert app.state()["count"] == 2


async def test_a_file_comes_back_byte_for_byte_until_it_is_archived():
    async with contractfit(0) as (_, client):
        document_id = (await upload(client, "größe 1.pdf")).json()["id"]
        answer = await client.get(f"documents/{document_id}/original_file")
        assert answer.content == PDF
        assert (await client.delete(f"documents/{document_id}")).status_code == 400
        assert (await client.delete(f"documents/{document_id}", params={"how": "SOURCE_FILES"})).status_code == 200
        assert (await client.get(f"documents/{document_id}/original_file")).status_code == 404
        assert (await client.get(f"documents/{document_id}")).json()["status_data"]["archived"] is True
        assert (await client.delete(f"documents/{document_id}", params={"how": "FULL"})).status_code == 200
        assert (await client.get(f"documents/{document_id}")).status_code == 404


@pytest.mark.parametrize(("fields", "media_type", "status"), [
    ({"sync": "maybe"}, "application/pdf", 400), ({"sync": "true"}, "application/pdf", 400),
    ({"hints": "{}"}, "application/pdf", 400), ({}, "text/plain", 415),
])  # fmt: skip
async def test_bad_uploads_are_refused(fields, media_type, status):
    async with contractfit(0) as (app, client):
        assert (await upload(client, media_type=media_type, **fields)).status_code == status
        assert app.state()["count"] == 0


@pytest.mark.parametrize("body", [
    {"submitted": {"value": True, "by": "x"}}, {"submitted": {"value": "true"}}, {"archive": {"value": True}},
    {"lock": {"value": True}, "reject": {"value": True}}, {"status_data": {"feedback": True}}, {},
])  # fmt: skip
async def test_changes_of_status_that_are_not_documented_are_refused(body):
    async with contractfit() as (app, client):
        document_id = next(iter(app.state()["documents"]))
        assert (await client.post(f"documents/{document_id}/status_data", json=body)).status_code == 400
        assert app.state()["documents"][document_id]["calls"] == []


async def test_feedback_makes_a_document_done_and_bad_values_are_refused():
    async with contractfit() as (app, client):
        document_id = next(iter(app.state()["documents"]))
        value = {"gold": "1", "text": "1", "textual_coord": [0, 1, 2, 0, 1, 3]}
        bad = {"annotations": {"invoice_number": [{"gold": "1"}]}}
        assert (await client.post(f"documents/{document_id}/feedback", json=bad)).status_code == 400
        good = {"name": "checked", "annotations": {"invoice_number": [value]}}
        assert (await client.post(f"documents/{document_id}/feedback", json=good)).status_code == 200
        shown = app.state()["documents"][document_id]
        assert shown["feedback"] is True
        assert shown["versions"][-1] == "checked"
        newest = (await client.get(f"documents/{document_id}/last_version")).json()
        assert (newest["name"], newest["annotations"]["invoice_number"][0]["gold"]) == ("checked", "1")


@pytest.mark.parametrize(("right", "method", "path"), [
    ("view_list", "GET", LIST), ("review", "GET", "documents/{}"), ("upload", "POST", f"documents/{INBOX}"),
    ("submit", "POST", "documents/{}/feedback"),
])  # fmt: skip
async def test_a_missing_right_is_a_403(right, method, path):
    rights = " ".join(one for one in Switches().rights.split() if one != right)
    async with contractfit(rights=rights) as (app, client):
        document_id = next(iter(app.state()["documents"]))
        assert (await client.request(method, path.format(document_id), json={})).status_code == 403


@pytest.mark.parametrize(
    "switches", [{"drift": "leave"}, {"drift": "reopen"}, {"drift": "enter"}, {"drift": "reorder"}]
)
async def test_drift_changes_the_list_after_a_page_was_served(switches):
    async with contractfit(40, **switches) as (_, client):
        first = (await client.get(LIST, params={"per_page": "40"})).json()
        assert (await client.get(LIST, params={"per_page": "40"})).json() != first


async def test_demo_documents_are_varied_and_their_files_are_different():
    async with contractfit(60) as (app, client):
        shown = app.state()["documents"]
        assert len({one["sha256"] for one in shown.values()}) == 60
        assert any("請求書" in one["name"] for one in shown.values())
        rows = (await client.get(LIST, params={"per_page": "100"})).json()["results"]
        assert any(row["lock"] == {"by": None, "since": None, "value": None} for row in rows)
        assert set(rows[0]) >= NAMES


@pytest.mark.parametrize(("bad_id", "status"), [("400", 400), ("404", 404), ("500", 500)])
async def test_malformed_ids_are_answered_as_the_switch_says(bad_id, status):
    async with contractfit(bad_id=bad_id) as (_, client):
        assert (await client.get("documents/nonsense")).status_code == status
