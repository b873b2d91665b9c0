"""Databases to write into: SQLite in a file, PostgreSQL in a schema of the test's own (where a server answers)."""

import os
import uuid
from dataclasses import dataclass
from decimal import Decimal

import pytest
import sqlalchemy as sa

from connectors.contract import Delivery
from connectors.sql import Settings, connect

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgresql+psycopg://root@127.0.0.1:5432/test")

TABLES = {
    "sqlite": """
        CREATE TABLE invoices (
            id INTEGER PRIMARY KEY, docferry_key VARCHAR(100) NOT NULL UNIQUE, number VARCHAR(10) NOT NULL UNIQUE,
            supplier TEXT, amount NUMERIC(12,2), due DATE, seen_at TIMESTAMP, paid BOOLEAN, pieces INTEGER, raw JSON,
            approved_by TEXT, currency CHAR(3) DEFAULT 'EUR' NOT NULL);
        CREATE TABLE invoice_lines (
            invoice_id INTEGER NOT NULL REFERENCES invoices(id), position INTEGER NOT NULL, text VARCHAR(20) NOT NULL,
            amount NUMERIC(12,2), PRIMARY KEY (invoice_id, position));
        CREATE TABLE unkeyed (docferry_key TEXT, number TEXT);
        CREATE TABLE plain (docferry_key VARCHAR(20) PRIMARY KEY, exact TEXT);
    """,
    "postgresql": """
        CREATE TABLE invoices (
            id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, docferry_key VARCHAR(100) NOT NULL UNIQUE,
            number VARCHAR(10) NOT NULL UNIQUE, supplier TEXT, amount NUMERIC(12,2), due DATE, seen_at TIMESTAMPTZ,
            paid BOOLEAN, pieces INTEGER, raw JSONB, approved_by TEXT, currency CHAR(3) DEFAULT 'EUR' NOT NULL);
        CREATE TABLE invoice_lines (
            invoice_id BIGINT NOT NULL REFERENCES invoices(id), position INTEGER NOT NULL, text VARCHAR(20) NOT NULL,
            amount NUMERIC(12,2), PRIMARY KEY (invoice_id, position));
        CREATE TABLE unkeyed (docferry_key TEXT, number TEXT);
        CREATE UNIQUE INDEX unkeyed_partly ON unkeyed (docferry_key) WHERE number IS NOT NULL;
        CREATE TABLE plain (docferry_key VARCHAR(20) PRIMARY KEY, exact NUMERIC);
    """,
}
STREAMS = """
invoices:
  children:
    lines: {table: invoice_lines, parent: invoice_id}
"""


@dataclass
class Store:
    """A database, what is in it, and how it is connected to."""

    kind: str
    url: str
    engine: sa.Engine
    streams: str

    def execute(self, statement):
        with self.engine.begin() as connection:
            result = connection.exec_driver_sql(statement)
            return result.all() if result.returns_rows else []

    def rows(self, table="invoices", columns="*", order="1"):
        return [tuple(row) for row in self.execute(f"SELECT {columns} FROM {table} ORDER BY {order}")]

    async def open(self, **more):
        return await connect("dwh", Settings(**{"url": self.url, "streams": self.streams, **more}))


def postgres_there():
    try:
        sa.create_engine(POSTGRES).connect().close()
    except sa.exc.SQLAlchemyError:
        return False
    return True


def lay_out(store):
    for statement in filter(str.strip, TABLES[store.kind].split(";")):
        store.execute(statement)


@pytest.fixture
def unencoded(tmp_path):
    """Make a store in a database of PostgreSQL that has no encoding."""
    if not postgres_there():
        pytest.skip("no PostgreSQL answers at TEST_POSTGRES_URL")
    name = f"docferry_{uuid.uuid4().hex[:12]}"
    streams = tmp_path / "streams.yaml"
    streams.write_text(STREAMS)
    server = sa.create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(
            sa.text(f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
        )
        url = sa.make_url(POSTGRES).set(database=name)
        engine = sa.create_engine(url, connect_args={"client_encoding": "utf8"})
        made = Store("postgresql", url.render_as_string(hide_password=False), engine, str(streams))
        lay_out(made)
        yield made
        engine.dispose()
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    streams = tmp_path / "streams.yaml"
    streams.write_text(STREAMS)
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/dwh.db"
        schema = None
    else:
        if not postgres_there():
            pytest.skip("no PostgreSQL answers at TEST_POSTGRES_URL")
        schema = f"docferry_{uuid.uuid4().hex[:12]}"
        url = f"{POSTGRES}?options=-csearch_path%3D{schema}"
    engine = sa.create_engine(url)
    made = Store(request.param, url, engine, str(streams))
    if schema:
        made.execute(f"CREATE SCHEMA {schema}")
    lay_out(made)
    yield made
    if schema:
        made.execute(f"DROP SCHEMA {schema} CASCADE")
    engine.dispose()


@pytest.fixture
async def invoices(store):
    connection = await store.open()
    yield connection.destinations["invoices"]
    await connection.close()


PAYLOAD = {
    "number": "4711",
    "supplier": "Müller & Söhne 発票",
    "amount": Decimal("1234567890.10"),
    "due": "2026-12-31",
    "seen_at": "2026-11-25T12:00:00+01:00",
    "paid": True,
    "pieces": 3,
    "raw": {"total": Decimal("0.1000000000000000055")},
    "lines": [{"text": "one", "amount": Decimal("1.10")}, {"text": "two"}],
}


@pytest.fixture
def delivery():
    def make(key="hypatos_to_dwh:d1", replaces=None, without=(), **changes):
        payload = {name: value for name, value in {**PAYLOAD, **changes}.items() if name not in without}
        return Delivery(key, payload, (), replaces)

    return make
