"""What a route may send to Hypatos with a file, and every limit of it that can be checked before anything is sent."""

from __future__ import annotations

import mimetypes
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from connectors.answer import encode_json
from connectors.errors import RejectedError
from connectors.fitting import fit
from connectors.hypatos.schemas import INTAKE, MOST_PAIRS
from connectors.hypatos.titles import tidy
from connectors.markers import delivery_marker, file_marker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.contract import Fields, Journal

PAIRS, KEYS_SENT = "pairs", "keys"
"""The journal's records of the external data that a document has from us: a fingerprint, and the keys."""
MARK = "docferry"
"""The pair of external data that tells the whole key."""
MAIN = "mainDocument"
"""The pair by which the document of a further file names the main one."""

_NAME = 256
_VALUE = 999
_ANYTHING = "application/octet-stream"
_UNSAFE = frozenset('\\/:*?"<>|')


@dataclass(frozen=True, slots=True)
class Wanted:
    """A checked payload. `project` is an id or a name, None for the connection's own."""

    project: str | None
    title: str | None
    external_data: Mapping[str, str] = field(default_factory=dict)


def read(payload: Fields) -> Wanted:
    """Check a payload. Raises RejectedError for what Hypatos would refuse or silently drop."""
    fit(INTAKE, payload)
    encode_json(payload)  # half of a surrogate pair, or no number at all, can be sent in no text either
    project, title = (cast("str | None", payload.get(key)) for key in ("project", "title"))
    pairs = cast("Fields | None", payload.get("external_data")) or {}
    return Wanted(project and project.strip(), title and _title(title), _pairs(pairs))


def own_pairs(wanted: Wanted, key: str, main_document: str | None = None) -> dict[str, str]:
    """Return the external data of one document: the route's, and what finds it again."""
    pairs = {**wanted.external_data, MARK: key[:_VALUE]}
    if main_document is not None and len(pairs) <= MOST_PAIRS:
        pairs[MAIN] = main_document
    return pairs


def pairs_print(pairs: Mapping[str, str], journal: Journal) -> str:
    """Return what may be written down of external data: equal for equal pairs."""
    return journal.fingerprint("\n".join(f"{key}={value}" for key, value in sorted(pairs.items())))


def keys_of(pairs: Mapping[str, str]) -> str:
    """Return the keys as they are written down and compared."""
    return ",".join(sorted(key.casefold() for key in pairs))


def own_id(key: str, file_id: str | None = None) -> str:
    """Return the external id that travels in the call that makes a document; another one for each further file."""
    return f"gw-{delivery_marker(key) if file_id is None else file_marker(key, file_id)}"


def file_name(name: str, media_type: str) -> str:
    """Return a file name as a header can carry it: plain ASCII as it is, all else percent-encoded, at most 256 characters.

    Whatever comes of it later, it is no path and ends no quotation; a file without a name is called after its media type.
    Whether the server decodes it is not published. Latin-1 would be allowed, but the wire below us sends UTF-8.
    """
    plain = "".join("_" if sign in _UNSAFE else sign for sign in name if sign.isprintable())
    plain = unicodedata.normalize("NFC", plain).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if not dot or mimetypes.guess_type(plain)[0] is None:  # no ending that means anything
        known = "" if media_type == _ANYTHING else mimetypes.guess_extension(media_type) or ""
        stem, ending = plain or "document", known.lstrip(".")
    tail = f".{ending}" if ending else ""
    while stem and len(_encoded(stem + tail)) > _NAME:
        stem = stem[:-1]
    return _encoded(stem + tail)


def readable(name: str) -> bool:
    """Say whether a name arrives as it is."""
    return file_name(name, _ANYTHING) == name


def media_type(kind: str, name: str) -> str:
    """Return the media type to send: without parameters, in its usual spelling, guessed from the name if it says nothing."""
    plain = kind.partition(";")[0].strip().lower()
    if plain in ("", _ANYTHING):
        plain = mimetypes.guess_type(name)[0] or _ANYTHING
    return {"image/jpg": "image/jpeg", "image/tif": "image/tiff", "text/xml": "application/xml"}.get(plain, plain)


def _encoded(name: str) -> str:
    return name if name.isascii() else quote(name, safe=" !#$&'()+,;=@[]{}~")


def _title(given: str) -> str:
    title = tidy(given)
    if not title:
        raise RejectedError("`title` must have characters that can be read")
    return title


def _pairs(given: Fields) -> dict[str, str]:
    told = {key: entry for key, entry in given.items() if entry is not None}
    folded = {key.casefold() for key in told}
    if len(folded) < len(told) or folded & {MARK, MAIN.casefold()}:
        raise RejectedError("two keys of `external_data` are the same but for upper and lower case, or one is ours")
    return {key: str(entry).lower() if isinstance(entry, bool) else str(entry) for key, entry in told.items()}
