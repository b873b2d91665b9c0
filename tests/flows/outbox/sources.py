"""Every source that takes feedback: what its route tells it, which of its calls are acknowledgements, and what it heard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from connectors.example.sandbox import ExampleSandbox, Switches
from tests.flows.crossings.contractfit_inbox import ContractfitInbox
from tests.flows.crossings.hypatos_queue import HypatosQueue
from tests.flows.crossings.zefort_shelf import ZefortShelf

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from connectors.sandbox_app import SandboxApp
    from tests.flows.outbox.hearing import Heard

Means = dict[str, list[tuple[str, str]]]


class Ear(Protocol):
    """A source with ears."""

    name: str
    app: SandboxApp
    fates: Mapping[str, str]
    route: ClassVar[str]
    """The route's text without its destination."""
    calls: ClassVar[Sequence[tuple[str, str]]]
    """Method and path of each call that acknowledges."""
    lasting: ClassVar[Collection[str]]
    """The effects that are had once, however often they are asked for."""
    replaced: ClassVar[Collection[str]]
    """The channels in which a text stands until the next one."""

    def begin(self) -> None:
        """Start over with a fresh account."""
        ...

    def heard(self, document_id: str) -> Heard:
        """Return what shows about a document that nobody but us can have done."""
        ...

    def means(self, id_: str) -> Means:
        """Return what each outcome's message has to bring about, where the document is `id_` at the far end."""
        ...


class Hypatos(HypatosQueue):
    """A work queue: what is told takes documents off it. The title is set anew by each message."""

    route = """
source: hypatos.documents
when: entities.documentType in ['invoice', 'credit_note', 'contract']
fields:
  title: {from: entities.supplier.name, required: true}
feedback:
  delivered: {external_id: "{{ external_id }}", title: "taken as {{ external_id }}", transfer: true}
  rejected: {reject: "{{ reason }}"}
  confirmed: {title: "confirmed as {{ external_id }}"}
  withdrawn: {title: "withdrawn from {{ external_id }}"}
"""
    calls = (
        ("POST", "/documents/*/external-id"),
        ("POST", "/documents/*/title"),
        ("POST", "/documents/*/transfer"),
        ("POST", "/documents/*/reject"),
    )
    lasting = ("external-id", "transfer", "reject")
    replaced = ("calls",)

    def heard(self, document_id: str) -> Heard:
        """Return the calls that changed anything, in their order."""
        entries: Any = self.app.store.records[document_id].feedback or ()
        return {
            "calls": [
                str(entry["value"]) if entry["kind"] == "title" else entry["kind"]
                for entry in entries
                if entry["effective"]
            ]
        }

    def means(self, id_: str) -> Means:
        """Return the calls in the order in which they are made."""
        taken = ("external-id", f"taken as {id_}", "transfer")
        return {
            "delivered": [("calls", one) for one in taken],
            "rejected": [("calls", "reject")],
            "confirmed": [("calls", f"confirmed as {id_}")],
            "withdrawn": [("calls", f"withdrawn from {id_}")],
        }


class Zefort(ZefortShelf):
    """A shelf: notes are added, tags put on."""

    route = """
source: zefort.contracts
when: status != 'archived'
fields:
  title: {from: "documents[0].filename", required: true}
feedback:
  delivered: {note: "taken as {{ external_id }}", tag: taken, attributes: {invoice_number: "{{ external_id }}"}}
  rejected: {note: "not taken", tag: not taken}
  confirmed: {note: "confirmed as {{ external_id }}"}
  withdrawn: {note: "withdrawn from {{ external_id }}", tag: dropped}
"""
    calls = (("POST", "/contracts/*"), ("PATCH", "/contracts/*"), ("POST", "/tags/*"), ("POST", "/tasks/*"))
    lasting = ("taken", "not taken", "dropped")
    replaced = ()

    def heard(self, document_id: str) -> Heard:
        """Return the notes, and the tags that were not there before, as they came."""
        contract, before = self.app.store.contracts[document_id], self.contracts[document_id]["tags"]
        return {
            "notes": [note.content for note in contract.notes],
            "tags": [tag.name for tag in contract.tags][len(before) :],
        }

    def means(self, id_: str) -> Means:
        """Return a note and a tag for each."""
        return {
            "delivered": [("notes", f"taken as {id_}"), ("tags", "taken")],
            "rejected": [("notes", "not taken"), ("tags", "not taken")],
            "confirmed": [("notes", f"confirmed as {id_}")],
            "withdrawn": [("notes", f"withdrawn from {id_}"), ("tags", "dropped")],
        }


