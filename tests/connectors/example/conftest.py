"""An account at the sandbox, in the same process, and what is sent through it."""

from decimal import Decimal

import httpx
import pytest

from connectors.contract import Delivery, Feedback, Result
from connectors.example import Settings, connect
from connectors.example.sandbox import ExampleSandbox, Switches
from connectors.sandbox_faults import Fault
from tests.connectors.source_file import SourceFile


class Account:
    """A sandbox and the connection to it."""

    def __init__(self, app, connection):
        self.app = app
        self.connection = connection

    # source only
    @property
    def source(self):
        return self.connection.sources["documents"]

    # destination only
    @property
    def destination(self):
        return self.connection.destinations["documents"]

    # both
    @property
    def documents(self):
        return self.app.state()["documents"]

    def strike(self, kind, method="*", path="*", **more):
        self.app.shared.faults.append(Fault(kind, method, path, **more))


@pytest.fixture
async def open_account():
    opened = []

    async def open_one(documents=0, **switches):
        app = ExampleSandbox(documents, 7, Switches(**switches))
        chosen = {"base_url": "http://127.0.0.1/v1", "settle_seconds": 60.0, **app.credentials}
        connection = await connect("example", Settings(**chosen), transport=httpx.ASGITransport(app))
        opened.append(connection)
        return Account(app, connection)

    yield open_one
    for connection in opened:
        await connection.close()


# source only
@pytest.fixture
def feedback():
    def make(document_id, *, seq=1, judged=bool, **actions):
        return Feedback(document_id, Result.DELIVERED, "far-1", None, actions, seq, judged)

    return make


# destination only
@pytest.fixture
def source_file():
    return SourceFile


@pytest.fixture
def delivery():
    def make(*files, key="hypatos_to_example:d1", replaces=None, **changes):
        payload = {"title": "Invoice 4711", "amount": Decimal("10.50"), **changes}
        return Delivery(key, payload, [file.attachment() for file in files], replaces)

    return make
