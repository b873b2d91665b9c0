"""Example for the contract suite: the queue that is read, and the archive that is filled."""

from __future__ import annotations

from connectors.example.sandbox import ExampleSandbox
from tests.contract.subject import DestinationSubject, Held, HeldFile, SourceSubject, Told

TAKEN = "what the archive has taken stands there at once: there is no work on it that could last"


# source only
class Documents(SourceSubject):
    """The work queue."""

    provider, stream = "example", "documents"
    settings = {"settle_seconds": 0.2}
    page = {"page_size": 10}
    listing, reading, download = "GET /documents", "GET /documents/{}", "GET /files/{}"
    needed = frozenset({"id", "revision", "status"})
    state = "status"
    exempt = {
        "test_a_token_that_runs_out_in_mid_listing_goes_unnoticed": "a password does not run out: after a 401 a person"
        " must act",
        "test_a_list_that_is_shuffled_while_it_is_read_hides_nobody": "a page is asked for by the id it comes after,"
        " so this list has one order and no other",
    }

    def sandbox(self):
        return ExampleSandbox()

    def add(self, app, wanted):
        document_id = app.act({"add": {"title": "Invoice 4711", "amount": wanted.amount}})["id"]
        app.store.attach(app.store.documents[document_id], wanted.name, "application/pdf", wanted.content)
        return document_id

    def edit(self, app, document_id):
        title = app.store.documents[document_id].fields["title"]
        app.act({"edit": document_id, "fields": {"title": f"{title}a"}})

    def remove(self, app, document_id):
        app.act({"delete": document_id})

    def take_away(self, app, document_id):
        app.act({"status": document_id, "to": "processing"})

    def throw_away(self, app, document_id):
        app.act({"status": document_id, "to": "trashed"})

    def put_back(self, app, document_id):
        self.edit(app, document_id)
        app.act({"status": document_id, "to": "ready"})

    def rows(self, answer):
        return answer["documents"]

    def amount(self, document):
        return document.fields["amount"]

    def delivered(self, external_id):
        return {"exported": external_id}

    def rejected(self, reason):
        return {"refused": reason}

    def impossible(self):
        return {"exported": "far-1", "refused": "no such supplier"}

    def told(self, app, document_id):
        return Told(**app.state()["documents"][document_id]["told"])


# destination only
class Records(DestinationSubject):
    """The archive."""

    provider, stream = "example", "documents"
    settings = {"settle_seconds": 0.2}
    reading, creating = "GET /documents/{}", "POST /documents"
    optional = "amount"
    exempt = {
        "test_what_the_far_end_still_works_on_is_not_said_to_be_done": TAKEN,
        "test_what_a_person_added_stays_when_an_update_comes": "a document there has a title, an amount and files, and no place"
        " for anything that a person could add beside them",
    }

    def sandbox(self):
        return ExampleSandbox()

    def payload(self, title, amount):
        return {"title": title, "amount": amount}

    def refused(self):
        return {"title": ["A"]}, "title"

    def held(self, app):
        return [_held(document_id, one) for document_id, one in app.state()["documents"].items()]

    def finish(self, app):
        app.act({"advance": 60})

    def refuse(self, app, external_id):
        app.act({"status": external_id, "to": "refused"})

    def trash(self, app, external_id):
        app.act({"status": external_id, "to": "trashed"})

    def lag(self, app, seconds):
        app.switches.listing_lag = seconds


def _held(document_id, one):
    files = [HeldFile(file["name"], file["size"], file["sha256"]) for file in one["files"]]
    return Held(document_id, one["title"], one["amount"], files, repr(one))


# both
SUBJECTS = (
    Documents(),  # source only
    Records(),  # destination only
)
