"""Zefort for the contract suite."""

from __future__ import annotations

import hashlib

from connectors.zefort.sandbox import Switches, ZefortSandbox
from tests.contract.subject import DestinationSubject, Held, HeldFile, SourceSubject, Told


class Contracts(DestinationSubject):
    """Contracts as they are delivered."""

    provider, stream = "zefort", "contracts"
    settings = {"settle_seconds": 0.2}
    reading, creating = "GET /contracts/{}/", "POST /contracts/"
    optional, pieces = "note", 6
    busy = {"queued": 30.0}

    def sandbox(self):
        return ZefortSandbox(Switches(queued=0.0, processing=0.0))

    def payload(self, title, amount):
        return {
            "attributes": {"title": title, "effective_date": "2026-05-01", "currency": "EUR", "value": amount},
            "parties": [{"name": "Beispiel GmbH", "org_id": "DE1", "external_id": "crm:S1", "role": "supplier"}],
            "tags": ["invoice", "high-value"],
            "binders": ["Invoices", "Added by the route"],
            "note": "from the mailroom",
        }

    def refused(self):
        return {"attributes": {"title": "A", "effective_date": "1.5.2026"}}, "effective_date"

    def held(self, app):
        return [_held(contract_id, shown) for contract_id, shown in app.state()["contracts"].items()]

    def finish(self, app):
        app.act({"advance": 60})

    def refuse(self, app, external_id):
        app.act({"status": external_id, "to": "error"})

    def add_to(self, app, external_id):
        app.act({"tag": external_id, "name": "by hand"})
        return "tag by hand"

    def trash(self, app, external_id):
        app.act({"trash": external_id})

    def lag(self, app, seconds):
        app.switches.index_lag = seconds


def _held(contract_id, shown):
    files = [HeldFile(file["name"], file["size"], file["sha256"]) for file in shown["files"]]
    parts = [f"party {party['name']}" for party in shown["parties"]]
    parts += [f"tag {name}" for name in shown["tags"]]
    parts += [f"binder {name}" for name in shown["binders"]]
    parts += [f"note {text}" for text in shown["notes"]]
    attributes = shown["attributes"]
    return Held(contract_id, attributes["title"], attributes.get("value"), files, (contract_id, repr(shown)), parts)


class ContractDocuments(SourceSubject):
    """Contracts as they are read: a window of arrivals, and sweeps."""

    provider, stream = "zefort", "contracts"
    settings = {"settle_seconds": 0.2}
    page = {"page_size": 10}
    # Ids begin so; what is done to a contract's own address must not hit the list of the trash.
    listing, reading, download = "GET /contracts/", "GET /contracts/ct_{}/", "GET /documents/{}/download/"
    needed = frozenset({"id", "status"})
    state = "status"
    sweeping = {"sweep_hours": 0}
    exempt = {
        "test_a_token_that_runs_out_in_mid_listing_goes_unnoticed": "a key does not run out: after a 401 a person must act",
    }

    def sandbox(self):
        return ZefortSandbox(Switches(queued=0.0, processing=0.0))

    def add(self, app, wanted):
        what = {
            "attributes": {"value": wanted.amount},
            "files": [wanted.name],
            "parties": [{"name": "Acme Oy", "role": "supplier"}],
        }
        contract_id = app.act({"add": what})["id"]
        put(app, contract_id, wanted.content)
        return contract_id

    def edit(self, app, document_id):
        number = app.store.contracts[document_id].attributes.get("invoice_number", "4711")
        app.act({"edit": document_id, "attributes": {"invoice_number": number + "a"}})

    def remove(self, app, document_id):
        app.act({"purge": document_id})

    def take_away(self, app, document_id):
        app.act({"status": document_id, "to": "processing"})

    def throw_away(self, app, document_id):
        app.act({"trash": document_id})

    def put_back(self, app, document_id):
        self.edit(app, document_id)
        app.act({"status": document_id, "to": "done"})

    def rows(self, answer):
        return answer["results"]

    def amount(self, document):
        return document.fields["attributes"]["value"]

    def delivered(self, external_id):
        return {
            "note": f"Delivered as {external_id}",
            "tag": "delivered",
            "attributes": {"cost_centre": external_id},
            "status": "archived",
        }

    def rejected(self, reason):
        return {"note": reason, "tag": ["rejected", "imported"]}

    def impossible(self):
        return {"status": "shredded"}

    def told(self, app, document_id):
        shown = app.state()["contracts"][document_id]
        # Tags, attributes and the status are set: once more does nothing. A note would stand there twice.
        return Told(shown["effective"], len(shown["notes"]) - len(set(shown["notes"])))


