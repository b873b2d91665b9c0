"""The demo documents: every document is a function of the seed and its number, so nothing has to be stored."""

from __future__ import annotations

import hashlib
import random
import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from connectors import sandbox_pdf

PRINTED_UP_TO = 500
"""Sets with more documents than this get hand-written PDFs, which cost next to nothing."""

PROJECTS = (
    ("63e6663823b4c1f5287398b1", "Accounts payable"),
    ("63e6663823b4c1f5287398b2", "Verträge & Rahmenverträge"),
    ("63e6663823b4c1f5287398b3", "Logistics 物流"),
)
COMPANY = ("5f9d88a1c2a4b70011a1b2c3", "Docferry Demo Oy")

# name, VAT id, country; the names are the hard part: umlauts, CJK, emoji, quotes, slashes, very long
SUPPLIERS = (
    ("Acme Oy", "FI12345678", "FI"),
    ("Müller & Söhne GmbH", "DE811907980", "DE"),
    ("Žluťoučký kůň s.r.o.", "CZ25123891", "CZ"),
    ("株式会社 山田製作所", "T1180301018771", "JP"),
    ("北京 进出口 有限公司", "91110000802100433B", "CN"),
    ("O'Reilly “Quotes” Ltd", "IE6388047V", "IE"),
    ('Bäcker "Zum Löwen" / Filiale 2', "DE136695976", "DE"),
    ("Café ☕ Crème SARL", "FR40303265045", "FR"),
    ("Škoda\\Auto; a.s., 50% <Leasing>", "CZ00177041", "CZ"),
    ("Ελληνικά Τρόφιμα Α.Ε.", "EL094259216", "GR"),  # noqa: RUF001 -- Greek on purpose
    ("Nordisk Strøm AS", "NO923609016MVA", "NO"),
    ("ООО Ромашка", "7707083893", "RU"),  # noqa: RUF001 -- Cyrillic on purpose
    ("شركة النور للتجارة", "300075588700003", "SA"),
    ("Société Générale de Transports Internationaux et de Logistique Continentale Réunis " * 2, "FR23334175221", "FR"),
    ("a", "GB999999973", "GB"),
    ("{{ supplier }} & Co. KG", "DE123456788", "DE"),
)
CURRENCIES = ("€", "EUR", "EURO", "$", "USD", "CHF", "kr", "EUR", "EUR", "€")
HUGE = Decimal("12345678901234567.89")
BROKEN_DATES = ("2026-05-07", "31.02.2026", "7. Mai 2026", "13.13.2026", "")

