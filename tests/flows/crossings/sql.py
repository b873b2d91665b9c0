"""From Hypatos to tables: one row for each document and one for each of its lines."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.flows.crossings.crossing import Crossing, Held
from tests.flows.crossings.hypatos_queue import ENDING, HypatosQueue

if TYPE_CHECKING:
    from pathlib import Path

    from connectors.sandbox_app import SandboxApp
    from tests.flows.findings import Findings

# The lines have no key, so that the tables themselves would take a line twice. The connector insists on the documents' key.
TABLES = """
CREATE TABLE invoices (
    id INTEGER PRIMARY KEY, docferry_key VARCHAR(200) NOT NULL UNIQUE, number TEXT NOT NULL, supplier TEXT NOT NULL
);
CREATE TABLE invoice_lines (
    invoice_id INTEGER NOT NULL REFERENCES invoices(id), position INTEGER NOT NULL, amount NUMERIC(15,2)
);
"""
STREAMS = "invoices: {children: {lines: {table: invoice_lines, parent: invoice_id}}}\n"
ROUTE = """
source: hypatos.documents
destination: dwh.invoices
files: none
fields:
  number: {from: entities.number, required: true}
  supplier: {from: entities.supplier.name, required: true}
  lines:
    each: entities.items
    as: item
    fields:
      amount: {from: item.amount, type: decimal}
"""


class Warehouse:
    """A SQLite file of its own for each trial."""

    on_disk = False
    whole = True
    apps: dict[str, SandboxApp] = {}

    def __init__(self, near: HypatosQueue) -> None:
        self._near = near

    def begin(self, folder: Path) -> dict[str, str]:
        """Start over with empty tables."""
        self.path = folder / "dwh.db"
        with closing(sqlite3.connect(self.path)) as connection:
            connection.executescript(TABLES)
        (folder / "dwh.yaml").write_text(STREAMS, encoding="utf-8")
        return {"DWH_PROVIDER": "sql", "DWH_URL": f"sqlite:///{self.path}", "DWH_STREAMS": "dwh.yaml"}

    def held(self) -> dict[str, Held]:
        """Return the rows by the document whose key they have, lines with their parent's."""
        found: dict[str, Held] = {}
        owners: dict[int, str] = {}
        for id_, key, number, supplier in self._rows("SELECT id, docferry_key, number, supplier FROM invoices"):
            route, _, document_id = key.partition(":")
            owners[id_] = document_id if route == "to_dwh" else ""
            held = found.setdefault(owners[id_], Held(str(id_)))
            held.shows += [f"number {number}", f"supplier {supplier}"]
        for parent, position, amount in self._rows("SELECT invoice_id, position, amount FROM invoice_lines"):
            shown = f"line {position}: {Decimal(str(amount)):.2f}"
            found.setdefault(owners.get(parent, ""), Held()).shows.append(shown)
        return found

    def wanted(self, document_id: str) -> list[str]:
        """Return what one row and its lines show."""
        entities = self._near.entities(document_id)
        lines = [f"line {place}: {line['amount']:.2f}" for place, line in enumerate(entities["items"], 1)]
        return [f"number {entities['number']}", f"supplier {entities['supplier']['name']}", *lines]

    def audit(self, found: Findings) -> None:
        """Nothing else can be there."""

    def _rows(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(query).fetchall()


def to_tables() -> Crossing:
    """Make the crossing."""
    near = HypatosQueue()
    return Crossing("to_dwh", ROUTE + ENDING, near, Warehouse(near))
