"""A source document as it is recorded: every digit, every null and every kind of number comes back as it was."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from connectors.contract import Document, File

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


def pack(document: Document) -> bytes | None:
    """Return a document as JSON, None if JSON cannot hold it exactly (then it is not recorded).

    A Decimal without a fraction is written with an exponent, since a plain `12` is read as a whole number.
    """
    files = [[file.id, file.name, file.media_type, file.size, file.main, file.version] for file in document.files]
    try:
        return _encode(
            {"id": document.id, "version": document.version, "fields": _exact(document.fields), "files": files}
        )
    except (TypeError, ValueError, OverflowError, RecursionError):
        return None


def unpack(content: bytes) -> Document:
    """Return what was packed."""
    found: dict[str, Any] = _decode(content)
    return Document(found["id"], found["version"], found["fields"], [File(*file) for file in found["files"]])


_AS_IT_IS = frozenset({str, int, bool, type(None)})
"""What most values are: they are not looked at one by one."""


def _exact(value: object) -> object:
    if isinstance(value, dict):
        return {
            key if type(key) is str else _name(key): item if type(item) in _AS_IT_IS else _exact(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [item if type(item) in _AS_IT_IS else _exact(item) for item in value]
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int):
            raise TypeError("not a number")
        return value if exponent else msgspec.Raw(f"{value}e0".encode())
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError("not what a source gives")


def _name(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError("not a name")
    return key
