"""What the Hypatos sandbox promises at the door and to readers: strict, exact to the last digit, with a quota."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from connectors.hypatos.sandbox_documents import PROJECTS
from tests.connectors.sandbox_clients import FORM, QUEUE, hypatos, read_queue, ready, sign_in


async def test_a_token_is_given_for_the_right_secret_at_both_addresses():
    async with hypatos() as (app, client):
        answer = await sign_in(app, client)
        assert answer.json()["token_type"] == "Bearer"
        assert answer.json()["expires_in"] == 3600
        assert answer.headers["cache-control"] == "no-store"
        bare = str(client.base_url).removesuffix("/v2/") + "/auth/token"
        assert (await client.post(bare, data=FORM, auth=(app.client_id, app.client_secret))).status_code == 200


@pytest.mark.parametrize(
    ("auth", "data", "status"),
    [
        (("sandbox-client", "wrong"), FORM, 401),
        (None, FORM, 401),
        (("sandbox-client", "hy-sandbox-secret-4f1d"), {"grant_type": "password"}, 400),
    ],
)
async def test_the_token_endpoint_refuses_wrong_credentials_and_grants(auth, data, status):
    async with hypatos() as (_, client):
        del client.headers["authorization"]
        answer = await client.post("/auth/token", data=data, auth=auth)
        assert answer.status_code == status == answer.json()["status"]


async def test_nothing_is_served_without_a_token_or_outside_the_prefix():
    async with hypatos() as (_, client):
        bare = str(client.base_url).removesuffix("/v2/") + "/documents"
        assert (await client.get(bare)).status_code == 404
        client.headers["authorization"] = "Bearer hy-token-made-up"
        answer = await client.get("/documents")
        assert (answer.status_code, set(answer.json())) == (401, {"title", "detail", "status"})


async def test_tokens_run_out_are_revoked_and_die_with_the_credentials():
    async with hypatos(token_life=5) as (app, client):
        assert (await client.get("/companies")).status_code == 200
        app.act({"advance": 5})
        assert (await client.get("/companies")).status_code == 401
        await sign_in(app, client)
        app.act({"revoke_tokens": True})
        assert (await client.get("/companies")).status_code == 401
        await sign_in(app, client)
        app.switches.credentials_dead = True
        assert (await client.get("/companies")).status_code == 401
        assert (await client.post("/auth/token", data=FORM, auth=(app.client_id, app.client_secret))).status_code == 401


async def test_a_call_outside_the_scopes_is_forbidden():
    async with hypatos(scopes="documents.read files.read") as (app, client):
        document_id = next(iter(ready(app)))
        assert (await client.get(f"/documents/{document_id}")).status_code == 200
        assert (await client.post(f"/documents/{document_id}/transfer", json={"successful": True})).status_code == 403
        assert (await client.get("/companies")).status_code == 403


async def test_the_quota_is_on_every_answer_and_runs_out():
    async with hypatos(quota=4, window=60) as (app, client):
        answers = [await client.get("/companies") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0", "0"]
        assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {"4, 4;w=60"}
        assert 1 <= int(answers[-1].headers["x-ratelimit-reset"]) <= 60
        assert answers[-1].content == b""
        app.act({"advance": 60})
        assert (await client.get("/companies")).status_code == 200


async def test_the_queue_is_read_whole_and_list_items_have_no_entities():
    async with hypatos() as (app, client):
        assert set(await read_queue(client)) == ready(app)
        page = (await client.get("/documents", params=QUEUE)).json()
        assert (page["totalCount"], page["limit"], page["offset"]) == (len(ready(app)), 20, 0)
        assert all("entities" not in item for item in page["data"])
        created = [item["createdAt"] for item in page["data"]]
        assert created == sorted(created)
        assert len(set(created)) < len(created)  # ties


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"limit": "51"}, 200),
        ({"limit": "0"}, 400),
        ({"limit": "ten"}, 400),
        ({"offset": "-1"}, 400),
        ({"sort": "title"}, 400),
        ({"sort": " createdAt"}, 400),  # what a raw plus in a URL becomes
        ({"state": "finished"}, 400),
        ({"projectId": "nowhere"}, 400),
        ({"offset": "999"}, 200),
    ],
)
async def test_listing_parameters_are_checked(params, status):
    async with hypatos() as (_, client):
        answer = await client.get("/documents", params=params)
        assert answer.status_code == status
        if status == 200:
            assert answer.json()["limit"] <= 50


async def test_strict_paging_is_a_switch():
    async with hypatos(over_limit="400", past_end="400") as (_, client):
        assert (await client.get("/documents", params={"limit": "51"})).status_code == 400
        assert (await client.get("/documents", params={"offset": "60"})).json()["title"] == "Offset out of range"


async def test_the_filters_by_project_and_main_file_work():
    async with hypatos() as (app, client):
        project = PROJECTS[1][0]
        items = (await client.get("/documents", params={"projectId": project, "limit": 50})).json()["data"]
        assert {item["projectId"] for item in items} == {project}
        two = next(one for one in app.store.records.values() if len(app.store.files(one)) == 2)
        for file in app.store.files(two):
            found = (await client.get("/documents", params={"fileId": file.id})).json()["data"]
            assert [item["id"] for item in found] == ([two.id] if file.main else [])


async def test_amounts_arrive_with_every_digit():
    async with hypatos(0) as (app, client):
        amount = Decimal("12345678901234567.89")
        document_id = app.act({"add": {"entities": {"totalAmount": amount}}})["id"]
        raw = (await client.get(f"/documents/{document_id}")).content
        assert b'"totalAmount":12345678901234567.89' in raw
        assert msgspec.json.Decoder(float_hook=Decimal).decode(raw)["entities"]["totalAmount"] == amount


async def test_files_come_with_their_name_and_the_same_bytes_every_time():
    async with hypatos() as (app, client):
        names = set()
        for record in list(app.store.records.values())[:16]:
            for file in app.store.files(record):
                first, second = [await client.get(f"/files/{file.id}") for _ in range(2)]
                assert first.content == second.content
                assert first.content.startswith(b"%PDF")
                assert first.headers["content-type"] == "application/pdf"
                names.add(first.headers.get("x-hy-filename"))
        assert None in names
        assert any(name and "%" in name for name in names)
        assert (await client.get("/files/nope")).status_code == 404


async def test_projects_and_companies_can_be_read():
    async with hypatos() as (_, client):
        assert (await client.get("/companies")).json()["totalCount"] == 1
        projects = (await client.get("/projects", params={"sort": "+createdAt", "search": "account"})).json()["data"]
        assert [project["name"] for project in projects] == ["Accounts payable"]
        assert (await client.get(f"/projects/{PROJECTS[0][0]}")).json()["duplicates"] == "fail"
        assert (await client.get("/projects", params={"sort": "createdAt"})).status_code == 422
        assert [(await client.get(path)).status_code for path in ("/projects/x", "/companies/x")] == [404, 404]
