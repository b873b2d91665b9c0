"""Zefort for the contract suite."""

from __future__ import annotations

from connectors.zefort.sandbox import Switches, ZefortSandbox
from tests.contract.subject import DestinationSubject, Held, HeldFile


class Contracts(DestinationSubject):
    """Contracts as they are delivered."""

    provider, stream = "zefort", "contracts"
    settings = {"settle_seconds": 0.2}
    reading, creating = "GET /contracts/{}/", "POST /contracts/"

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


SUBJECTS = (Contracts(),)
