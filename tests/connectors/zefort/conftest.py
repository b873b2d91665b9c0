"""An account at the sandbox, in the same process, a journal, and deliveries to push."""

import hashlib
from contextlib import asynccontextmanager
from decimal import Decimal

import httpx
import pytest

from connectors.auth import Basic
from connectors.contract import Attachment, Delivery, Download, File
from connectors.http import Api
from connectors.zefort import Settings, connect
from connectors.zefort.client import ZefortClient
from connectors.zefort.finder import Finder
from connectors.zefort.sandbox import Switches, ZefortSandbox
from tests.connectors.zefort.reader import Reader


class Account:
    """A sandbox and the connection to it."""

    def __init__(self, app, connection, page_size):
        self.app = app
        self.connection = connection
        self.contracts = connection.destinations["contracts"]
        api = Api("zefort", "http://127.0.0.1/api/", Basic(app.api_key, ""), transport=httpx.ASGITransport(app))
        self._finder = Finder(ZefortClient(api, page_size))

    async def found(self, marker, days=2):
        """Return the id of the contract with a marker, None if none is found."""
        shown = await self._finder.find(marker, days)
        return shown and shown.id

    @property
    def shown(self):
        """Everything the sandbox holds."""
        return self.app.state()

    @property
    def only(self):
        """The one contract there is."""
        (contract,) = self.shown["contracts"].values()
        return contract

    def asked(self, endpoint):
        """How often an endpoint was called."""
        return self.app.requests[endpoint]

    def ai_finishes(self):
        """Let the time pass that queue and AI take."""
        self.app.act({"advance": 60})


class SourceFile:
    """A file at its source. `opened` counts; `announced` lets the source lie about the size."""

    def __init__(self, content, file_id="f1", name="invoice.pdf", *, main=True, announced="true", pieces=7):
        self.content, self.announced, self.pieces = content, announced, pieces
        self.file = File(file_id, name, "application/pdf", main=main)
        self.opened = 0
        self.failure = None

    @property
    def sha256(self):
        """Hex digest of the content."""
        return hashlib.sha256(self.content).hexdigest()

    def attachment(self):
        """As a delivery carries it."""

        @asynccontextmanager
        async def open_it():
            self.opened += 1
            size = {"true": len(self.content), "unknown": None}.get(self.announced, self.announced)
            yield Download(self._chunks(), size, None, "application/pdf")

        return Attachment(self.file, open_it)

    async def _chunks(self):
        step = max(1, len(self.content) // self.pieces)
        for start in range(0, len(self.content), step):
            if self.failure and start > len(self.content) // 2:
                raise self.failure
            yield self.content[start : start + step]


class KilledError(BaseException):
    """The process died here."""


class Killing(httpx.AsyncBaseTransport):
    """The way to the sandbox, on which the process dies before or after the n-th request (from 1)."""

    def __init__(self, app):
        self.inner = httpx.ASGITransport(app)
        self.count = 0
        self.before = self.after = None

    async def handle_async_request(self, request):
        """Send a request, or die."""
        self.count += 1
        if self.count == self.before:
            raise KilledError
        response = await self.inner.handle_async_request(request)
        if self.count == self.after:
            raise KilledError
        return response


PAYLOAD = {
    "attributes": {
        "title": "Acme Oy 4711",
        "effective_date": "2026-05-01",
        "currency": "EUR",
        "value": Decimal("12345678901234567.89"),
    },
    "parties": [
        {"name": "Beispiel GmbH", "org_id": "DE1", "external_id": "hypatos:S1", "country": "DE", "role": "supplier"}
    ],
    "tags": ["invoice", "high-value"],
    "binders": ["Invoices"],
}


@pytest.fixture
def payload():
    def with_changes(**changes):
        return {key: value for key, value in {**PAYLOAD, **changes}.items() if value is not None}

    return with_changes


@pytest.fixture
def source_file():
    return SourceFile


@pytest.fixture
def delivery(payload):
    def make(*files, key="hypatos_to_zefort:d1", replaces=None, **changes):
        files = files or (SourceFile(f"%PDF-1.7 {key}".encode()),)
        return Delivery(key, payload(**changes), [file.attachment() for file in files], replaces)

    return make


@pytest.fixture
async def open_account():
    opened = []

    async def open_one(settings=None, app=None, transport=None, **switches):
        app = app or ZefortSandbox(Switches(**switches))
        chosen = {"base_url": "http://127.0.0.1/api/", **app.credentials, **(settings or {})}
        connection = await connect("zefort", Settings(**chosen), transport=transport or httpx.ASGITransport(app))
        opened.append(connection)
        return Account(app, connection, chosen.get("page_size", 50))

    yield open_one
    for connection in opened:
        await connection.close()


@pytest.fixture
def killing():
    return Killing


@pytest.fixture
def killed():
    return KilledError


@pytest.fixture
async def open_reader(open_account):
    async def open_one(**options):
        return Reader(await open_account(**options))

    return open_one


@pytest.fixture
async def reader(open_reader):
    return await open_reader()