def put(app, contract_id, content):
    """Let a contract's one file hold these bytes."""
    contract = app.store.contracts[contract_id]
    (file,) = contract.files
    app.store.by_digest[file.sha256].remove(contract)
    file.content, file.size, file.sha256 = content, len(content), hashlib.sha256(content).hexdigest()
    app.store.by_digest.setdefault(file.sha256, []).append(contract)


READ_ONLY = "this stream is only read: Zefort has no call that tells anything about a signing request"
NO_MONEY = "a signing request has no amounts"


class Esigns(SourceSubject):
    """Signing requests, with the signed files of those that are completed."""

    provider, stream = "zefort", "esigns"
    settings = {"settle_seconds": 0.2}
    page = {"page_size": 10}
    listing, reading = "GET /esigns/", "GET /esigns/{}/"
    download = "GET /esigns/{}/documents/{}/download/"
    needed = frozenset({"id"})
    state = "status"
    exempt = {
        **dict.fromkeys(
            (
                "test_a_delivered_document_is_told",
                "test_a_rejected_document_is_told",
                "test_telling_again_sends_nothing_again",
                "test_our_own_feedback_is_no_new_version",
                "test_feedback_takes_effect_once_whatever_answer_is_lost",
                "test_an_answer_that_promises_what_never_happens_is_found_out_by_reading_back",
                "test_a_process_that_dies_in_mid_feedback_goes_on_where_it_stopped",
                "test_feedback_the_provider_refuses_is_told_as_refused",
                "test_a_refusal_that_quotes_what_was_sent_is_told_without_it",
                "test_feedback_about_a_document_that_is_gone_is_refused",
                "test_a_document_that_was_put_back_is_carried_again_and_told_again",
                "test_many_are_told_at_once_and_each_of_them_once",
                "test_a_source_that_is_down_is_told_later",
            ),
            READ_ONLY,
        ),
        "test_a_file_that_is_gone_is_gone": (
            "a signed file is made after its request is completed: while it is listed, a 404 may be too early"
        ),
        "test_money_keeps_every_digit": NO_MONEY,
        "test_fractions_are_added_without_an_error_of_rounding": NO_MONEY,
        "test_a_document_taken_back_to_work_since_it_was_listed_is_not_ready_and_says_why": (
            "every status of a signing request is news, an unfinished one too"
        ),
        "test_a_state_nobody_knows_stops_no_listing_and_is_not_exported": (
            "every status of a signing request is news, one that nobody knows too"
        ),
        "test_a_list_that_is_shuffled_while_it_is_read_hides_nobody": "this list has the order that was asked for",
        "test_a_token_that_runs_out_in_mid_listing_goes_unnoticed": "a key does not run out: after a 401 a person must act",
    }

    def sandbox(self):
        return ZefortSandbox(Switches())

    def carried(self, content):
        return content + Switches().signed_mark.encode()

    def add(self, app, wanted):
        contract_id = app.act({"add": {"files": [wanted.name]}})["id"]
        put(app, contract_id, wanted.content)
        esign_id = app.act({"esign": contract_id})["id"]
        app.act({"esign_status": esign_id, "to": "completed"})
        return esign_id

    def edit(self, app, document_id):
        status = app.store.esigns[document_id].status
        app.act({"esign_status": document_id, "to": "canceled" if status == "completed" else "completed"})

    def remove(self, app, document_id):
        del app.store.esigns[document_id]

    def take_away(self, app, document_id):
        app.act({"esign_status": document_id, "to": "draft"})

    def put_back(self, app, document_id):
        app.act({"esign_status": document_id, "to": "completed"})

    def rows(self, answer):
        return answer["results"]

    def amount(self, document):
        raise NotImplementedError(NO_MONEY)

    def delivered(self, external_id):
        del external_id
        return {}

    def rejected(self, reason):
        del reason
        return {}

    def impossible(self):
        return {"note": "thank you"}

    def told(self, app, document_id):
        raise NotImplementedError(READ_ONLY)


SUBJECTS = (Contracts(), ContractDocuments(), Esigns())
