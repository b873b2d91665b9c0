"""A table for the contract suite: SQLite, with a driver between that loses commits."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import weakref
from decimal import Decimal
from pathlib import Path

from sqlalchemy import URL
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from tests.contract.elsewhere import HTTP, WIRE, Elsewhere
from tests.contract.subject import DestinationSubject, Held

TABLES = """
    CREATE TABLE invoices (
        id INTEGER PRIMARY KEY, docferry_key VARCHAR(100) NOT NULL UNIQUE, title VARCHAR(250) NOT NULL, amount TEXT, due DATE,
        checked TEXT);
    CREATE TABLE invoice_lines (
        invoice_id INTEGER NOT NULL REFERENCES invoices(id) ON DELETE CASCADE, position INTEGER NOT NULL, text TEXT,
        amount NUMERIC(12,2));
"""
PASSWORD = "sandbox-database-password-5b1f"
PLACES = weakref.WeakValueDictionary()
"""The databases that are open, by the path of their file."""


class Tables(Elsewhere):
    """A database file. A transaction passes when it is committed: POST if it made a row, PUT if it changed some."""

    def __init__(self):
        super().__init__()
        folder = tempfile.mkdtemp()
        weakref.finalize(self, shutil.rmtree, folder)
        self.file = str(Path(folder) / "dwh.db")
        PLACES[self.file] = self
        for statement in filter(str.strip, TABLES.split(";")):
            self.do(statement)

    @property
    def credentials(self):
        return {"url": f"sqlite+staged://docferry:{PASSWORD}@localhost/{self.file}", "password": PASSWORD}

    def failure(self, fault):
        return sqlite3.OperationalError(fault.body or "disk I/O error")

    def do(self, statement, *values):
        """Do something as somebody else."""
        connection = sqlite3.connect(self.file)
        try:
            with connection:
                connection.execute("PRAGMA foreign_keys=ON")
                return connection.execute(statement, values).fetchall()
        finally:
            connection.close()

    def state(self):
        """Show every row with its lines."""
        rows = self.do("SELECT id, docferry_key, title, amount, due, checked FROM invoices ORDER BY id")
        lines = "SELECT position, text, amount FROM invoice_lines WHERE invoice_id = ? ORDER BY 1"
        return {"invoices": [(*row, self.do(lines, row[0])) for row in rows]}


class Staged(SQLiteDialect_pysqlite):
    """SQLite's dialect, whose commits pass the database they belong to. The address takes a password, as others' do."""

    driver = "staged"
    supports_statement_cache = True

    def create_connect_args(self, url):
        self.place, self.written = PLACES[url.database], "GET"
        return super().create_connect_args(URL.create("sqlite", database=url.database))

    def do_execute(self, cursor, statement, parameters, context=None):
        self._note(statement)
        super().do_execute(cursor, statement, parameters, context)

    def do_executemany(self, cursor, statement, parameters, context=None):
        self._note(statement)
        super().do_executemany(cursor, statement, parameters, context)

    def do_commit(self, dbapi_connection):
        method, self.written = self.written, "GET"
        self.place.passing(f"{method} /rows", lambda: super(Staged, self).do_commit(dbapi_connection))

    def do_rollback(self, dbapi_connection):
        self.written = "GET"
        super().do_rollback(dbapi_connection)

    def _note(self, statement):
        if statement.startswith("INSERT INTO invoices "):
            self.written = "POST"
        elif statement.startswith(("INSERT", "UPDATE", "DELETE")) and self.written == "GET":
            self.written = "PUT"


registry.register("sqlite.staged", __name__, "Staged")


class Invoices(DestinationSubject):
    """Rows with child rows."""

    provider, stream = "sql", "invoices"
    settings = {"streams": str(Path(__file__).with_suffix(".yaml"))}
    reading, creating = "GET /rows", "POST /rows"
    files, learns = 0, 1
    optional, pieces = "due", 3
    writes_again = True
    exempt = WIRE | {
        "test_a_record_that_a_person_dropped_is_not_made_again_by_an_update": (
            "a table does not tell a person from a program that took the row away: import tables are emptied by whoever "
            "reads them, warehouses are reloaded, and a change has to come again"
        ),
        "test_a_search_that_lags_doubles_nothing": "a row is seen as soon as it is committed; nothing is searched",
        "test_many_calls_at_once_stay_within_the_limit": "there is one connection with one transaction at a time",
        "test_one_404_is_no_proof_that_a_record_is_gone": f"{HTTP}, and so no 404; a missing row is never sure",
    }

    def sandbox(self):
        return Tables()

    def payload(self, title, amount):
        lines = [{"text": "one", "amount": Decimal("1.10")}, {"text": "two"}]
        return {"title": title, "amount": amount, "due": "2026-12-31", "lines": lines}

    def refused(self):
        return {"due": "31.12.2026"}, "due"

    def held(self, app):
        return [_held(row) for row in app.state()["invoices"]]

    def finish(self, app):
        """Nothing is to be finished: what is committed is there."""

    def add_to(self, app, external_id):
        app.do("UPDATE invoices SET checked = 'by hand' WHERE id = ?", external_id)
        return "by hand"

    def trash(self, app, external_id):
        app.do("DELETE FROM invoices WHERE id = ?", external_id)

    def lag(self, app, seconds):
        del app, seconds  # nothing here could lag


def _held(row):
    number, _, title, amount, _, checked, lines = row
    return Held(
        str(number), title, Decimal(amount), (), row, [f"line {line}" for line in lines] + [checked or "unchecked"]
    )


SUBJECTS = (Invoices(),)
