"""What a route may put into a Zefort contract, and every limit that can be checked before anything is sent."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from connectors.answer import encode_json
from connectors.errors import RejectedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connectors.contract import Fields

KEYS = ("attributes", "parties", "tags", "binders", "status", "note")
DATES = ("effective_date", "end_date", "signed_date")
STANDARD = ("title", *DATES, "main_language")
"""The attributes every account has; all others are defined by the account."""
PARTY_LENGTHS: Mapping[str, int | None] = MappingProxyType(
    {
        "name": 1024,
        "org_id": 128,
        "external_id": 1000,
        "country": None,
        "role": None,
        "contact": 1024,
        "group": 1024,
        "extra_text_field_1": 1024,
        "extra_text_field_2": 1024,
        "previous_names": None,
    }
)
"""The fields of a party and their greatest lengths in characters, None where none is published."""

READ_ONLY = frozenset({"is_duplicate", "num_users", "cover_document", "incomplete"})
"""What belongs to Zefort although the reference lists it among what can be written."""
STATUSES = ("review", "done", "archived")
"""The statuses that a client may set."""


@dataclass(frozen=True, slots=True)
class Party:
    """A party to be on the contract. `key` is its identity: external id, else organisation id, else name."""

    key: str
    fields: Fields

    @property
    def role(self) -> str | None:
        """Its role on this contract."""
        return cast("str | None", self.fields.get("role"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A checked payload: what the contract must show in the end."""

    attributes: Fields
    parties: Sequence[Party]
    tags: Sequence[str]
    binders: Sequence[str]
    status: str | None
    note: str | None

    @property
    def title(self) -> str:
        """The contract's title."""
        return str(self.attributes["title"])


def read(payload: Fields) -> Wanted:
    """Check a payload and return it typed. Raises RejectedError for what Zefort can never accept."""
    for key in payload:
        if key in READ_ONLY:
            raise RejectedError(f"`{key}` belongs to Zefort and cannot be written")
        if key not in KEYS:
            raise RejectedError(f"a contract has no `{key}` (it has {', '.join(KEYS)})")
    encode_json(payload)  # what JSON cannot say would otherwise show only when half of the contract is there
    status = payload.get("status")
    if status is not None and status not in STATUSES:
        raise RejectedError(f"`status` must be one of {', '.join(STATUSES)}")
    note = payload.get("note")
    if note is not None and not isinstance(note, str):
        raise RejectedError("`note` must be text")
    return Wanted(
        _attributes(payload.get("attributes")),
        _parties(payload.get("parties")),
        _names(payload, "tags"),
        _names(payload, "binders"),
        status,
        note.strip() or None if note else None,
    )


def identities(fields: Fields) -> Iterator[str]:
    """Yield every key under which a party may be known, the strongest first."""
    for name in ("external_id", "org_id", "name"):
        value = fields.get(name)
        if isinstance(value, str) and (plain := normal(value)):
            yield f"{name}:{plain}"


def normal(value: object) -> str:
    """Return a text as it compares: one kind of letters, no case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", str(value)).casefold().split()) if value is not None else ""


def _attributes(value: object) -> Fields:
    if not isinstance(value, dict):
        raise RejectedError("`attributes` is missing")
    attributes = cast("Fields", value)
    for key in sorted(READ_ONLY & attributes.keys()):
        raise RejectedError(f"`attributes.{key}` belongs to Zefort and cannot be written")
    title = attributes.get("title")
    if not isinstance(title, str) or not title.strip():
        raise RejectedError("`attributes.title` is missing")
    for key in DATES:
        moment = attributes.get(key)
        if moment is not None and not is_date(moment):
            raise RejectedError(f"`attributes.{key}` must be a date written YYYY-MM-DD")
    return attributes


def is_date(value: object) -> bool:
    """Say whether this is a date written YYYY-MM-DD."""
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _parties(value: object) -> list[Party]:
    found: dict[str, Party] = {}
    for place, entry in enumerate(_list(value, "parties")):
        party = _party(entry, f"parties[{place}]")
        earlier = found.setdefault(party.key, party)
        if earlier.role != party.role:
            raise RejectedError(
                f"`parties[{place}]` is listed before with another role; Zefort knows one role per party"
            )
    return list(found.values())


def _party(entry: object, place: str) -> Party:
    if not isinstance(entry, dict):
        raise RejectedError(f"`{place}` must be a map")
    fields = {name: value for name, value in cast("Fields", entry).items() if value is not None and value != ""}
    for name, value in fields.items():
        if name not in PARTY_LENGTHS:
            raise RejectedError(f"a party has no `{name}` (it has {', '.join(PARTY_LENGTHS)})")
        most = PARTY_LENGTHS[name]
        if not isinstance(value, str):
            raise RejectedError(f"`{place}.{name}` must be text")
        if most is not None and len(value) > most:
            raise RejectedError(f"`{place}.{name}` is longer than {most} characters")
    if not normal(fields.get("name")):
        raise RejectedError(f"`{place}.name` is missing")
    return Party(next(identities(fields)), fields)


def _names(payload: Fields, key: str) -> list[str]:
    found: dict[str, None] = {}
    for place, entry in enumerate(_list(payload.get(key), key)):
        if entry is None:
            continue
        if not isinstance(entry, str) or not entry.strip():
            raise RejectedError(f"`{key}[{place}]` must be text")
        found[entry.strip()] = None
    return list(found)


def _list(value: object, key: str) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise RejectedError(f"`{key}` must be a list")
    return cast("list[object]", value)