# how often each kind comes, and the role name its main file has (letters only)
KINDS = (
    ("invoice", 60, "invoice"),
    ("credit_note", 13, "creditNote"),
    ("contract", 13, "contract"),
    ("delivery_note", 8, "deliveryNote"),
    ("order_confirmation", 6, "orderConfirmation"),
)
WAITING = (
    "extracted", "inCompletion", "reviewRequired", "new", "processing", "failed", "junk", "split", "rejected",
    "transferred", "transferFailed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DemoFile:
    """A file of a demo document. `name` is None where the uploader gave none."""

    id: str
    role: str
    name: str | None
    main: bool


class DemoDocuments:
    """A set of documents. The same seed gives the same documents, whatever their number (files aside)."""

    def __init__(self, seed: int, count: int) -> None:
        self.seed = seed
        self.count = count

    def document_id(self, number: int) -> str:
        """Return 24 hex digits, as the provider's ids look."""
        return self._digest(f"document {number}").hex()[:24]

    def state(self, number: int) -> str:
        """Eight in ten are ready for export; the rest must be left alone."""
        place = number % 20
        if place in (3, 9, 13, 18):
            return WAITING[(number // 20 * 4 + (3, 9, 13, 18).index(place)) % len(WAITING)]
        return "doneAutomatically" if number % 3 == 0 else "done"

    def project(self, number: int) -> str:
        """Return the project a document belongs to."""
        return PROJECTS[(0, 0, 0, 1, 2)[number % 5]][0]

    def kind(self, number: int) -> tuple[str, str]:
        """Return document type and main file role."""
        at = self._random("kind", number).randrange(100)
        for kind, share, role in KINDS:
            if (at := at - share) < 0:
                return kind, role
        raise AssertionError("the shares add up to 100")

    def supplier(self, number: int) -> dict[str, object]:
        """Return the supplier; the same ones come again and again."""
        which = self._random("supplier", number).randrange(len(SUPPLIERS))
        name, vat_id, country = SUPPLIERS[which]
        supplier: dict[str, object] = {"id": f"S-{1000 + which}", "name": name, "vatId": vat_id, "country": country}
        if number % 37 == 5:  # noqa: PLR2004 -- rhythms of the data, here and below
            del supplier["name"]
        elif number % 53 == 7:  # noqa: PLR2004 -- a rhythm of the sample data
            supplier["name"] = ""
        elif number % 41 == 11:  # noqa: PLR2004 -- a rhythm of the sample data
            del supplier["vatId"]
        return supplier

    def entities(self, number: int) -> dict[str, object]:
        """Return the extracted data of a document."""
        chance = self._random("entities", number)
        kind, _ = self.kind(number)
        issued = date(2026, 1, 1) + timedelta(days=chance.randrange(120))
        entities: dict[str, object] = {
            "documentType": kind,
            "number": f"{kind[:2].upper()}-2026/{number + 1:05d}",
            "supplier": self.supplier(number),
            "buyer": {"name": COMPANY[1], "vatId": "FI09876543"},
            "issuedAt": f"{issued:%d.%m.%Y}",
            "dueAt": f"{issued + timedelta(days=30):%d.%m.%Y}",
            "currency": CURRENCIES[chance.randrange(len(CURRENCIES))],
        }
        self._break(number, entities)
        items = self._items(chance, negative=kind == "credit_note")
        entities["items"] = items
        entities["totalAmount"] = sum((line["amount"] for line in items), Decimal(0))
        if number % 59 == 17:  # noqa: PLR2004 -- a rhythm of the sample data
            entities["totalAmount"] = -HUGE if kind == "credit_note" else HUGE
        return entities

    def files(self, number: int) -> list[DemoFile]:
        """Return the files: one, or for every sixth document a second one, which does not always come last."""
        kind, role = self.kind(number)
        name: str | None = f"{kind}_{number + 1}.pdf"
        if number % 8 == 1:
            name = f'Größe/Übersicht "{number + 1}".pdf'
        elif number % 8 == 2:  # noqa: PLR2004 -- a rhythm of the sample data
            name = f"請求書 {number + 1}.pdf"
        elif number % 8 == 5:  # noqa: PLR2004 -- a rhythm of the sample data
            name = None
        files = [DemoFile(self._file_id(number, 0), role, name, main=True)]
        if number % 6 == 4:  # noqa: PLR2004 -- a rhythm of the sample data
            attachment = DemoFile(self._file_id(number, 1), "attachment", f"terms {number + 1}.pdf", main=False)
            files.insert(number % 4 // 2, attachment)
        return files

    def content(self, number: int, file: DemoFile) -> bytes:
        """Return the bytes of a file."""
        entities = self.entities(number)
        title = f"{entities['documentType']} {entities['number']}"
        if not file.main:
            title = f"Attachment to {title}"
        if self.count > PRINTED_UP_TO:
            return sandbox_pdf.bare(f"{title} {file.id}")
        supplier = self.supplier(number)
        lines = [
            f"From: {supplier.get('name', '')} ({supplier.get('vatId', '-')})",
            f"To: {COMPANY[1]}",
            f"Date: {entities.get('issuedAt', '')}",
            f"Total: {entities['totalAmount']} {entities.get('currency', '')}",
            f"File {file.id}",
        ]
        return sandbox_pdf.printed(title, lines)

    def _break(self, number: int, entities: dict[str, object]) -> None:
        """Leave out or spoil what a real extraction gets wrong."""
        if number % 43 == 13:  # noqa: PLR2004 -- a rhythm of the sample data
            del entities["issuedAt"]
        elif number % 29 == 19:  # noqa: PLR2004 -- a rhythm of the sample data
            entities["issuedAt"] = BROKEN_DATES[number // 29 % len(BROKEN_DATES)]
        if number % 31 == 23:  # noqa: PLR2004 -- a rhythm of the sample data
            del entities["currency"]
        if number % 17 == 3:  # noqa: PLR2004 -- a rhythm of the sample data
            del entities["dueAt"]

    def _items(self, chance: random.Random, *, negative: bool) -> list[dict[str, Decimal]]:
        items: list[dict[str, Decimal]] = []
        for position in range(1, chance.randrange(1, 5) + 1):
            quantity = chance.randrange(1, 20)
            price = Decimal(chance.randrange(100, 500_000)) / 100
            amount = -quantity * price if negative else quantity * price
            items.append(
                {
                    "position": Decimal(position),
                    "quantity": Decimal(quantity),
                    "unitPrice": price.quantize(Decimal("0.01")),
                    "amount": amount.quantize(Decimal("0.01")),
                }
            )
        return items

    def _file_id(self, number: int, which: int) -> str:
        return str(uuid.UUID(bytes=self._digest(f"file {number} {which}")[:16], version=4))

    def _digest(self, what: str) -> bytes:
        return hashlib.sha256(f"{self.seed} {what}".encode()).digest()

    def _random(self, what: str, number: int) -> random.Random:
        return random.Random(f"{self.seed} {what} {number}")  # noqa: S311 -- repeatable on purpose, nothing secret