class Contractfit(ContractfitInbox):
    """An inbox: each review adds a version, states are switched on and off."""

    route = """
source: contractfit.documents
fields:
  title: {from: fields.due_date, required: true}
feedback:
  delivered: {feedback: {annotations: {erp_number: "{{ external_id }}"}}, submitted: true}
  rejected: {escalate: true}
  confirmed: {feedback: {annotations: {erp_number: "confirmed as {{ external_id }}"}}}
  withdrawn: {feedback: {annotations: {erp_number: "withdrawn from {{ external_id }}"}}, escalate: true}
"""
    calls = (("POST", "/documents/*/status_data"), ("POST", "/documents/*/feedback"))
    lasting = ("escalate=true", "submitted=true")
    replaced = ()

    def __init__(self) -> None:
        super().__init__()
        # What is submitted already is not asked for again, so that it would never be heard.
        already = [id_ for id_, number in self.numbers.items() if self.demo.life(number) == "submitted"]
        self.fates.update(dict.fromkeys(already, "nothing"))
        self.route += f"when: id not in {already}\n"

    def heard(self, document_id: str) -> Heard:
        """Return what was changed: by versions that were added, and by states that were switched on."""
        record: Any = self.app.store.records[document_id]
        given = {
            one.name: one.data["annotations"]["erp_number"][0]["text"]
            for one in record.versions
            if one.name.startswith("docferry-")
        }
        reviews = [
            given[name] for kind, _, name in (call.partition("=") for call in record.calls) if kind == "feedback"
        ]
        switched = [call for call in record.calls if call.endswith("=true")]
        return {"reviews": reviews, "states": list(dict.fromkeys(switched))}

    def means(self, id_: str) -> Means:
        """Return the calls in the order in which they are made."""
        return {
            "delivered": [("reviews", id_), ("states", "submitted=true")],
            "rejected": [("states", "escalate=true")],
            "confirmed": [("reviews", f"confirmed as {id_}")],
            "withdrawn": [("reviews", f"withdrawn from {id_}"), ("states", "escalate=true")],
        }


class Example:
    """The archive that new connectors begin as: one message about a document, and that is the last one."""

    name = "example"
    route = """
source: example.documents
fields:
  title: {from: title, when: "amount > 1000", required: true}
feedback:
  delivered: {exported: "{{ external_id }}"}
  rejected: {refused: "{{ reason }}"}
"""
    calls = (("POST", "/documents/*/export"),)
    lasting = ()
    replaced = ()

    def __init__(self) -> None:
        self.app = ExampleSandbox(6, 7, Switches())
        self.begin()

    def begin(self) -> None:
        """Start over with a fresh account."""
        self.app.reset()
        amounts: Any = {one.id: one.fields["amount"] for one in self.app.store.documents.values()}
        self.fates = {id_: "delivered" if amount > 1000 else "rejected" for id_, amount in amounts.items()}

    def heard(self, document_id: str) -> Heard:
        """Return how often something was told about it, and what."""
        one = self.app.store.documents[document_id]
        return {"exports": [str(one.export.get("status"))] * one.told}

    def means(self, id_: str) -> Means:
        """Return the status that was told."""
        del id_
        return {"delivered": [("exports", "exported")], "rejected": [("exports", "refused")]}


SOURCES: Mapping[str, Callable[[], Ear]] = {
    "hypatos.documents": Hypatos, "zefort.contracts": Zefort, "contractfit.documents": Contractfit,
    "example.documents": Example,
}  # fmt: skip
