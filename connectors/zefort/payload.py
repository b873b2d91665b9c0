"""A payload read as a contract: checked against the schema and by what a schema cannot say, before anything is sent."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from connectors.answer import encode_json
from connectors.errors import RejectedError
from connectors.fitting import fit
from connectors.zefort.schemas import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.contract import Fields

STANDARD = ("title", "effective_date", "end_date", "signed_date", "main_language")
"""The attributes every account has; all others are defined by the account."""


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
    fit(CONTRACT, payload)
    encode_json(payload)  # what JSON cannot say would otherwise show only when half of the contract is there
    note = cast("str | None", payload.get("note"))
    return Wanted(
        cast("Fields", payload["attributes"]),
        _parties(cast("list[Fields] | None", payload.get("parties")) or []),
        _names(payload, "tags"),
        _names(payload, "binders"),
        cast("str | None", payload.get("status")),
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


def _parties(entries: list[Fields]) -> list[Party]:
    found: dict[str, Party] = {}
    for place, entry in enumerate(entries):
        fields = {name: value for name, value in entry.items() if value is not None and value != ""}
        party = Party(next(identities(fields)), fields)
        earlier = found.setdefault(party.key, party)
        if earlier.role != party.role:
            raise RejectedError(
                f"`parties[{place}]` is listed before with another role; Zefort knows one role per party"
            )
    return list(found.values())


def _names(payload: Fields, key: str) -> list[str]:
    entries = cast("list[str | None] | None", payload.get(key)) or []
    return list(dict.fromkeys(entry.strip() for entry in entries if entry is not None))
