"""The stand-in is as strict as the provider, so that a client that passes here would pass there."""

import httpx
import pytest

from connectors.example.sandbox import ExampleSandbox


@pytest.fixture
async def api():
    app = ExampleSandbox(2)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1/v1", auth=app.user
    ) as client:
        yield client


async def test_nobody_gets_in_without_the_password(api):
    assert (await api.get("/documents", auth=(ExampleSandbox.user[0], "guessed"))).status_code == 401


@pytest.mark.parametrize(
    ("query", "status"),
    [("status=ready", 200), ("status=done", 400), ("limit=0", 400), ("limit=51", 400), ("offset=1", 400)],
)
async def test_a_list_takes_what_is_documented_and_nothing_else(api, query, status):
    assert (await api.get(f"/documents?{query}")).status_code == status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"title": "A", "amount": 1.5, "reference": "r"}, 201),
        ({"title": "", "amount": 1}, 422),
        ({"title": "A", "amount": "1"}, 422),
        ({"title": "A", "colour": "red"}, 422),
        ({"title": "A", "reference": 1}, 422),
        (["A"], 400),
    ],
)
async def test_a_document_is_made_of_title_amount_and_reference(api, body, status):
    assert (await api.post("/documents", json=body)).status_code == status


async def test_a_document_is_exported_once(api):
    for status in (200, 409):
        answer = await api.post("/documents/d-000001/export", json={"status": "exported", "external_id": "far-1"})
        assert answer.status_code == status
    assert (await api.post("/documents/d-000002/export", json={"status": "exported"})).status_code == 422


async def test_nothing_in_the_trash_is_changed(api):
    await api.post("/_sandbox/act", json={"status": "d-000001", "to": "trashed"})
    assert (await api.put("/documents/d-000001", json={"title": "A", "amount": 1})).status_code == 409


async def test_a_file_comes_in_a_form_with_one_part(api):
    sent = await api.post("/documents/d-000001/files", files={"file": ("a.pdf", b"%PDF one", "application/pdf")})
    assert (await api.get(f"/files/{sent.json()['id']}")).content == b"%PDF one"
    for wrong in ({"files": {"other": ("a.pdf", b"%PDF")}}, {"json": {}}, {"data": {"file": "text"}}):
        assert (await api.post("/documents/d-000001/files", **wrong)).status_code == 400
    assert (await api.get("/files/f-999999")).status_code == 404
