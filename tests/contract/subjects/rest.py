"""A declared REST API for the contract suite: the stand-in ERP."""

from __future__ import annotations

from pathlib import Path

from connectors.rest.sandbox import RestSandbox, Switches
from tests.contract.subject import DestinationSubject, Held, HeldFile

FREE = (
    "the payload of a declared API is free: which keys it knows only the API can say, and its 4xx refuse the document"
)

TAKEN = "what states an object goes through only the API can say; a declared one is there or not"


class Invoices(DestinationSubject):
    """Invoices with files, looked up by an external key."""

    provider, stream = "rest", "invoices"
    settings = {"settle_seconds": 0.2, "streams": str(Path(__file__).with_suffix(".yaml"))}
    reading, creating = "GET /invoices/{}", "POST /invoices"
    optional = "supplier"
    exempt = {
        "test_what_the_far_end_still_works_on_is_not_said_to_be_done": TAKEN,
        "test_a_record_that_the_far_end_refuses_later_is_refused_and_the_reason_says_so": TAKEN,
        "test_what_a_person_added_stays_when_an_update_comes": "a declared update may replace the whole object (PUT), so what"
        " it leaves alone only the API can say",
        "test_a_payload_with_a_key_nobody_knows_is_refused_by_name": FREE,
    }

    def sandbox(self):
        return RestSandbox(Switches())

    def payload(self, title, amount):
        return {"number": "4711", "title": title, "amount": amount, "supplier": {"name": "Müller", "iban": None}}

    def refused(self):
        return {"number": "4711", "externalKey": "one of their own"}, "externalKey"

    def held(self, app):
        return [_held(invoice_id, shown) for invoice_id, shown in app.state()["invoices"].items()]

    def finish(self, app):
        app.act({"advance": 60})

    def trash(self, app, external_id):
        app.act({"delete": external_id})

    def lag(self, app, seconds):
        app.switches.index_lag = seconds


def _held(invoice_id, shown):
    files = [HeldFile(file["name"], file["size"], file["sha256"]) for file in shown["files"]]
    fields = shown["fields"]
    whole = (invoice_id, shown["externalKey"], repr(fields), repr(files))
    return Held(invoice_id, fields["title"], fields.get("amount"), files, whole)


SUBJECTS = (Invoices(),)
