"""The task of bench/mapping.py in plain Python, as somebody would write it who needs neither reasons nor provenance."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

LABELS = {"invoice": "Invoice", "credit_note": "Credit note", "contract": "Contract"}
CURRENCIES = {
    "€": "EUR", "EURO": "EUR", "EUR": "EUR", "$": "USD", "USD": "USD", "kr": "SEK", "SEK": "SEK",
}  # fmt: skip  # a table reads better in lines


def day(text: str) -> str:
    """Turn 27.02.2026 into 2026-02-27."""
    return datetime.strptime(text, "%d.%m.%Y").date().isoformat()  # noqa: DTZ007 -- a calendar day has no zone


def party(entity: dict[str, Any], role: str) -> dict[str, Any]:
    """Return a party of the contract."""
    return {
        "name": entity["name"],
        "role": role,
        "business_id": entity["vatId"],
        "country": entity.get("country") or "FI",
    }


def line(item: dict[str, Any]) -> dict[str, Any]:
    """Return a line of the contract."""
    return {
        "position": int(item["position"]),
        "description": item["description"].strip(),
        "quantity": item["quantity"],
        "net": Decimal(item["netAmount"]),
        "vat_rate": f"{item['vatRate']} %",
        "cost_center": item.get("costCenter") or "UNKNOWN",
    }


def by_hand(document: dict[str, Any]) -> dict[str, Any]:
    """Return the contract for an invoice."""
    entities = document["entities"]
    currency = CURRENCIES.get(entities["currency"], "EUR")
    tags = [entities["documentType"]]
    if entities["totalAmount"] >= 1000:
        tags.append("high-value")
    if currency != "EUR":
        tags.append("foreign-currency")
    if entities["discountTotal"] > 0:
        tags.append("discounted")
    label = LABELS.get(entities["documentType"], "Document")
    return {
        "attributes": {
            "title": f"{label} {entities['documentNumber']} – {entities['supplier']['name']}",  # noqa: RUF001 -- the route has this dash
            "effective_date": day(entities["issuedDate"]),
            "end_date": day(entities["dueDate"]),
            "currency": currency,
            "value": Decimal(entities["totalAmount"]),
            "external_id": f"hypatos:{document['id']}",
        },
        "parties": [party(entities["supplier"], "supplier"), party(entities["buyer"], "customer")],
        "tags": tags,
        "custom": {
            "po_number": entities.get("purchaseOrder", {}).get("number") or "N/A",
            "payment_terms_days": int(entities["paymentTermDays"]),
            "iban": entities["supplier"]["bankAccounts"][0]["iban"].replace(" ", ""),
        },
        "lines": [line(item) for item in entities["items"] if item["netAmount"] != 0],
    }
