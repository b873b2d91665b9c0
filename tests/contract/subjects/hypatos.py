"""Hypatos for the contract suite."""

from __future__ import annotations

from decimal import Decimal

from connectors.hypatos.sandbox import HypatosSandbox, Switches
from connectors.hypatos.sandbox_documents import PROJECTS
from connectors.hypatos.sandbox_store import Upload
from tests.contract.subject import DestinationSubject, Held, HeldFile, SourceSubject, Told

UNREADABLE = "Hypatos has no call that reads master data, so nobody can tell what has become of a record"

UNKNOWN = "Hypatos says the same of a project or a stored file that is not there, which is a verdict"
SETS = "a record is written whole, over whatever others have added, and there is no call to read that before"


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

    def throw_away(self, app, document_id):
        app.act({"status": document_id, "state": "junk"})

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


class Intake(DestinationSubject):
    """Files that become documents: a main one, and one for each further file."""

    provider, stream = "hypatos", "documents"
    settings = {"verify_within": 0.1, "settle_seconds": 0.2, "projects": PROJECTS[0][0]}
    reading, creating = "GET /documents/{}", "POST /documents/process-file"
    optional, pieces = "title", 4
    busy = {"processing": 30.0}
    exempt = {"test_an_address_that_nobody_knows_is_no_verdict_on_the_document": UNKNOWN}

    def sandbox(self):
        return HypatosSandbox(0, 7, Switches(quota=0, applied_after=0.0, processing=0.0))

    def payload(self, title, amount):
        return {"title": title, "external_data": {"contract": "ct_1", "amount": amount}}

    def refused(self):
        return {"external_data": {"contract": "x" * 1000}}, "external_data"

    def held(self, app):
        shown = app.state()["documents"]
        parts = {main: [] for main in shown}
        for document_id, document in shown.items():
            # A document of a further file belongs to the record it names, unless that one is not there.
            main = document["external_data"].get("mainDocument")
            parts[main if main in parts else document_id].append(document)
        return [_held(app, main, documents) for main, documents in parts.items() if documents]

    def finish(self, app):
        app.act({"advance": 60})

    def refuse(self, app, external_id):
        app.act({"status": external_id, "state": "failed"})

    def add_to(self, app, external_id):
        record = app.store.records[external_id]
        record.external_data = record.sent_data = {**(record.external_data or {}), "checked": "by a person"}
        return "pair checked"

    def trash(self, app, external_id):
        app.act({"delete": external_id})

    def lag(self, app, seconds):
        app.switches.listing_lag = seconds


def _held(app, main, documents):
    uploads = [app.store.uploads[file_id] for document in documents for file_id in document["files"]]
    files = [HeldFile(upload.name, upload.size, upload.sha256) for upload in uploads]
    first = app.state()["documents"][main]
    parts = [f"pair {name}" for name in first["external_data"]] + [f"document {n}" for n in range(len(documents))]
    amount = Decimal(first["external_data"]["amount"])
    return Held(main, first["title"], amount, files, (main, repr(documents)), parts)


BRANCH = "-2"
"""What the id of a delivery's second record ends with."""


class Suppliers(DestinationSubject):
    """Master data: records that are written whole by their external id and cannot be read."""

    provider, stream = "hypatos", "suppliers"
    settings = {"verify_within": 0.1, "settle_seconds": 0.2}
    reading, creating = "GET /enrichment/suppliers/{}", "POST /enrichment/{}"
    files = 0
    optional, pieces = "vatIds", 2
    exempt = {
        "test_what_the_far_end_still_works_on_is_not_said_to_be_done": UNREADABLE,
        "test_a_record_that_the_far_end_refuses_later_is_refused_and_the_reason_says_so": UNREADABLE,
        "test_a_record_that_cannot_be_read_right_after_it_was_made_is_waited_for": UNREADABLE,
        "test_what_a_person_added_stays_when_an_update_comes": SETS,
        "test_a_record_that_a_person_dropped_is_gone_and_the_reason_says_so": UNREADABLE,
        "test_a_record_that_a_person_dropped_is_not_made_again_by_an_update": UNREADABLE,
        "test_what_was_dropped_lately_can_be_asked_for": UNREADABLE,
        "test_one_404_is_no_proof_that_a_record_is_gone": UNREADABLE,
        "test_a_read_that_fails_is_no_verdict_on_the_record": UNREADABLE,
        "test_a_search_that_lags_doubles_nothing": "nothing is searched for: a record is set by its id, however often",
    }

    def sandbox(self):
        return HypatosSandbox(0, 7, Switches(quota=0))

    def payload(self, title, amount):
        account = {"externalId": "1", "limit": amount}
        return {"externalId": "S-1", "name": title, "countryCode": "DE", "supplierBankAccounts": [account]}

    def addressed(self, payload, key):
        # Two records, so that a delivery takes more than one call.
        return {"records": [{**payload, "externalId": f"S-{key}"}, {**payload, "externalId": f"S-{key}{BRANCH}"}]}

    def refused(self):
        return {"externalId": "S-1", "name": "Acme", "countryCode": "Germany"}, "countryCode"

    def held(self, app):
        kept = {one["record"]["externalId"]: one for one in app.state()["enriched"].get("suppliers", [])}
        return [_records(kept, name) for name in kept if name + BRANCH in kept or not name.endswith(BRANCH)]

    def finish(self, app):
        app.act({"advance": 60})

    def trash(self, app, external_id):
        raise NotImplementedError(UNREADABLE)

    def lag(self, app, seconds):
        raise NotImplementedError(UNREADABLE)


def _records(kept, name):
    found = [kept[each] for each in (name, name + BRANCH) if each in kept]
    main = found[0]["record"]
    parts = [f"record {place} of company {one['company']}" for place, one in enumerate(found)]
    external_id = ",".join(one["id"] for one in found)
    return Held(external_id, main["name"], main["supplierBankAccounts"][0]["limit"], [], repr(found), parts)


SUBJECTS = (Documents(), Intake(), Suppliers())
