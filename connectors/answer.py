"""What one successful answer is, and how JSON keeps every digit on its way out and in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, cast

import msgspec

from connectors.errors import RejectedError, TransientError

if TYPE_CHECKING:
    from collections.abc import Mapping

UNSET = msgspec.UNSET
"""Stands for "no JSON body", since None is a JSON value."""

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


def encode_json(value: object) -> bytes:
    """Write JSON. A Decimal goes out as a number with all its digits.

    Raises RejectedError for what JSON cannot say: NaN, Infinity, half of a surrogate pair, unknown types.
    """
    try:
        body = _encode(value)
        if b"NaN" in body or b"Infinity" in body:  # may be inside a text: only a full read can tell
            _decode(body)
    except (TypeError, ValueError, RecursionError) as error:
        # the cause quotes the value, so it is left out
        raise RejectedError(f"the payload cannot be written as JSON{_where(value)} ({type(error).__name__})") from None
    return body


def _where(value: object) -> str:
    """Name the first member at the top that is at fault; names further down may be values of a document."""
    for name, member in cast("dict[str, object]", value).items() if isinstance(value, dict) else ():
        try:
            encode_json(member)
        except RejectedError:
            return f": {name}"
    return ""


_MARK = b"\xef\xbb\xbf"
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u([dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
"""An escape in a text: a surrogate pair, half of one (the group), or any other."""


def decode_json(body: bytes) -> object:
    """Read JSON. Every number with a fraction or an exponent becomes a Decimal. Raises ValueError if it is garbled.

    Half of a surrogate pair, as servers write it that cut texts anywhere, becomes U+FFFD: one bad title must not make a
    whole page unreadable. A byte order mark is passed over.
    """
    try:
        try:
            value: object = _decode(body)
        except ValueError:
            mended = _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], body.removeprefix(_MARK))
            if mended == body:
                raise
            value = _decode(mended)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    except InvalidOperation as error:
        raise ValueError("a number has an exponent beyond all bounds") from error
    return value


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer. The names of `headers` are case-insensitive. `asked` says in words what it answers."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    asked: str = ""
    connection: str = ""
    decoded: object = field(default=UNSET, repr=False, compare=False)

    def json(self) -> object:
        """Return the body as plain data with Decimals. Raises TransientError (arrived: maybe) if it is garbled."""
        if self.decoded is not UNSET:
            return self.decoded
        try:
            return decode_json(self.body)
        except ValueError:
            # no cause: it may quote the body
            raise TransientError(
                f"{self.asked} answered {self.status} with something that is not JSON",
                connection=self.connection,
                status=self.status,
                arrived="maybe",
            ) from None
