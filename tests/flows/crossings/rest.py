"""From Hypatos to an ERP with a REST API: one object for each document, with its files, written once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.rest.sandbox import RestSandbox, Switches
from tests.flows.crossings.crossing import Crossing, Held
from tests.flows.crossings.hypatos_queue import ENDING, HypatosQueue

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flows.findings import Findings

STREAMS = """
invoices:
  create: {method: POST, path: /invoices, id: data.id}
  key: {field: externalKey}
  find: {path: /invoices, params: {externalKey: "{key}"}, id: "items[*].id", key: "items[*].externalKey"}
  update: {method: PUT, path: "/invoices/{id}"}
  read: {path: "/invoices/{id}"}
  file: {path: "/invoices/{id}/files", find: {path: "/invoices/{id}/files", names: "items[*].name"}}
"""
ROUTE = """
source: hypatos.documents
destination: erp.invoices
files: all
fields:
  number: {from: entities.number, required: true}
  supplier: {from: entities.supplier.name, required: true}
  amount: {from: entities.totalAmount, type: decimal}
"""


class Erp:
    """The API, with nothing in it at first."""

    on_disk = False
    whole = False

    def __init__(self, near: HypatosQueue) -> None:
        self._near = near
        self.app = RestSandbox(Switches())
        self.apps = {"erp": self.app}

    def begin(self, folder: Path) -> dict[str, str]:
        """Start over with nothing there."""
        self.app.reset()
        (folder / "erp.yaml").write_text(STREAMS, encoding="utf-8")
        return {"ERP_PROVIDER": "rest", "ERP_STREAMS": "erp.yaml"}

    def held(self) -> dict[str, Held]:
        """Return the objects by the document whose key they have, each as often as it was written."""
        found: dict[str, Held] = {}
        for one in self.app.invoices.values():
            route, _, document_id = (one.key or "").partition(":")
            held = found.setdefault(document_id if route == "to_erp" else "", Held(one.id))
            fields = [f"{name} {value}" for name, value in one.fields.items()]
            held.shows += fields * one.writes + [file.digest[:8] for file in one.files]
        return found

    def wanted(self, document_id: str) -> list[str]:
        """Return the fields of one object and the digests of its files."""
        entities = self._near.entities(document_id)
        fields = {
            "number": entities["number"], "supplier": entities["supplier"]["name"], "amount": entities["totalAmount"],
        }  # fmt: skip
        digests = [sha256[:8] for _, sha256 in self._near.files[document_id]]
        return [*(f"{name} {value}" for name, value in fields.items()), *digests]

    def audit(self, found: Findings) -> None:
        """Nothing else can be there."""


def to_erp() -> Crossing:
    """Make the crossing."""
    near = HypatosQueue()
    return Crossing("to_erp", ROUTE + ENDING, near, Erp(near))
