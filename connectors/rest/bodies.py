"""A payload as the body of a call, with the delivery's key in its place."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, TypedDict, cast
from urllib.parse import urlencode

from connectors.answer import encode_json, written_out
from connectors.errors import RejectedError

if TYPE_CHECKING:
    from connectors.contract import Fields
    from connectors.rest.declared import ApiStream


class Body(TypedDict):
    """What `Api.call` takes."""

    content: bytes
    headers: dict[str, str]


def body(declared: ApiStream, payload: Fields, key: str, connection: str) -> Body:
    """Return the body of a payload that fits its schema. Raises RejectedError for what cannot be said so."""
    content, headers = payload, {}
    if declared.key is not None and declared.key.field is not None:
        content = _with(payload, declared.key.field.split("."), key)
    elif declared.key is not None and declared.key.header is not None:
        headers[declared.key.header] = _header(key, connection)
    if declared.body == "json":
        return {"content": encode_json(content), "headers": {"content-type": "application/json", **headers}}
    try:
        pairs = [(name, _text(value)) for name, value in content.items() if value is not None]
    except ValueError as error:
        raise RejectedError(f"{connection}: {error} cannot be written into a form", connection=connection) from None
    headers["content-type"] = "application/x-www-form-urlencoded"
    return {"content": urlencode(pairs).encode(), "headers": headers}


def _header(key: str, connection: str) -> str:
    if not (key.isascii() and key.isprintable()):
        raise RejectedError(f"{connection}: this document's key does not fit into a header", connection=connection)
    return key


def _with(payload: Fields, path: list[str], key: str) -> Fields:
    """Return a copy with the key at its path; what is not touched is shared."""
    name, *rest = path
    return {**payload, name: _with(cast("Fields", payload.get(name, {})), rest, key) if rest else key}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return written_out(value) if isinstance(value, Decimal) else str(value)
