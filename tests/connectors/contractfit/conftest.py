"""An account at the sandbox, in the same process, a journal, and deliveries to push."""

import hashlib
import json
from contextlib import asynccontextmanager

import httpx
import pytest

from connectors.contract import Attachment, Delivery, Download, Feedback, File, Result
from connectors.contractfit import Settings, connect
from connectors.contractfit.sandbox import ContractfitSandbox, Switches


class Account:
    """A sandbox and the connection to it."""

    def __init__(self, app, connection):
        self.app = app
        self.connection = connection
        self.source = connection.sources["documents"]
        self.destination = connection.destinations["documents"]

    async def read(self, cursor=None):
        """List once; return the changes, the cursor to go on from (the old one if it did not move), and the last page."""
        changes, page = [], None
        async for page in self.source.changes(cursor):
            changes += page.changes
            cursor = page.cursor or cursor
        return changes, cursor, page

    async def ids(self, cursor=None):
        return [change.document_id for change in (await self.read(cursor))[0]]

    @property
    def documents(self):
        return self.app.state()["documents"]

    def expected(self, *statuses):
        """Ids of the demo documents of the first inbox that were made with one of these statuses."""
        demo, inbox = self.app.store.demo, self.app.credentials["inbox"]
        return {
            one.id
            for one in self.app.store.records.values()
            if one.inbox == inbox and one.number is not None and demo.life(one.number) in statuses
        }

    def add(self, **what):
        return self.app.act({"add": what})["id"]

    def asked(self, endpoint):
        return self.app.requests[endpoint]


class SourceFile:
    """A file at its source; `opened` counts."""

    def __init__(self, content=b"%PDF-1.7 one", file_id="f1", name="invoice.pdf", *, main=True):
        self.content = content
        self.file = File(file_id, name, "application/pdf", main=main)
        self.opened = 0

    @property
    def sha256(self):
        return hashlib.sha256(self.content).hexdigest()

    def attachment(self):
        @asynccontextmanager
        async def open_it():
            self.opened += 1
            yield Download(self._chunks(), len(self.content), None, "application/pdf")

        return Attachment(self.file, open_it)

    async def _chunks(self):
        yield self.content


@pytest.fixture
async def open_account():
    opened = []

    async def open_one(documents=40, settings=None, app=None, transport=None, **switches):
        app = app or ContractfitSandbox(documents, 7, Switches(**switches))
        chosen = {
            "base_url": "http://127.0.0.1/api",
            "verify_within": 0.02,
            "settle_seconds": 120.0,
            **app.credentials,
            **(settings or {}),
        }
        chosen = {name: value for name, value in chosen.items() if value is not None}
        connection = await connect("contractfit", Settings(**chosen), transport=transport or httpx.ASGITransport(app))
        opened.append(connection)
        return Account(app, connection)

    yield open_one
    for connection in opened:
        await connection.close()


@pytest.fixture
def source_file():
    return SourceFile


@pytest.fixture
def delivery():
    def make(*files, key="route:d1", replaces=None, **payload):
        files = files or (SourceFile(),)
        return Delivery(key, payload, [file.attachment() for file in files], replaces)

    return make


@pytest.fixture
def tell():
    def feedback(document_id, seq=1, **actions):
        return Feedback(document_id, Result.DELIVERED, "x_1", None, actions, seq)

    return feedback


class KilledError(BaseException):
    """The process died here."""


class Killing(httpx.AsyncBaseTransport):
    """The way to the sandbox, on which the process dies before or after the n-th request (from 1)."""

    def __init__(self, app):
        self.inner = httpx.ASGITransport(app)
        self.count = 0
        self.before = self.after = None

    async def handle_async_request(self, request):
        self.count += 1
        if self.count == self.before:
            raise KilledError
        response = await self.inner.handle_async_request(request)
        if self.count == self.after:
            raise KilledError
        return response


@pytest.fixture
def killing():
    return Killing


@pytest.fixture
def killed():
    return KilledError


class Rewriting(httpx.AsyncBaseTransport):
    """The way to the sandbox, on which the rows of listings and single documents are written anew by functions."""

    def __init__(self, app):
        self.inner = httpx.ASGITransport(app)
        self.row = self.document = None

    async def handle_async_request(self, request):
        response = await self.inner.handle_async_request(request)
        path = request.url.path
        listing, document = path.endswith("/paginated"), path.rpartition("/")[0].endswith("/documents")
        if request.method != "GET" or response.status_code != 200 or not (listing or document):
            return response
        body = json.loads(await response.aread())
        if listing and self.row:
            body["results"] = [self.row(row) for row in body["results"]]
        if document and self.document:
            body = self.document(body)
        return httpx.Response(200, json=body)


@pytest.fixture
def rewriting():
    return Rewriting


@pytest.fixture
async def empty(open_account):
    return await open_account(0)
