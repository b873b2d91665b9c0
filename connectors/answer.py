"""What one successful answer is, and how JSON keeps every digit on its way out and in."""

from __future__ import annotations

import math
import re
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

import msgspec

from connectors.errors import RejectedError, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

UNSET = msgspec.UNSET
"""Stands for "no JSON body", since None is a JSON value."""

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_LONGEST_INTEGER = min(4300, sys.get_int_max_str_digits() or 4300)
"""Digits: msgspec reads no longer ones, the sign being one, and Python may have been told to stop even earlier."""


def encode_json(value: object) -> bytes:
    """Write JSON. A Decimal goes out as a number with all its digits.

    Raises RejectedError for what JSON cannot say: NaN, Infinity, half of a surrogate pair, unknown types. It names the
    member of an object, or the place in a list, that is at fault.
    """
    try:
        return _written(value)
    except _UNWRITABLE as error:
        # the cause quotes the value, so it is left out
        raise RejectedError(f"the payload cannot be written as JSON{_where(value)} ({type(error).__name__})") from None


_UNWRITABLE: Final = (TypeError, ValueError, RecursionError)


def _written(value: object) -> bytes:
    body = _encode(value)
    if b"NaN" in body or b"Infinity" in body:  # may be inside a text: only a full read can tell
        _decode(body)
    if b"null" in body:
        _refuse_binary_nan(value)
    return body


_NO_FLOAT: Final = frozenset({str, int, bool, type(None), Decimal})
"""What most values are: they are not looked at one by one."""


def _refuse_binary_nan(value: object) -> None:
    """Raise ValueError for a float that is no number: it is written as null, and an amount would be lost unseen."""
    rest: list[Iterable[object]] = [(value,)]
    while rest:
        for one in rest.pop():
            if type(one) in _NO_FLOAT:
                continue
            if isinstance(one, dict):
                rest.append(one.values())
            elif isinstance(one, (list, tuple, set, frozenset)):
                rest.append(one)
            elif isinstance(one, float) and not math.isfinite(one):
                raise ValueError("no number")


def _where(value: object) -> str:
    """Name the first member or item at the top that is at fault; names further down may be values of a document."""
    members: Iterable[tuple[object, object]] = ()
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = ((f"[{place}]", item) for place, item in enumerate(value))
    for name, member in members:
        try:
            _written(member)
        except _UNWRITABLE:
            return f": {name}"
    return ""


_MOST_DIGITS = 10_000


def written_out(number: Decimal) -> str:
    """Return a number in plain notation. Raises ValueError for one that would fill the memory: 1e999999999 is ten letters."""
    if abs(number.adjusted()) > _MOST_DIGITS:
        raise ValueError(f"a number of more than {_MOST_DIGITS:,} digits")
    return f"{number:f}"


def _exact(written: str) -> Decimal | str:
    try:
        return Decimal(written)
    except InvalidOperation:
        return written


_decode_odd = msgspec.json.Decoder(float_hook=_exact).decode
_MARK = b"\xef\xbb\xbf"
_PAIR = rb"u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
# Both of these pass over all that is well at once: millions of escapes or texts, one by one, would stop the whole process
# for a minute.
_ESCAPE = re.compile(
    rb"((?:[^\\]++|\\(?:[^u]|u(?![dD][89a-fA-F])|%b))++)|\\u[dD][89a-fA-F][0-9a-fA-F]{2}" % _PAIR, re.DOTALL
)
"""What is well (the group), surrogate pairs among it, or half of one."""
_LONG = rb"(?:-\d{%d,}+|\d{%d,}+)(?![.eE])" % (_LONGEST_INTEGER, _LONGEST_INTEGER + 1)
_LONG_INTEGER = re.compile(
    rb'((?:"(?:[^"\\]++|\\.)*+"?|[^"\d.eE+-]++|(?!%b)[\d.eE+-]++)++)|%b' % (_LONG, _LONG), re.DOTALL
)
"""What is well (the group), texts among it, the last of which may be without its end; or an integer of too many digits."""


def decode_json(body: bytes) -> object:
    """Read JSON. Every number with a fraction or an exponent becomes a Decimal. Raises ValueError if it is garbled.

    One odd row must not make a whole page unreadable, so what servers write is taken as far as it goes. Half of a
    surrogate pair, left by those that cut texts anywhere, becomes U+FFFD. An integer of more digits than Python reads
    becomes a Decimal, with all of them. A number that no Decimal can hold, its exponent having twenty digits, stays the text
    that was written, which no mapping takes for a number. A byte order mark is passed over.
    """
    try:
        with suppress(ValueError, InvalidOperation):
            return _decode(body)
        mended = _ESCAPE.sub(_whole, body.removeprefix(_MARK))
        try:
            return _decode_odd(mended)
        except msgspec.ValidationError:  # JSON it is, with an integer that is too long
            return _decode_odd(_LONG_INTEGER.sub(_as_decimal, mended))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _whole(found: re.Match[bytes]) -> bytes:
    return found[1] or rb"\ufffd"


def _as_decimal(found: re.Match[bytes]) -> bytes:
    return found[1] or found[0] + b"e0"


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
