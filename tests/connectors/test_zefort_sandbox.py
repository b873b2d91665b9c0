"""What the Zefort sandbox promises at the door and about creation: strict, and every contract passes the AI."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from tests.connectors.sandbox_clients import PDF, SKIP_ALL, create, read, zefort


@pytest.mark.parametrize("auth", [None, ("wrong", ""), ("zf-sandbox-key-93ab", "password")])
async def test_only_the_key_with_an_empty_password_gets_in(auth):
    async with zefort() as (_, client):
        client.auth = auth
        answer = await client.get("tags/")
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Basic realm="api"')


@pytest.mark.parametrize(("policy", "status"), [("404", 404), ("500", 500)])
async def test_every_path_needs_its_slash(policy, status):
    async with zefort(no_slash=policy) as (app, client):
        assert (await client.post("contracts", json={"title": "T"})).status_code == status
        answer = await client.get("contracts")
        assert (answer.status_code, answer.headers["location"]) == (301, "/api/contracts/")
        assert (await client.post("nothing", json={})).status_code == 404
        assert not app.store.contracts


async def test_a_contract_is_created_with_its_file_in_one_call():
    async with zefort() as (app, client):
        binder = next(iter(app.store.binders.values()))
        made = await create(client, "NDA Ä [gw-1].pdf", title="NDA", binders=[binder.id])
        assert made["status"] == "queued"
        assert made["cover_document"]["filename"] == "NDA Ä [gw-1].pdf"
        assert (made["attributes"]["title"], made["num_binders"]) == ("NDA", 1)
        shown = app.state()["contracts"][made["id"]]
        assert shown["files"][0]["sha256"] == hashlib.sha256(PDF).hexdigest()
        assert (shown["files"][0]["size"], shown["binders"]) == (len(PDF), ["Invoices"])
        assert (await client.get(f"documents/{made['cover_document']['id']}/download/")).content == PDF


async def test_a_contract_without_a_file_is_in_review_and_its_first_file_becomes_the_cover():
    async with zefort() as (_, client):
        made = (await client.post("contracts/", json={"title": "T", "docai_skip": SKIP_ALL})).json()
        assert (made["status"], made["cover_document"]) == ("review", None)
        for name in ("cover.pdf", "more.docx"):
            made_now = await client.post(f"contracts/{made['id']}/add_file/", files={"blob": (name, PDF, "text/x")})
            assert made_now.status_code == 201
        after = await read(client, made["id"])
        assert [file["filename"] for file in after["documents"]] == ["cover.pdf", "more.docx"]
        assert [file["role"] for file in after["documents"]] == ["contract", "attachment"]
        assert after["status"] == "queued"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"files": {"blob": ("", PDF)}}, 400),
        ({"files": {"blob": ("a.pdf", b"", "application/pdf")}}, 400),
        ({"files": {"blob": ("a" * 256 + ".pdf", PDF, "application/pdf")}}, 400),
        ({"files": {"file": ("a.pdf", PDF, "application/pdf")}}, 400),
        ({"files": {"blob": ("a.pdf", PDF)}, "data": {"binders": "bnd_unknown"}}, 400),
        ({"files": {"blob": ("a.pdf", PDF)}, "data": {"docai_skip": "everything"}}, 400),
        ({"files": {"blob": ("a.pdf", PDF)}, "data": {"tilte": "typo"}}, 400),
        ({"files": {"blob": ("a.pdf", b"x" * 2001, "application/pdf")}}, 413),
        ({"json": {"title": "T" * 1025}}, 400),
        ({"json": {"binders": "bnd_1"}}, 400),
        ({"json": ["title"]}, 400),
        ({"content": b"{}", "headers": {"content-type": "text/plain"}}, 415),
        ({"content": b"--x\r\n", "headers": {"content-type": "multipart/form-data; boundary=x"}}, 400),
        ({"content": b"", "headers": {"content-type": "multipart/form-data"}}, 400),
    ],
)
async def test_a_creation_that_is_not_well_formed_leaves_nothing_behind(request_, status):
    async with zefort(largest_file=2000) as (app, client):
        assert (await client.post("contracts/", **request_)).status_code == status
        assert not app.store.contracts
        assert (await client.get("tags/")).status_code == 200


async def test_only_the_last_part_of_a_file_name_survives():
    async with zefort() as (_, client):
        made = await create(client, "Rechnung 12/2026 [gw-1].pdf")
        assert made["cover_document"]["filename"] == "2026 [gw-1].pdf"


async def test_large_files_are_counted_and_hashed_but_not_kept():
    async with zefort(keep_bytes=1000) as (app, client):
        content = b"%PDF-1.4" + b"x" * 300_000
        made = await create(client, content=content)
        (file,) = app.state()["contracts"][made["id"]]["files"]
        assert (file["size"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
        assert (await client.get(f"documents/{file['id']}/download/")).status_code == 501


async def test_a_contract_goes_from_queued_through_processing_to_review():
    async with zefort(queued=0.1, processing=0.2) as (app, client):
        made = await create(client)
        seen = [made["status"]]
        app.act({"advance": 0.1})
        seen.append((await read(client, made["id"]))["status"])
        assert (await read(client, made["id"]))["first_docai_result_time"] is None
        app.act({"advance": 0.2})
        after = await read(client, made["id"])
        seen.append(after["status"])
        assert seen == ["queued", "processing", "review"]
        assert after["first_docai_result_time"]
        assert after["cover_document_docai_task_status"] == "idle"


async def test_real_time_alone_brings_it_there_too():
    async with zefort(queued=0.05, processing=0.05) as (_, client):
        made = await create(client)
        await asyncio.sleep(0.15)
        assert (await read(client, made["id"]))["status"] == "review"


async def test_the_ai_overwrites_what_it_was_not_told_to_leave_alone():
    async with zefort() as (app, client):
        kept = await create(client, title="Ours")
        lost = await create(client, content=PDF + b"2", title="Ours", docai_skip=["end_date"])
        for one in (kept, lost):
            await client.patch(f"contracts/{one['id']}/", json={"attributes": {"effective_date": "2026-01-02"}})
        app.act({"advance": 2})
        kept, lost = [await read(client, one["id"]) for one in (kept, lost)]
        assert kept["attributes"] == {"title": "Ours", "effective_date": "2026-01-02"}
        assert (kept["parties"], kept["taggings"]) == ([], [])
        assert lost["attributes"]["title"] == "AI: a.pdf"
        assert lost["attributes"]["effective_date"] == "2019-01-01"
        assert "end_date" not in lost["attributes"]
        assert (len(lost["parties"]), len(lost["taggings"])) == (1, 1)


async def test_the_same_main_file_twice_is_accepted_and_flagged_when_processing_is_over():
    async with zefort() as (app, client):
        first, second = await create(client), await create(client, "other name.pdf")
        assert not second["is_duplicate"]
        app.act({"advance": 2})
        assert (await read(client, second["id"]))["duplicates"] == [first["id"]]
        assert (await read(client, second["id"]))["is_duplicate"]


async def test_a_broken_pdf_and_a_troubled_ai_end_in_error():
    async with zefort() as (app, client):
        broken = await create(client, content=b"not a pdf")
        app.act({"advance": 2})
        assert (await read(client, broken["id"]))["status"] == "error"
        app.switches.ends_in = "limited"
        limited = await create(client)
        app.act({"advance": 2})
        assert (await read(client, limited["id"]))["status"] == "limited"
