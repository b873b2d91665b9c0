"""An account at the sandbox, in the same process, and a journal."""

import httpx
import pytest

from connectors.contract import Feedback, Result
from connectors.hypatos import Settings, connect
from connectors.hypatos.sandbox import HypatosSandbox, Switches
from tests.connectors.hypatos.desk import Desk


class Account:
    """A sandbox and the connection to it."""

    def __init__(self, app, connection):
        self.app = app
        self.connection = connection
        self.source = connection.sources["documents"]

    async def all_ids(self):
        return [change.document_id async for page in self.source.changes(None) for change in page.changes]

    async def first(self):
        return (await self.all_ids())[0]

    def shown(self, document_id):
        return self.app.state()["documents"][document_id]

    def effective(self, document_id):
        return {
            kind: count["effective"] for kind, count in self.shown(document_id)["counts"].items() if count["effective"]
        }

    def asked(self, endpoint):
        return self.app.requests[endpoint]


@pytest.fixture
async def open_account():
    opened = []

    async def open_one(documents=20, settings=None, **switches):
        app = HypatosSandbox(documents, 7, Switches(**{"quota": 0, "applied_after": 0.0, **switches}))
        chosen = {"base_url": "http://127.0.0.1/v2", "verify_within": 1.0, **app.credentials, **(settings or {})}
        connection = await connect("hypatos", Settings(**chosen), transport=httpx.ASGITransport(app))
        opened.append(connection)
        return Account(app, connection)

    yield open_one
    for connection in opened:
        await connection.close()


@pytest.fixture
def tell():
    def feedback(document_id, seq=1, **actions):
        return Feedback(document_id, Result.DELIVERED, "ct_1", None, actions, seq)

    return feedback


@pytest.fixture
async def open_desk():
    opened = []

    async def open_one(settings=None, app=None, transport=None, **switches):
        app = app or HypatosSandbox(0, 7, Switches(**{"quota": 0, "applied_after": 0.0, "processing": 0.0, **switches}))
        chosen = {"base_url": "http://127.0.0.1/v2", "verify_within": 0.02, "settle_seconds": 60.0, **app.credentials}
        connection = await connect(
            "hypatos", Settings(**{**chosen, **(settings or {})}), transport=transport or httpx.ASGITransport(app)
        )
        opened.append(connection)
        return Desk(app, connection)

    yield open_one
    for connection in opened:
        await connection.close()


@pytest.fixture
async def desk(open_desk):
    return await open_desk()
