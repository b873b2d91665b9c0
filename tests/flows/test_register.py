"""Several processes that need the same new entry of an account's registers at the same time make one of it."""

import asyncio
import hashlib
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest

from connectors.contract import Attachment, Delivery, Download, File
from connectors.zefort import Settings, connect
from connectors.zefort.sandbox import Switches, ZefortSandbox
from flows.memory import LedgerMemory
from tests.connectors.memory_journal import MemoryJournal
from tests.ledgers import open_ledger
from tests.postgres import throw_away_schema

WORKERS = 3


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def state_url(request, tmp_path):
    """Address a ledger that does not exist yet, in each of the databases."""
    if request.param == "SQLite":
        yield f"sqlite:///{tmp_path}/state.db"
    else:
        with throw_away_schema() as url:
            yield url


def invoice(number):
    """Return a delivery that names a party, a tag and a binder."""
    content = b"%PDF-1.7 " + str(number).encode()

    @asynccontextmanager
    async def opened():
        async def chunks():
            yield content

        yield Download(chunks(), len(content), hashlib.sha256(content).hexdigest(), "application/pdf")

    file = Attachment(File("f1", "invoice.pdf", "application/pdf", main=True), opened)
    payload = {
        "attributes": {"title": f"Invoice {number}"},
        "parties": [{"name": "Nyberg Oy", "country": "FI"}],
        "tags": ["nordic"],
    }
    return Delivery(f"key-{number}", payload | {"binders": ["Nordic"]}, [file])


async def test_workers_with_ledgers_of_their_own_make_one_party_one_tag_and_one_binder(state_url):
    app = ZefortSandbox(Switches(queued=0.0, processing=0.0, tag_names_unique=False))

    async def slowly(scope, receive, send):
        await asyncio.sleep(0.02)  # so that all have looked before any of them has made anything
        await app(scope, receive, send)

    settings = Settings(base_url="http://127.0.0.1/api/", settle_seconds=0, max_concurrency=16, **app.credentials)
    async with AsyncExitStack() as stack:

        async def worker(number):
            ledger = await open_ledger(state_url)
            stack.push_async_callback(ledger.close)
            memory, transport = LedgerMemory(ledger, "zefort"), httpx.ASGITransport(slowly)
            connection = await connect("zefort", settings, transport=transport, memory=memory)
            stack.push_async_callback(connection.close)
            return connection.destinations["contracts"].push(invoice(number), MemoryJournal())

        pushes = [await worker(number) for number in range(WORKERS)]
        contracts = await asyncio.gather(*pushes)
    shown = app.state()
    assert len(set(contracts)) == WORKERS
    for register, name in {"parties": "Nyberg Oy", "tags": "nordic", "binders": "Nordic"}.items():
        assert [entry["name"] for entry in shown[register].values()].count(name) == 1, (register, shown[register])
