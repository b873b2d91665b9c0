"""A folder on disk or in memory, deliveries for it, and files that behave badly at their source."""

import hashlib
import uuid
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from connectors.contract import Attachment, Delivery, Download, File
from connectors.folder import Settings, connect
from connectors.folder.destination import Folders
from connectors.folder.local import LocalPlace
from connectors.folder.remote import RemotePlace

PAYLOAD = {"title": "Müller & Söhne 発票 4711", "amount": Decimal("12345678901234567.89"), "lines": [{"position": 1}]}


class SourceFile:
    """A file at its source. `failure` is raised in the middle."""

    def __init__(self, content, name="invoice.pdf", file_id="f1", *, size="true", failure=None):
        self.content, self.failure = content, failure
        self.file = File(file_id, name, "application/pdf")
        self.size = len(content) if size == "true" else size

    @property
    def sha256(self):
        return hashlib.sha256(self.content).hexdigest()

    def attachment(self):
        @asynccontextmanager
        async def open_it():
            yield Download(self._chunks(), self.size, None, "application/pdf")

        return Attachment(self.file, open_it)

    async def _chunks(self):
        half = len(self.content) // 2
        yield self.content[:half]
        if self.failure:
            raise self.failure
        yield self.content[half:]


@pytest.fixture
def source_file():
    return SourceFile


@pytest.fixture
def delivery():
    def make(*files, key="hypatos_to_archive:d1", replaces=None, **changes):
        files = files or (SourceFile(f"%PDF-1.7 {key}".encode()),)
        return Delivery(key, {**PAYLOAD, **changes}, [file.attachment() for file in files], replaces)

    return make


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "archive"
    folder.mkdir()
    return folder


@pytest.fixture
async def archive(root):
    return (await connect("archive", Settings(url=str(root)))).destinations["documents"]


class Anywhere(Folders):
    """A folder whose place a test can look into."""

    def __init__(self, place):
        super().__init__(place, "documents", ["title"])
        self.place = place

    async def names(self, folder):
        return set(await self.place.beginning(folder, ""))


@pytest.fixture(params=["disk", "memory"])
def anywhere(request, tmp_path):
    if request.param == "disk":
        return Anywhere(LocalPlace("archive", tmp_path))
    return Anywhere(RemotePlace("archive", MemoryFileSystem, f"/{uuid.uuid4().hex}", renames=False))
