"""Hypatos as the end that documents come from, and its books: what must become of each document and what is told."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from connectors.hypatos.sandbox import HypatosSandbox, Switches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.flows.findings import Findings

KINDS = ("invoice", "credit_note", "contract")
ENDING = """
when: entities.documentType in ['invoice', 'credit_note', 'contract']
feedback:
  delivered: {external_id: "{{ external_id }}", transfer: true}
  rejected: {reject: "{{ reason }}"}
"""
"""What all routes from this queue have in common."""
_READY = ("done", "doneAutomatically")
_TOLD = {"delivered": ("external-id", "transfer"), "rejected": ("reject",)}
_STATES = {"delivered": "transferred", "rejected": "rejected"}
DOCUMENTS, SET = 7, 13
"""Of these seven documents one is not ready, one has no supplier, one is of no kind that is wanted, one has two files."""


class HypatosQueue:
    """A queue of seven documents for routes that want a supplier and have the feedback above."""

    name = "hypatos"

    def __init__(self) -> None:
        self.app = HypatosSandbox(DOCUMENTS, SET, Switches(quota=0, applied_after=0.0))
        self.demo = demo = self.app.store.demo
        self.numbers = {demo.document_id(number): number for number in range(demo.count)}
        self.fates = {document_id: self._fate(number) for document_id, number in self.numbers.items()}
        self.files = {
            document_id: [(file, hashlib.sha256(demo.content(number, file)).hexdigest()) for file in demo.files(number)]
            for document_id, number in self.numbers.items()
        }
        self.owners = {sha256: one for one, files in self.files.items() for _, sha256 in files}
        """The document that a file's bytes are of."""
        self.mains = {sha256 for files in self.files.values() for file, sha256 in files if file.main}

    def entities(self, document_id: str) -> Any:
        """Return what was extracted from a document."""
        return self.demo.entities(self.numbers[document_id])

    def begin(self) -> None:
        """Start over with a fresh account."""
        self.app.reset()

    def told(self) -> set[str]:
        """Return the documents about which anything was told so far."""
        return {record.id for record in self.app.store.records.values() if record.feedback}

    def audit(self, found: Findings, ids: Mapping[str, str]) -> None:
        """Check each document's feedback, external id and state."""
        shown: Any = self.app.state()["documents"]
        for document_id, fate in self.fates.items():
            document, what = shown[document_id], f"feedback about {document_id}"
            found.compare(what, _TOLD.get(fate, ()), (entry["kind"] for entry in document["feedback"]))
            state = _STATES.get(fate, self.demo.state(self.numbers[document_id]))
            if document["accepted_state"] != state:
                found.wrong.append(f"{what}: its state is {document['accepted_state']} instead of {state}")
            if fate == "delivered" and document["external_id"] != ids.get(document_id):
                found.wrong.append(f"{what} names {document['external_id']} instead of {ids.get(document_id)}")

    def _fate(self, number: int) -> str:
        entities: Any = self.demo.entities(number)
        if self.demo.state(number) not in _READY or entities["documentType"] not in KINDS:
            return "nothing"
        return "delivered" if entities["supplier"].get("name") else "rejected"
