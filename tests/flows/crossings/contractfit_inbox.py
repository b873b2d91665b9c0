"""Contract.fit as the end that documents come from, and its books: what must become of each and what is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.contractfit.sandbox import ContractfitSandbox, Switches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.flows.findings import Findings

ENDING = """
feedback:
  delivered: {submitted: true, feedback: {annotations: {erp_number: "{{ external_id }}"}}}
  rejected: {escalate: true}
"""
"""What all routes from this inbox have in common."""
DOCUMENTS, SET = 8, 7
"""Of these eight documents five are usable, of which one has no due date; the others wait for a person, were refused, or lie elsewhere."""
_USABLE = ("processed", "done", "submitted")
_OURS = "docferry-"


class ContractfitInbox:
    """An inbox of eight documents for routes that want a due date and have the feedback above."""

    name = "contractfit"

    def __init__(self) -> None:
        self.app = ContractfitSandbox(DOCUMENTS, SET, Switches())
        demo = self.demo = self.app.store.demo
        self.numbers = {demo.document_id(number): number for number in range(demo.count)}
        self.fates = {document_id: self._fate(number) for document_id, number in self.numbers.items()}

    def values(self, document_id: str) -> dict[str, str]:
        """Return what was read from a document: the first reading of each field."""
        read: Any = self.demo.prediction(self.numbers[document_id])["annotations"]
        return {name: found[0]["text"] for name, found in read.items() if found}

    def begin(self) -> None:
        """Start over with a fresh account."""
        self.app.reset()

    def told(self) -> set[str]:
        """Return the documents about which anything was told so far."""
        return {record.id for record in self.app.store.records.values() if record.calls}

    def audit(self, found: Findings, ids: Mapping[str, str]) -> None:
        """Check each document's states, and that ours is one version with the right number."""
        for id_, fate in self.fates.items():
            record, what = self.app.store.records[id_], f"feedback about {id_}"
            ours: list[Any] = [one.data for one in record.versions if one.name.startswith(_OURS)]
            found.compare(what, ["a version"] * (fate == "delivered"), ["a version"] * len(ours))
            named = [one["annotations"]["erp_number"][0]["text"] for one in ours[:1]]
            if named != [ids.get(id_) for _ in named]:
                found.wrong.append(f"{what} names {named} instead of {ids.get(id_)}")
            states = {name: state.value is True for name, state in record.states.items()}
            life = self.demo.life(self.numbers[id_])
            wanted = {"reject": life == "rejected", "escalate": fate == "rejected", "lock": False}
            wanted["submitted"] = fate == "delivered" or life == "submitted"
            if states != wanted:
                found.wrong.append(f"{what}: its states are {states} instead of {wanted}")
            if fate == "nothing" and record.calls:
                found.wrong.append(f"{what}: nothing must be told, and {record.calls} were")

    def _fate(self, number: int) -> str:
        if self.demo.life(number) not in _USABLE or self.demo.inbox(number) != self.app.credentials["inbox"]:
            return "nothing"
        return "delivered" if "due_date" in self.values(self.demo.document_id(number)) else "rejected"
