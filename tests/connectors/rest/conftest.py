"""A stand-in ERP in the same process, declarations of it, and deliveries."""

from decimal import Decimal

import httpx
import pytest

from connectors.contract import Delivery
from connectors.errors import TransientError
from connectors.rest import Settings, connect
from connectors.rest.sandbox import RestSandbox, Switches
from connectors.sandbox_faults import Fault
from tests.connectors.source_file import SourceFile

CREATE = "create: {path: /invoices, id: data.id}"
FIND = 'find: {path: /invoices, params: {externalKey: "{key}"}, id: "items[*].id", key: "items[*].externalKey"}'
UPDATE = 'update: {path: "/invoices/{id}"}'
READ = 'read: {path: "/invoices/{id}"}'
KEY = "key: {field: externalKey}"
FILE = 'file: {path: "/invoices/{id}/files", find: {path: "/invoices/{id}/files", names: "items[*].name"}}'
ALL = (CREATE, FIND, UPDATE, READ, KEY, FILE)


class Erp:
    """The stand-in and the connection to it."""

    def __init__(self, app, connection):
        self.app = app
        self.connection = connection
        self.objects = connection.destinations["invoices"]

    @property
    def held(self):
        return self.app.state()["invoices"]

    @property
    def only(self):
        (invoice,) = self.held.values()
        return invoice

    def strike(self, kind, method="*", path="*", **more):
        self.app.shared.faults.append(Fault(kind, method, path, **more))


@pytest.fixture
def declare(tmp_path):
    def write(*lines):
        path = tmp_path / "streams.yaml"
        path.write_text("invoices:\n" + "".join(f"  {line}\n" for line in lines))
        return str(path)

    return write


@pytest.fixture
async def erp(declare):
    opened = []

    async def open_one(*lines, settings=None, app=None, **switches):
        app = app or RestSandbox(Switches(**switches))
        login = {"token": app.token} if settings is None or not settings.keys() - {"settle_seconds", "checked"} else {}
        chosen = {
            "base_url": "http://127.0.0.1/api/v1",
            "streams": declare(*(lines or ALL)),
            "settle_seconds": 0.0,
            **login,
            **(settings or {}),
        }
        connection = await connect("erp", Settings(**chosen), transport=httpx.ASGITransport(app))
        opened.append(connection)
        return Erp(app, connection)

    yield open_one
    for connection in opened:
        await connection.close()


@pytest.fixture
def source_file():
    return SourceFile


@pytest.fixture
def delivery():
    def make(*files, key="hypatos_to_erp:d1", replaces=None, **changes):
        payload = {"number": "4711", "amount": Decimal("12345678901234567.89"), "supplier": {"name": "Müller"}}
        return Delivery(key, {**payload, **changes}, [file.attachment() for file in files], replaces)

    return make


async def until_done(erp, delivery, journal, most=5):
    """Push as an engine does, again after a failure; return the id."""
    for _ in range(most):
        try:
            return await erp.objects.push(delivery, journal)
        except TransientError:
            continue
    raise AssertionError("not done")
