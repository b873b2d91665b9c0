"""Zefort as the end that documents come from, and its books: what must become of each contract and what is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.zefort.sandbox import Switches, ZefortSandbox

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.flows.findings import Findings

ENDING = """
when: status != 'archived'
feedback:
  delivered: {note: "taken as {{ external_id }}", tag: taken, attributes: {invoice_number: "{{ external_id }}"}}
  rejected: {note: "not taken. {{ reason }}", tag: not taken}
"""
"""What all routes from this shelf have in common."""
CONTRACTS = 4


class ZefortShelf:
    """Four varied contracts, one of them archived, and one to be rejected: it has no file, and its supplier no name."""

    name = "zefort"

    def __init__(self) -> None:
        self.app = ZefortSandbox(Switches(queued=0.0, processing=0.0))
        self.begin()

    def begin(self) -> None:
        """Start over with fresh contracts, and remember what they were like before anybody could touch them."""
        self.app.reset()
        self.app.act({"fill": CONTRACTS})
        nobody = [{"name": " ", "role": "supplier"}]
        self.app.act({"add": {"attributes": {"title": "Without a file"}, "files": [], "parties": nobody}})
        shown: Any = self.app.state()
        self.contracts: dict[str, Any] = shown["contracts"]
        self._before = {id_: list(one["tags"]) for id_, one in self.contracts.items()}
        self._tags = sorted(tag["name"] for tag in shown["tags"].values())
        self.fates = {id_: self._fate(one) for id_, one in self.contracts.items()}
        self.owners = {file["sha256"]: id_ for id_, one in self.contracts.items() for file in one["files"]}
        """The contract that a file's bytes are of."""
        self.mains = {one["files"][0]["sha256"] for one in self.contracts.values() if one["files"]}

    def told(self) -> set[str]:
        """Return the contracts about which anything was told so far."""
        ours = {"taken", "not taken"}
        return {
            one.id
            for one in self.app.store.contracts.values()
            if one.notes or "invoice_number" in one.attributes or ours & {tag.name for tag in one.tags}
        }

    def audit(self, found: Findings, ids: Mapping[str, str]) -> None:
        """Check each contract's notes, tags and number, and the account's tags."""
        state: Any = self.app.state()
        for id_, fate in self.fates.items():
            shown, what, tags = state["contracts"][id_], f"feedback about {id_}", self._before[id_]
            notes = [note if fate == "delivered" else note.partition(".")[0] for note in shown["notes"]]
            wanted = {"delivered": [f"taken as {ids.get(id_)}"], "rejected": ["not taken"]}.get(fate, [])
            found.compare(f"{what}, notes", wanted, notes)
            told = {"delivered": ["taken"], "rejected": ["not taken"]}.get(fate, [])
            found.compare(f"{what}, tags", [*tags, *told], shown["tags"])
            number = shown["attributes"].get("invoice_number")
            if number != (ids.get(id_) if fate == "delivered" else None):
                found.wrong.append(f"{what} names {number} instead of {ids.get(id_)}")
        found.compare("tags", {*self._tags, "taken", "not taken"}, (tag["name"] for tag in state["tags"].values()))

    def _fate(self, contract: Any) -> str:
        if contract["status"] == "archived":
            return "nothing"
        return "delivered" if contract["files"] else "rejected"
