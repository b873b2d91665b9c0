"""A payload as the body of a call, with the delivery's key in its place."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, TypedDict, cast
from urllib.parse import urlencode

from connectors.answer import encode_json
from connectors.errors import RejectedError

if TYPE_CHECKING:
    from connectors.contract import Fields
    from connectors.rest.declared import ApiStream


class Body(TypedDict):
    """What `Api.call` takes."""

    content: bytes
    headers: dict[str, str]


def body(declared: ApiStream, payload: Fields, key: str | None, connection: str) -> Body:
    """Return the body. `key` is None where it does not travel. Raises RejectedError for what cannot be said so."""
    content, headers = payload, {}
    if declared.key is not None and key is not None:
        if declared.key.field is not None:
            content = _with(payload, declared.key.field.split("."), key, connection)
        elif declared.key.header is not None:
            headers[declared.key.header] = _header(key, connection)
    if declared.body == "json":
        return {"content": encode_json(content), "headers": {"content-type": "application/json", **headers}}
    pairs = [(name, _text(name, value, connection)) for name, value in content.items() if value is not None]
    headers["content-type"] = "application/x-www-form-urlencoded"
    return {"content": urlencode(pairs).encode(), "headers": headers}


def _header(key: str, connection: str) -> str:
    if not (key.isascii() and key.isprintable()):
        raise RejectedError(f"{connection}: this document's key does not fit into a header", connection=connection)
    return key


def _with(payload: Fields, path: list[str], key: str, connection: str) -> Fields:
    """Return a copy with the key at its path; what is not touched is shared."""
    name, *rest = path
    if not rest:
        if name in payload:
            raise RejectedError(
                f"{connection}: {name} is filled by docferry with the delivery's key", connection=connection
            )
        return {**payload, name: key}
    inner = payload.get(name, {})
    if not isinstance(inner, dict):
        raise RejectedError(f"{connection}: {name} must be an object, the key goes into it", connection=connection)
    return {**payload, name: _with(cast("Fields", inner), rest, key, connection)}


def _text(name: str, value: object, connection: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, str | int):
        return str(value)
    raise RejectedError(f"{connection}: {name} is a list or an object, which a form cannot say", connection=connection)
