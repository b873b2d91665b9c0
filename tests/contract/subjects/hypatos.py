"""Hypatos for the contract suite."""

from __future__ import annotations

from connectors.hypatos.sandbox import HypatosSandbox, Switches
from connectors.hypatos.sandbox_store import Upload
from tests.contract.subject import SourceSubject, Told


class Documents(SourceSubject):
    """The work queue."""

    provider, stream = "hypatos", "documents"
    settings = {"verify_within": 0.1, "settle_seconds": 0.2}
    page = {"page_size": 10}
    listing, reading, download = "GET /documents", "GET /documents/{}", "GET /files/{}"
    needed = frozenset({"id", "state", "title", "createdAt", "createdBy"})
    state = "state"

    def sandbox(self):
        return HypatosSandbox(0, 7, Switches(quota=0, applied_after=0.0))

    def add(self, app, wanted):
        entities = {"documentType": "invoice", "number": "4711", "totalAmount": wanted.amount}
        document_id = app.act({"add": {"entities": entities, "name": wanted.name}})["id"]
        file = app.store.records[document_id].files[0]
        app.store.uploads[file.id] = Upload(file.id, wanted.content, "application/pdf", wanted.name)
        return document_id

    def edit(self, app, document_id):
        number = str(app.store.entities(app.store.records[document_id])["number"])
        app.act({"edit": document_id, "entities": {"number": number + "a"}})

    def remove(self, app, document_id):
        app.act({"delete": document_id})

    def take_away(self, app, document_id):
        app.act({"status": document_id, "state": "inCompletion"})

    def put_back(self, app, document_id):
        number = str(app.store.entities(app.store.records[document_id])["number"])
        app.act({"reopen": document_id, "entities": {"number": number + "b"}})

    def rows(self, answer):
        return answer["data"]

    def amount(self, document):
        return document.fields["entities"]["totalAmount"]

    def delivered(self, external_id):
        return {
            "external_id": external_id,
            "external_data": {"contract": external_id},
            "title": f"Invoice {external_id}",
            "transfer": True,
        }

    def rejected(self, reason):
        return {"transfer": False, "message": reason}

    def impossible(self):
        return {"external_id": "two words"}

    def told(self, app, document_id):
        counts = app.state()["documents"][document_id]["counts"].values()
        return Told(sum(one["effective"] for one in counts), sum(one["repeated"] for one in counts))


SUBJECTS = (Documents(),)
