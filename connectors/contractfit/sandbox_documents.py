"""The demo documents: every one is a function of the seed and its number, varied as real extractions are."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from connectors import sandbox_pdf

INBOXES = (
    ("65f0c0ffee0000000000a001", "Invoices"),
    ("65f0c0ffee0000000000a002", "Verträge & Belege"),
    ("65f0c0ffee0000000000a003", "請求書"),
)
PROJECT = "65f0c0ffee0000000000b001"
FORMAT = "65f0c0ffee0000000000f001"

# name and VAT id; the names are the hard part: umlauts, CJK, right to left, quotes, slashes, very long
SENDERS = (
    ("Acme NV", "BE0123456749"),
    ("Müller & Söhne GmbH", "DE811907980"),
    ("株式会社 山田製作所", "T1180301018771"),
    ("北京 进出口 有限公司", "91110000802100433B"),
    ("Žluťoučký kůň s.r.o.", "CZ25123891"),
    ("O'Reilly “Quotes” Ltd", "IE6388047V"),
    ("Café ☕ Crème / SARL", "FR40303265045"),
    ("شركة النور للتجارة", "300075588700003"),
    ("Société Générale de Transports Internationaux et de Logistique Réunis " * 2, "FR23334175221"),
    ("{{ sender }} & Co.", "NL001234567B01"),
)
CURRENCIES = ("EUR", "€", "EUR", "USD", "CHF", "EUR")
HUGE = Decimal("12345678901234567.89")

LIVES = (
    "processed", "processed", "done", "processed", "to_review", "submitted", "processed", "rejected", "processed",
    "failed", "processed", "done", "processed", "escalated", "processing", "processed", "submitted", "processed",
    "receiving", "processed",
)  # fmt: skip
"""The status of the demo documents, again and again in this order."""


@dataclass(frozen=True, slots=True)
class DemoDocuments:
    """A set of documents. The same seed gives the same documents, whatever their number."""

    seed: int
    count: int

    def document_id(self, number: int) -> str:
        """Return 24 lower-case hex digits."""
        return self._digest(f"document {number}").hex()[:24]

    def life(self, number: int) -> str:
        """Return how far the document has come."""
        return LIVES[number % len(LIVES)]

    def inbox(self, number: int) -> str:
        """Return the inbox: four in five lie in the first one."""
        return INBOXES[(0, 0, 0, 1, 0)[number % 5]][0]

    def name(self, number: int) -> str:
        """Return the name of the file."""
        names = (
            f"INV-{number + 1}.pdf", f"Größe & Übersicht {number + 1}.pdf", f"請求書 {number + 1}.pdf",
            f"scan {number + 1}.PDF", f"no ending {number + 1}",
        )  # fmt: skip
        return names[number % len(names)]

    def prediction(self, number: int, *, numbers: bool = False) -> dict[str, object]:
        """Return what the machine has read: values by field, tables by name, sections."""
        chance = random.Random(f"{self.seed} prediction {number}")  # noqa: S311 -- repeatable, nothing secret
        sender, vat = SENDERS[chance.randrange(len(SENDERS))]
        issued = date(2026, 1, 1) + timedelta(days=chance.randrange(120))
        lines = self._lines(chance)
        gross = sum((price * quantity for quantity, price in lines), Decimal(0))
        if number % 23 == 6:  # noqa: PLR2004 -- rhythms of the data, here and below
            gross = HUGE
        values: dict[str, object] = {
            "invoice_number": f"INV-2026/{number + 1:05d}",
            "invoice_date": issued.isoformat(),
            "due_date": (issued + timedelta(days=30)).isoformat(),
            "sender_name": sender,
            "sender_VAT": vat,
            "currency": CURRENCIES[chance.randrange(len(CURRENCIES))],
            "gross_amount": gross if numbers else str(gross),
        }
        if number % 13 == 4:  # noqa: PLR2004 -- a rhythm of the sample data
            del values["due_date"]
        if number % 17 == 3:  # noqa: PLR2004 -- a rhythm of the sample data
            values["sender_VAT"] = None
        annotations: dict[str, object] = {name: [_annotation(value)] for name, value in values.items()}
        if number % 19 == 1:
            annotations["due_date"] = []
        if number % 11 == 0:
            annotations["invoice_number"] = [_annotation(values["invoice_number"]), _annotation("second reading")]
        table = [
            {"quantity": _annotation(str(quantity)), "unit_price": _annotation(price if numbers else str(price))}
            for quantity, price in lines
        ]
        kind = "contract" if number % 10 == 8 else "invoice"  # noqa: PLR2004 -- a rhythm of the sample data
        sections = [{"page": 0, "document_type": kind, "confidence": chance.randrange(60, 101), "format": FORMAT}]
        return {"annotations": annotations, "lines": {"line_items": table}, "sections": sections}

    def content(self, number: int) -> bytes:
        """Return the bytes of the document's file."""
        texts = [f"Document {self.document_id(number)}", self.name(number), f"number {number} of seed {self.seed}"]
        return sandbox_pdf.printed(texts[0], texts[1:])

    def _lines(self, chance: random.Random) -> list[tuple[int, Decimal]]:
        return [
            (chance.randrange(1, 20), Decimal(chance.randrange(100, 500_000)) / 100)
            for _ in range(chance.randrange(1, 5))
        ]

    def _digest(self, what: str) -> bytes:
        return hashlib.sha256(f"{self.seed} {what}".encode()).digest()


def _annotation(value: object) -> dict[str, object]:
    shown = None if value is None else str(value)
    return {
        "gold": value,
        "text": shown,
        "textual_coord": [0, 3, 12, 0, 3, 18],
        "visual_coord": [0, 410, 120, 0, 520, 140],
        "confidence": Decimal("93.5"),
    }
