"""Contracts that people have put into the Zefort sandbox: varied, each with real and different PDF files."""

from __future__ import annotations

import hashlib
import random
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from connectors.sandbox_control import CannotActError
from connectors.sandbox_pdf import printed
from connectors.zefort.sandbox_records import STATUSES, Activity, Contract, Link, Named, Note, Party, StoredFile

if TYPE_CHECKING:
    from connectors.zefort.sandbox import ZefortSandbox
    from connectors.zefort.sandbox_store import Store

_DAY = 86_400.0
_PARTIES = (
    ("Beispiel Maschinenbau GmbH", "DE811907980", "DE", "erp:70001"),
    ("株式会社 山田製作所", "T1180301018771", "JP", None),
    ("Žluťoučký kůň s.r.o.", "CZ25123891", "CZ", "erp:70003"),
    ("O'Reilly “Quotes” Ltd", None, "IE", None),
    ("Café ☕ Crème SARL", "FR40303265045", "FR", "erp:70005"),
    ("Nordisk Strøm AS", "NO923609016MVA", "NO", None),
    ("{{ party }} & Co. KG", "DE123456788", None, "erp 70007"),
)
_TITLES = ("NDA", "Rahmenvertrag über Lieferungen", "売買契約書", "Lease / «Bail»", "Framework agreement 50% <draft>")
_STATUSES = ("done", "done", "review", "archived", "done", "limited", "review", "error")
_HUGE = Decimal("12345678901234567.89")


def fill(app: ZefortSandbox, count: int) -> list[str]:
    """Put in demo contracts; the same number gives the same contracts (ids aside). Return their ids."""
    return [_demo(app, number) for number in range(count)]


def add(app: ZefortSandbox, what: dict[str, object]) -> str:
    """Put in one contract as told; see `sandbox_control.act`. Return its id."""
    store, now = app.store, app.clock.now()
    attributes = {"title": f"Contract {len(store.contracts) + 1}", **_dict(what.get("attributes", {}))}
    contract = store.create(attributes, [], [])
    contract.received = contract.modified = now - _DAY * float(cast("float", what.get("days_ago", 0)))
    contract.owner = str(what.get("owner", contract.owner))
    for name in _list(what.get("files", ["contract.pdf"])):
        _attach(store, contract, str(name))
    for fields in _list(what.get("parties", [])):
        _link(store, contract, _dict(fields))
    for name in _list(what.get("tags", [])):
        tag(store, contract, str(name))
    for text in _list(what.get("notes", [])):
        contract.notes.append(Note(store.new_id("note"), str(text), contract.received))
    status = str(what.get("status", "done"))
    if status not in STATUSES:
        raise CannotActError(f"{status} is not a status")
    contract.status = status
    contract.ai_done = None if status in ("queued", "processing") else contract.received
    contract.trashed = what.get("trashed") is True
    store.version += 1
    return contract.id


def _demo(app: ZefortSandbox, number: int) -> str:
    chance = random.Random(f"contract {number}")  # noqa: S311 -- repeatable on purpose, nothing secret
    begins = date(2025, 1, 1) + timedelta(days=chance.randrange(500))
    attributes: dict[str, object] = {
        "title": f"{_TITLES[number % len(_TITLES)]} {number + 1}",
        "effective_date": begins.isoformat(),
        "end_date": None if number % 4 == 1 else (begins + timedelta(days=365)).isoformat(),
        "main_language": ("en", "de", "ja", None)[number % 4],
        "currency": ("EUR", "USD", "JPY")[number % 3],
        "value": _HUGE if number % 9 == 4 else Decimal(chance.randrange(100, 10_000_000)) / 100,  # noqa: PLR2004 -- rhythm
    }
    if number % 7 == 3:  # noqa: PLR2004 -- rhythm of the data
        del attributes["currency"]
    first, second = number % len(_PARTIES), (number * 3 + 1) % len(_PARTIES)
    parties: list[object] = [_party(first, "supplier")]
    if second != first:
        parties.append(_party(second, ("buyer", "supplier")[number % 2]))
    files = [f"{_TITLES[number % len(_TITLES)].replace('/', '-')} {number + 1}.pdf"]
    files += [f"Anlage {place}.pdf" for place in range(1, number % 3 + 1)]
    what: dict[str, object] = {
        "attributes": attributes,
        "parties": [] if number % 11 == 10 else parties,  # noqa: PLR2004 -- rhythm
        "files": files,
        "tags": ["contract"][: number % 2],
        "status": _STATUSES[number % len(_STATUSES)],
        "days_ago": number * 1.7,
        "trashed": number % 13 == 12,  # noqa: PLR2004 -- rhythm
    }
    contract_id = add(app, what)
    if number % 5 == 0:
        app.store.contracts[contract_id].activities.append(
            Activity(app.store.new_id("act"), "Renewal", "Kündigungsfrist beachten", app.clock.now() + number * _DAY)
        )
    return contract_id


def _party(which: int, role: str) -> dict[str, object]:
    name, org_id, country, external_id = _PARTIES[which]
    fields = {"name": name, "org_id": org_id, "country": country, "external_id": external_id, "role": role}
    return {key: value for key, value in fields.items() if value is not None}


def _link(store: Store, contract: Contract, fields: dict[str, object]) -> None:
    role = fields.pop("role", None)
    known = (party for party in store.parties.values() if party.fields == fields)
    party = next(known, None) or Party(store.new_id("pty"), fields)
    store.parties[party.id] = party
    contract.parties.append(Link(party, None if role is None else str(role)))


def tag(store: Store, contract: Contract, name: str) -> None:
    """Put a tag on a contract and make it if it is missing. When it was put there is for the caller to say."""
    modified = contract.modified
    found = next((each for each in store.tags.values() if each.name == name), None) or Named(store.new_id("tag"), name)
    store.tags[found.id] = found
    store.tag(contract, found)
    contract.modified = modified


def _attach(store: Store, contract: Contract, name: str) -> None:
    content = printed(f"{contract.id} {name}")
    digest = hashlib.sha256(content).hexdigest()
    file = StoredFile(
        store.new_id("doc"), name, "application/pdf", len(content), digest, contract.received, content, looks_like_pdf=True
    )  # fmt: skip
    contract.files.append(file)
    store.documents[file.id] = (contract, file)
    if len(contract.files) == 1:
        store.by_digest.setdefault(digest, []).append(contract)


def _dict(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise CannotActError("an object was expected")
    return dict(cast("dict[str, object]", value))


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise CannotActError("a list was expected")
    return value
