"""How Contract.fit writes things down, read so that raw database spellings, nulls and unknown members never hurt."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, cast

import msgspec

from connectors.answer import encode_json
from connectors.errors import ConnectorError
from connectors.lists import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.contract import Fields

OURS = "docferry-"
"""What the names of versions begin with that we have sent as feedback."""

REQUIRED = frozenset({"inbox", "original_filename", "page_count"})
"""What every document has besides its id, which the database spells in several ways."""

_DEEPEST = 100
"""Levels of a JSON answer that are looked into; Python's own bound is hit somewhere beyond 400."""
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
"""What may be an id in an answer whose form is not published; anything else is looked for instead."""
_STATES = ("lock", "escalate", "reject", "submitted")
_INTEGERS = frozenset({"$numberInt", "$numberLong"})
_FRACTIONS = frozenset({"$numberDecimal", "$numberDouble"})
_FRACTION_OF_SECOND = re.compile(r"(?<=[.,])\d+")


@dataclass(frozen=True, slots=True)
class Inbox:
    """Where documents lie. `name` is what people call it, None where it is not told."""

    id: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """A document as a listing shows it. `received` is UTC, None where it is not told; `fields` are its plain members."""

    id: str
    received: datetime | None
    fields: Fields


@dataclass(frozen=True, slots=True)
class Listing:
    """One page. The numbers are those the provider states, None where it states none.

    `asked` is in whose order and for how many rows it was asked: only pages that were asked alike fit each other.
    """

    rows: Sequence[Row]
    page: int | None
    per_page: int | None
    total: int | None
    asked: tuple[bool, int] | None = None


def as_object(body: object, what: str) -> Fields:
    """Return a JSON object as a dict; raise ConnectorError if the provider sent something else."""
    if not isinstance(body, dict):
        raise ConnectorError(f"{what} is not a JSON object")
    return cast("Fields", body)


def text(value: object) -> str | None:
    """Return a non-empty text, None for everything else."""
    return value if isinstance(value, str) and value else None


def part(fields: Fields, name: str) -> Fields:
    """Return an object inside an object, empty where it is absent or null."""
    value = fields.get(name)
    return cast("Fields", value) if isinstance(value, dict) else {}


def plain(value: object, depth: int = 0) -> object:
    """Return JSON with the database's own spellings resolved: `$oid`, `$date`, `$numberLong` and their like.

    What is nested deeper than anybody nests stays as it is: one such row must not make a whole list unreadable.
    """
    if depth > _DEEPEST or not isinstance(value, dict | list):
        return value
    if isinstance(value, list):
        return [plain(item, depth + 1) for item in value]
    if len(value) == 1:
        ((name, inner),) = value.items()
        if name in {"$oid", "$uuid"} and isinstance(inner, str):
            return inner
        if name == "$date":
            found = instant(value)
            return inner if found is None else written(found)
        if name in _INTEGERS or name in _FRACTIONS:
            return _number(str(inner), whole=name in _INTEGERS)
    return {name: plain(inner, depth + 1) for name, inner in value.items()}


def plain_object(body: object, what: str) -> Fields:
    """Return an object with plain spellings, its id under `id` whatever it was called."""
    fields = as_object(plain(body[0] if isinstance(body, list) and len(body) == 1 else body), what)
    found = identity(fields)
    rest = {name: value for name, value in fields.items() if name != "_id"}
    return rest if found is None else {**rest, "id": found}


def identity(fields: Fields) -> str | None:
    """Return the id of an object with plain spellings."""
    return text(fields.get("id")) or text(fields.get("_id")) or text(fields.get("document_id"))


def instant(value: object) -> datetime | None:
    """Read a moment: ISO 8601 with `Z`, an offset or, as is usual here, no zone (UTC); or `{"$date": …}` of it.

    A number counts milliseconds since 1970. None for everything that is no moment.
    """
    if isinstance(value, dict):
        return instant(value.get("$date", value.get("$numberLong")))
    try:
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return datetime.fromtimestamp(float(value) / 1000, UTC)
        if not isinstance(value, str):
            return None
        if re.fullmatch(r"-?\d{9,}", value):
            return instant(int(value))
        # Python reads at most six digits of a second's fraction
        moment = datetime.fromisoformat(_FRACTION_OF_SECOND.sub(lambda digits: digits[0][:6], value.strip(), count=1))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def written(moment: datetime) -> str:
    """Write a moment the one way we do: UTC, with microseconds, and a year that can be read again however early it is."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def inboxes(body: object) -> list[Inbox]:
    """Read `GET /inboxes`: a list, or an object that holds it."""
    rows = plain(body)
    if isinstance(rows, dict):
        rows = listed(rows, "results", "the list of inboxes", "inboxes")
    if not isinstance(rows, list):
        raise ConnectorError("the list of inboxes is not a list")
    found = [(identity(entry), text(entry.get("name"))) for entry in rows if isinstance(entry, dict)]
    return [Inbox(inbox, name) for inbox, name in found if inbox]


def listing(body: object) -> Listing:
    """Read one page of an inbox: an object, or (as the specification has it) a list with that object in it."""
    if isinstance(body, list):
        if len(body) > 1 and all(isinstance(item, dict) and "results" not in item for item in body):
            return Listing([_row(item) for item in body], None, None, None)  # the documents without an envelope
        body = body[0] if body else {"results": []}
    page = as_object(body, "the listing")
    rows = listed(page, "results", "the listing")
    counts = [_count(page.get(name)) for name in ("page", "per_page", "total")]
    return Listing([_row(row) for row in rows], counts[0], counts[1] or None, counts[2])


def uploaded(body: object) -> str | None:
    """Find the id of a new document in the answer to its upload, whose form is not published; None if it is not there."""
    value = plain(body)
    if isinstance(value, list):
        return uploaded(value[0]) if len(value) == 1 else None
    if isinstance(value, dict):
        inner, found = value.get("document"), identity(value)
        if found is not None:
            return found if _ID.fullmatch(found) else None
        return uploaded(inner) if inner is not None else None
    return value.strip() if isinstance(value, str) and re.fullmatch(r"\s*[0-9A-Za-z]{24}\s*", value) else None


def switched(fields: Fields, state: str) -> bool:
    """Say whether a state is set: its object (`{"value": true}`) and the flag of the same name are two spellings of it."""
    value = fields.get(state)
    if isinstance(value, dict) and isinstance(value.get("value", value.get("status")), bool):
        return value.get("value", value.get("status")) is True
    return value is True or part(fields, "status_data").get(state) is True


def digest(value: object) -> str:
    """Return the SHA-256 (hex) of JSON, without regard to the order of members."""
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()


def hint(fields: Fields) -> str:
    """Return what a listing tells about whether a document may have changed."""
    states = [
        [name, state.get("value"), state.get("since")] for name in _STATES for state in (part(fields, name),) if state
    ]
    told = [fields.get(name) for name in ("status_data", "flag_for_review", "last_version", "timings")]
    return digest([told, states])[:32]


def _row(row: object) -> Row:
    fields = plain_object(row, "a row of the listing")
    document_id = text(fields.get("id"))
    if document_id is None:
        raise ConnectorError("a row of the listing has no id")
    return Row(document_id, instant(part(fields, "timings").get("receive_time")), fields)


def _count(value: object) -> int | None:
    value = plain(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _number(value: str, *, whole: bool) -> object:
    try:
        return int(value) if whole else Decimal(value)
    except (ValueError, InvalidOperation):
        return value


def as_text(value: object) -> str:
    """Return a plain value as JSON writes it, a text as it is."""
    return value if isinstance(value, str) else encode_json(value).decode()
