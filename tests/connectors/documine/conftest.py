"""An account at the sandbox, in the same process, a journal, and deliveries to push."""

import hashlib
from contextlib import asynccontextmanager

import httpx
import pytest

from connectors.contract import Attachment, Delivery, Download, File
from connectors.documine import Settings, connect
from connectors.documine.sandbox import DocumineSandbox, Switches
from connectors.oauth import ProcessStore

BASE = "http://127.0.0.1"


class Account:
    """A sandbox and the connection to it."""

    def __init__(self, app, connection):
        self.app = app
        self.connection = connection
        self.source = connection.sources["files"]
        self.destination = connection.destinations["files"]

    @property
    def shown(self):
        """Everything the sandbox holds."""
        return self.app.state()

    @property
    def tokens(self):
        """What the token endpoint was asked."""
        return [tuple(entry) for entry in self.shown["tokens"]["log"]]

    async def listed(self):
        """Read the source's listing: hints by file id."""
        return {
            change.document_id: change.version async for page in self.source.changes(None) for change in page.changes
        }

    async def first(self):
        """Return a file that is listed and analysed."""
        shown = self.shown["documents"]
        return next(one for one in await self.listed() if shown[one]["status"] == "PROCESSED")

    def inbox(self, dossier="Inbox"):
        """Return the files of a dossier."""
        return [one for one in self.shown["documents"].values() if one["dossier"] == dossier]

    def asked(self, endpoint):
        """How often an endpoint was called; `F` stands for the path of a file, `D` for that of a dossier."""
        dossier = "/api/dossier-templates/{}/dossiers/{}"
        method, _, path = endpoint.partition(" ")
        path = path.replace("F", dossier + "/files/{}", 1) if path.startswith("F") else path
        path = path.replace("D", dossier, 1) if path.startswith("D") else path
        return self.app.requests[f"{method} {path}"]


class SourceFile:
    """A file at its source; `opened` counts."""

    def __init__(
        self, content=b"%PDF-1.7 report", file_id="f1", name="report.pdf", *, main=True, media_type="application/pdf"
    ):
        self.content = content
        self.file = File(file_id, name, media_type, main=main)
        self.opened = 0

    @property
    def sha256(self):
        """Hex digest of the content."""
        return hashlib.sha256(self.content).hexdigest()

    def attachment(self):
        """As a delivery carries it."""

        @asynccontextmanager
        async def open_it():
            self.opened += 1
            yield Download(self._chunks(), len(self.content), None, self.file.media_type)

        return Attachment(self.file, open_it)

    async def _chunks(self):
        yield self.content


@pytest.fixture
async def open_account():
    opened = []

    async def open_one(documents=20, settings=None, app=None, store=None, memory=None, **switches):
        app = app or DocumineSandbox(documents, 7, Switches(**switches))
        chosen = {
            "base_url": BASE,
            "poll_seconds": 0.02,
            "settle_seconds": 0.2,
            **app.credentials,
            **(settings or {}),
        }
        chosen = {name: value for name, value in chosen.items() if value is not None}
        connection = await connect(
            "documine", Settings(**chosen), transport=httpx.ASGITransport(app), token_store=store, memory=memory
        )
        opened.append(connection)
        return Account(app, connection)

    yield open_one
    for connection in opened:
        await connection.close()


@pytest.fixture
def store():
    return ProcessStore()


@pytest.fixture
def source_file():
    return SourceFile


@pytest.fixture
def delivery():
    def make(*files, key="r:d1", replaces=None, **payload):
        files = files or (SourceFile(f"%PDF-1.7 {key}".encode()),)
        return Delivery(key, {"dossier": "Inbox", **payload}, [file.attachment() for file in files], replaces)

    return make
