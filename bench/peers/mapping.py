"""What every peer but drt does with a document, by hand, and how it sends one: plain Python, as their users write it."""

from __future__ import annotations

import csv
import os
from datetime import datetime
from pathlib import Path

SOURCE, DESTINATION = os.environ["BENCH_SOURCE"], os.environ["BENCH_DESTINATION"]
STATE, CONFIG = Path(os.environ["BENCH_STATE"]), os.environ["BENCH_CONFIG"]
IN_FLIGHT = 16
with (STATE / "departments.csv").open() as _file:
    DEPARTMENTS = {row["key"]: row["value"] for row in csv.DictReader(_file)}


def _number(text: str) -> float:
    return float(text.replace(".", "").replace(",", "."))


def _day(text: str) -> str:
    return datetime.strptime(text, "%d.%m.%Y").date().isoformat()  # noqa: DTZ007 -- a day has no zone


def mapped(document: dict) -> dict:
    """Return what the destination is sent for a document."""
    supplier = document["supplier"]
    return {
        "externalKey": document["id"],
        "number": document["invoiceNumber"],
        "title": f"{supplier['name']} {document['invoiceNumber']}",
        "supplier": {"name": supplier["name"], "country": supplier["address"]["country"], "vat": supplier["vatId"]},
        "issued": _day(document["issuedAt"]),
        "due": _day(document["dueAt"]),
        "currency": document["currency"],
        "total": _number(document["total"]),
        "tax": _number(document["tax"]),
        "department": DEPARTMENTS[document["costCenter"]],
        "lines": [
            {
                "position": n,
                "sku": item["sku"],
                "quantity": _number(item["quantity"]),
                "amount": _number(item["amount"]),
            }
            for n, item in enumerate(document["items"], 1)
        ],
    }
