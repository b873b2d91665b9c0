"""Plain HTTP clients for a sandbox of its own on a loopback port: signed in, and with nothing of ours in between."""

from __future__ import annotations

from contextlib import asynccontextmanager

import httpx

from connectors.hypatos.sandbox import HypatosSandbox
from connectors.hypatos.sandbox import Switches as HypatosSwitches
from connectors.sandbox import serve
from connectors.zefort.sandbox import Switches as ZefortSwitches
from connectors.zefort.sandbox import ZefortSandbox

FORM = {"grant_type": "client_credentials"}
QUEUE = [("state", "done"), ("state", "doneAutomatically"), ("sort", "createdAt")]
TEXT = {"content-type": "text/plain; charset=utf-8"}
PDF = b"%PDF-1.4 a contract"
SKIP_ALL = ["effective_date", "end_date", "main_language", "parties", "taggings", "signed_date", "title"]


@asynccontextmanager
async def hypatos(documents=60, **switches):
    """Serve Hypatos without a quota (unless one is given) and sign in."""
    app = HypatosSandbox(documents, 7, HypatosSwitches(**{"quota": 0, **switches}))
    async with (
        serve({"hypatos": app}) as urls,
        httpx.AsyncClient(base_url=urls["hypatos"], verify=False) as client,
    ):
        await sign_in(app, client)
        yield app, client


async def sign_in(app, client):
    """Fetch a token and use it from now on."""
    answer = await client.post("/auth/token", data=FORM, auth=(app.client_id, app.client_secret))
    client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
    return answer


async def read_queue(client, limit=20):
    """Page by offset until a short page, as a simple client would."""
    ids, offset = [], 0
    while True:
        params = [*QUEUE, ("limit", str(limit)), ("offset", str(offset))]
        page = (await client.get("/documents", params=params)).json()["data"]
        ids += [item["id"] for item in page]
        offset += limit
        if len(page) < limit:
            return ids


def ready(app):
    """Return the ids of the documents that are up for export."""
    return {one.id for one in app.store.records.values() if one.state in ("done", "doneAutomatically")}


async def settled(app, client, document_id):
    """Read a document after everything that was accepted has been applied."""
    app.act({"advance": 1})
    return (await client.get(f"/documents/{document_id}")).json()


@asynccontextmanager
async def zefort(contracts=0, faults=(), **switches):
    """Serve Zefort with some empty contracts in it."""
    app = ZefortSandbox(ZefortSwitches(faults=list(faults), **switches))
    for number in range(contracts):
        app.store.create({"title": f"Contract {number}"}, [], [])
    async with (
        serve({"zefort": app}) as urls,
        httpx.AsyncClient(base_url=urls["zefort"], verify=False, auth=(app.api_key, "")) as client,
    ):
        yield app, client


async def create(client, name="a.pdf", content=PDF, media_type="application/pdf", **fields):
    """Create a contract with a file."""
    files = {"blob": (name, content, media_type)}
    answer = await client.post("contracts/", files=files, data={"docai_skip": SKIP_ALL, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def read(client, contract_id):
    """Read a contract."""
    return (await client.get(f"contracts/{contract_id}/")).json()


async def titles(client, path="contracts/", **params):
    """Follow the pages until the last one, as a simple client would."""
    found, page = [], 1
    while True:
        answer = await client.get(path, params={**params, "page": page})
        if answer.status_code == 404:
            return found
        body = answer.json()
        found += [one["attributes"]["title"] for one in body["results"]]
        if page >= body["last_page"]:
            return found
        page += 1
