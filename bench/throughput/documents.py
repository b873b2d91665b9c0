"""The documents of the task, the table they refer to, and what each must become at the destination. Knows no gateway."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

DEPARTMENTS = 1_000
LINES = 5
_DAY, _START = date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)


def document(number: int, files: int = 0) -> dict[str, Any]:
    """Return a document of about 1.1 kB as the source shows it: numbers and days as texts of its country."""
    issued = _DAY + timedelta(days=number % 300)
    return {
        "id": name(number),
        "updatedAt": moment(number),
        "invoiceNumber": f"RE-{number:07d}",
        "issuedAt": f"{issued:%d.%m.%Y}",
        "dueAt": f"{issued + timedelta(days=30):%d.%m.%Y}",
        "currency": ("EUR", "CHF", "SEK")[number % 3],
        "total": german(_total(number)),
        "tax": german(_total(number) * 19 / 100),
        "costCenter": f"CC{number % DEPARTMENTS:04d}",
        "supplier": {
            "name": f"Müller & Söhne {number % 97} GmbH",
            "vatId": f"DE{100_000_000 + number % 9973}",
            "iban": "DE89370400440532013000",
            "address": {"street": "Lange Straße 12", "city": "Köln", "country": ("DE", "AT", "CH")[number % 3]},
        },
        "note": "Delivered as ordered; payable without deduction within thirty days of the date of this invoice.",
        "items": [
            {
                "sku": f"S-{(number * 7 + line) % 5000:05d}",
                "text": f"Position {line + 1}, as offered and confirmed",
                "quantity": f"{line + 1},5",
                "amount": german(_amount(number, line)),
            }
            for line in range(LINES)
        ],
        "files": [{"id": f"f-{number:07d}", "name": f"RE-{number:07d}.pdf", "size": files}] if files else [],
    }


def name(number: int) -> str:
    return f"d-{number:07d}"


def moment(number: int) -> str:
    return f"{(_START + timedelta(seconds=number)).isoformat()[:19]}Z"


def expected(number: int) -> dict[str, Any]:
    """Return what the destination must be sent for it, without the key: twelve fields, the lines as one of them."""
    issued = _DAY + timedelta(days=number % 300)
    return {
        "number": f"RE-{number:07d}",
        "supplier": {
            "name": f"Müller & Söhne {number % 97} GmbH",
            "country": ("DE", "AT", "CH")[number % 3],
            "vat": f"DE{100_000_000 + number % 9973}",
        },
        "issued": issued.isoformat(),
        "due": (issued + timedelta(days=30)).isoformat(),
        "currency": ("EUR", "CHF", "SEK")[number % 3],
        "total": _total(number),
        "tax": (_total(number) * 19 / 100).quantize(Decimal("0.01")),
        "department": department(number % DEPARTMENTS),
        "title": f"Müller & Söhne {number % 97} GmbH RE-{number:07d}",
        "lines": [
            {
                "position": line + 1,
                "sku": f"S-{(number * 7 + line) % 5000:05d}",
                "quantity": Decimal(f"{line + 1}.5"),
                "amount": _amount(number, line),
            }
            for line in range(LINES)
        ],
    }


def department(number: int) -> str:
    return f"Department {number * 31 % DEPARTMENTS}"


def write_table(path: Path) -> None:
    """Write the table of departments by cost center, with a line of headings."""
    rows = (f"CC{number:04d},{department(number)}\n" for number in range(DEPARTMENTS))
    path.write_text("key,value\n" + "".join(rows))


def german(amount: Decimal) -> str:
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def _amount(number: int, line: int) -> Decimal:
    return Decimal((number * 13 + line * 1009) % 100_000 + 100) / 100


def _total(number: int) -> Decimal:
    return sum((_amount(number, line) for line in range(LINES)), Decimal(0))
