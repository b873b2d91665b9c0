"""Keeps the books of an end-to-end run: what both providers must hold in the end, derived from the demo set alone.

Nothing here uses the mapping language or a client: what the shipped route means is said a second time, by hand.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tests.flows.findings import Findings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.hypatos.sandbox_documents import DemoDocuments

    State = Mapping[str, Any]

ROUTE = "hypatos_to_zefort"
_BINDERS = {"invoice": "Invoices", "credit_note": "Credit notes", "contract": "Contracts"}
_CURRENCIES = {"€": "EUR", "EUR": "EUR", "EURO": "EUR", "$": "USD", "USD": "USD", "CHF": "CHF", "kr": "SEK"}
_READY = ("done", "doneAutomatically")
REGISTERED = ("Acme Oy", "Acme Oyj", "Müller & Söhne GmbH")
"""The parties that the destination's register has from the start."""
_ACKNOWLEDGED = {"delivered": ("external-id", "external-data", "transfer"), "rejected": ("reject",)}
_MARKER = re.compile(r"gw-([0-9a-f]{16})")


class Books:
    """What must become of every document of a demo set on the shipped route."""

    def __init__(self, demo: DemoDocuments) -> None:
        self.demo = demo
        self.numbers = {demo.document_id(number): number for number in range(demo.count)}

    @cached_property
    def fates(self) -> dict[str, str]:
        """What must become of each document: delivered, rejected, or nothing at all (skipped, or not ready)."""
        return {document_id: self._fate(number) for document_id, number in self.numbers.items()}

    def _fate(self, number: int) -> str:
        entities: Any = self.demo.entities(number)
        if self.demo.state(number) not in _READY or entities["documentType"] not in _BINDERS:
            return "nothing"
        whole = entities["supplier"].get("name") and _iso(entities.get("issuedAt"))
        return "delivered" if whole else "rejected"

    def audit(self, hypatos: State, zefort: State) -> Findings:
        """Compare the states of both sandboxes (as their control planes show them) with what must be."""
        found = Findings()
        owned = self.owned(zefort)
        for contract_id in owned.pop("", ()):
            found.wrong.append(f"contract {contract_id} belongs to no document")
        for document_id, fate in self.fates.items():
            contracts = owned.pop(document_id, [])
            if fate == "delivered":
                found.compare(f"document {document_id}", ["a contract"], ["a contract"] * len(contracts))
                for contract_id in contracts[:1]:
                    self._contract(found, document_id, zefort["contracts"][contract_id])
            elif contracts:
                found.wrong.append(f"document {document_id} must have no contract and has {len(contracts)}")
            self._told(found, document_id, hypatos["documents"][document_id], contracts)
        found.compare("register", self.register, (_plain(party["name"]) for party in zefort["parties"].values()))
        found.compare("tags", self._tag_names, (tag["name"] for tag in zefort["tags"].values()))
        if zefort["final_deletes_tried"]:
            found.wrong.append("somebody tried to delete for good")
        return found

    def lacking(self, document_id: str, zefort: State) -> list[str]:
        """Say what the contract of a document does not show (yet); an acknowledgement now would be premature."""
        if self.fates[document_id] != "delivered":
            return []
        contracts = self.owned(zefort).get(document_id)
        if not contracts:
            return [f"document {document_id}: there is no contract"]
        found = Findings()
        self._contract(found, document_id, zefort["contracts"][contracts[0]])
        return [*found.lost, *found.wrong]

    def owned(self, zefort: State) -> dict[str, list[str]]:
        """Sort the contracts by the document they are of, known by the marker in a file's name or by the note."""
        keys = {f"{ROUTE}:{document_id}": document_id for document_id in self.numbers}
        markers = {hashlib.sha256(key.encode()).hexdigest()[:16]: document_id for key, document_id in keys.items()}
        owned: dict[str, list[str]] = {}
        for contract_id, contract in zefort["contracts"].items():
            names = " ".join(file["name"] for file in contract["files"])
            of = {markers[marker] for marker in _MARKER.findall(names) if marker in markers}
            of |= {keys[key] for note in contract["notes"] if (key := note.removeprefix("docferry: ")) in keys}
            owned.setdefault(of.pop() if len(of) == 1 else "", []).append(contract_id)
        return owned

    def _contract(self, found: Findings, document_id: str, contract: State) -> None:
        number = self.numbers[document_id]
        entities: Any = self.demo.entities(number)
        kind, supplier = entities["documentType"], entities["supplier"]
        what = f"document {document_id}"
        wanted = {
            "title": _plain(f"{supplier['name']} {entities['number']}"),
            "effective_date": _iso(entities["issuedAt"]),
            "end_date": _iso(entities.get("dueAt")),
            "currency": _CURRENCIES[entities.get("currency", "EUR")],
            "value": entities["totalAmount"],
        }
        shown = {name: contract["attributes"].get(name) for name in wanted}
        if wanted["end_date"] is None:
            shown["end_date"] = None  # what a payload leaves out, the far end's own reading may fill in
        shown["value"] = None if shown["value"] is None else Decimal(str(shown["value"]))
        if {**shown, "title": _plain(shown["title"])} != wanted:
            found.wrong.append(f"{what}: its attributes are {shown} instead of {wanted}")
        found.compare(f"{what}, files", self._digests[number], (file["sha256"] for file in contract["files"]))
        parties = [(_plain(supplier["name"]), "supplier"), (entities["buyer"]["name"], "buyer")]
        found.compare(f"{what}, parties", parties, ((_plain(one["name"]), one["role"]) for one in contract["parties"]))
        found.compare(f"{what}, tags", self._tags(number), contract["tags"])
        found.compare(f"{what}, binders", [_BINDERS[kind]], contract["binders"])
        found.compare(f"{what}, notes", [f"docferry: {ROUTE}:{document_id}"], contract["notes"])
        if contract["trashed"]:
            found.wrong.append(f"{what}: its contract is in the trash")

    def _told(self, found: Findings, document_id: str, document: State, contracts: list[str]) -> None:
        """Check the feedback: each message once, with the right contract, and none that nobody asked for."""
        fate, what = self.fates[document_id], f"acknowledgement of {document_id}"
        sent = [entry["kind"] for entry in document["feedback"]]
        kinds, state = self.acknowledged(document_id)
        found.compare(what, kinds, sent)
        if document["accepted_state"] != state:
            found.wrong.append(f"{what}: its state is {document['accepted_state']} instead of {state}")
        named = [document["external_id"], document["external_data"]]
        if fate == "delivered" and contracts and named != [contracts[0], {"zefortContract": contracts[0]}]:
            found.wrong.append(f"{what} names {named} instead of {contracts[0]}")

    def acknowledged(self, document_id: str) -> tuple[tuple[str, ...], str]:
        """Return the messages about a document, each once, and the state it must be in."""
        fate = self.fates[document_id]
        as_it_was = self.demo.state(self.numbers[document_id])
        state = {"delivered": "transferred", "rejected": "rejected"}.get(fate, as_it_was)
        return _ACKNOWLEDGED.get(fate, ()), state

    @cached_property
    def register(self) -> list[str]:
        """The names that the party register must hold in the end, each once."""
        delivered = [self.numbers[document_id] for document_id, fate in self.fates.items() if fate == "delivered"]
        entities: list[Any] = [self.demo.entities(number) for number in delivered]
        names = [name for one in entities for name in (_plain(one["supplier"]["name"]), _plain(one["buyer"]["name"]))]
        return list(dict.fromkeys((*REGISTERED, *names)))

    def _tags(self, number: int) -> list[str]:
        entities: Any = self.demo.entities(number)
        return [entities["documentType"], *(["high-value"] if entities["totalAmount"] >= 10_000 else [])]

    @property
    def _tag_names(self) -> list[str]:
        """Return each name once: tags are shared, so two of one name are one too many."""
        used = {tag for one, fate in self.fates.items() if fate == "delivered" for tag in self._tags(self.numbers[one])}
        return sorted(used | {"invoice", "contract", "imported"})

    @cached_property
    def _digests(self) -> dict[int, list[str]]:
        return {
            number: [hashlib.sha256(self.demo.content(number, file)).hexdigest() for file in self.demo.files(number)]
            for number in self.numbers.values()
        }


def _plain(text: object) -> str:
    return " ".join(str(text).split())


def _iso(text: str | None) -> str | None:
    """Read a day such as 31.12.2026; None if it is not one."""
    try:
        return datetime.strptime(text or "", "%d.%m.%Y").date().isoformat()  # noqa: DTZ007 -- a day has no zone
    except ValueError:
        return None
