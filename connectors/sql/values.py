"""How a payload's value becomes a column's value: exactly, or not at all."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from connectors.answer import encode_json, written_out
from connectors.errors import RejectedError

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_FLOAT_DIGITS: Final = {"REAL": 6}
"""Digits that a binary number of this type keeps for certain; others keep 15."""
_DOUBLE_DIGITS: Final = 15
_BITS: Final = ((sa.SmallInteger, 16), (sa.BigInteger, 64), (sa.Integer, 32))
_KINDS: Final = {str: "text", bool: "true or false", list: "a list", dict: "an object"}


class ValueProblem(Exception):  # noqa: N818 -- it is a finding about a value, collected by who knows the column's name
    """What is wrong with a value, in words that do not quote it."""


def convert(value: object, kind: TypeEngine[object], dialect: str) -> object:
    """Return the value as the driver wants it for a column of this type. Raises ValueProblem if it would not be the same."""
    if isinstance(kind, sa.JSON):
        return sa.null() if value is None else _json(value)
    if value is None:
        return None
    for types, read in _READERS:
        if isinstance(kind, types):
            return read(value, kind, dialect)
    if isinstance(value, dict) or (isinstance(value, list) and not isinstance(kind, sa.ARRAY)):
        raise ValueProblem(f"is {_kind(value)}, which only a JSON column or a declared child table takes")
    return value  # a type of this database's own: it judges for itself


def _json(value: object) -> object:
    try:
        encode_json(value)
    except RejectedError:
        raise ValueProblem("holds what JSON cannot say, such as NaN or half a character") from None
    return value


def _boolean(value: object, kind: TypeEngine[object], dialect: str) -> object:  # noqa: ARG001 -- all readers are called alike
    if not isinstance(value, bool):
        raise ValueProblem(f"is {_kind(value)}, and the column takes true or false")
    return value


def _integer(value: object, kind: TypeEngine[object], dialect: str) -> object:
    if isinstance(value, bool) and kind.__visit_name__ == "TINYINT":
        return int(value)  # what MySQL calls a boolean
    number = _number(value, "a whole number")
    if number != number.to_integral_value():
        raise ValueProblem("has decimals, and the column takes whole numbers")
    bits = 64 if dialect == "sqlite" else next((bits for types, bits in _BITS if isinstance(kind, types)), 64)
    unsigned = bool(getattr(kind, "unsigned", False))
    low, high = (0, 2**bits) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1))
    if not low <= number < high:
        raise ValueProblem(f"is a number too large for {kind.__visit_name__}")
    return int(number)


def _float(value: object, kind: TypeEngine[object], dialect: str) -> object:
    number = _number(value, "a number")
    single = dialect != "sqlite" and (
        kind.__visit_name__ == "REAL" or (dialect == "mysql" and type(kind).__name__ == "FLOAT")
    )
    kept = _FLOAT_DIGITS["REAL"] if single else _DOUBLE_DIGITS
    if len(_digits(number)) > kept:
        raise ValueProblem(
            f"has more than the {kept} digits that a {kind.__visit_name__} column keeps; make it NUMERIC"
        )
    return float(number)


def _decimal(value: object, kind: TypeEngine[object], dialect: str) -> object:
    number = _number(value, "a number")
    digits, exponent = _digits(number), _exponent(number)
    before, after = max(len(digits) + exponent, 0), max(-exponent, 0)
    precision, scale = getattr(kind, "precision", None), getattr(kind, "scale", None)
    if scale is not None and after > scale:
        raise ValueProblem(f"has {after} decimals, and the column keeps {scale}; round it in the route")
    if precision is not None and before > precision - (scale or 0):
        raise ValueProblem(f"has {before} digits before the point, and the column takes {precision - (scale or 0)}")
    if dialect == "sqlite" and len(digits) > _DOUBLE_DIGITS:
        raise ValueProblem("has more digits than the 15 that SQLite keeps of a number; make the column TEXT")
    return number


def _text(value: object, kind: TypeEngine[object], dialect: str) -> object:  # noqa: ARG001 -- all readers are called alike
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueProblem(f"is {_kind(value)}, and the column takes text")
    try:
        text = written_out(_number(value, "text")) if isinstance(value, Decimal) else str(value)
    except ValueError as error:
        raise ValueProblem(f"is {error}, which is not written out") from None
    length = getattr(kind, "length", None)
    if length is not None and len(text) > length:
        raise ValueProblem(f"has {len(text)} characters, and the column takes {length}")
    if isinstance(kind, sa.Enum) and text not in kind.enums:
        raise ValueProblem("is none of the values that the column's type lists")
    if "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueProblem("contains a character that databases do not store")
    return text


def _date(value: object, kind: TypeEngine[object], dialect: str) -> object:  # noqa: ARG001 -- all readers are called alike
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueProblem(
            f"is {_kind(value)}, and the column takes a day such as 2026-12-31 (type: date in the route)"
        )
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueProblem("is a day that does not exist") from None


def _instant(value: object, kind: TypeEngine[object], dialect: str) -> object:
    """Read an instant with its offset; a column without one gets UTC. A mere day is no instant."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and not _DAY.fullmatch(value) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueProblem("is no instant with its offset, such as 2026-12-31T12:00:00Z")
    keeps_offset = bool(getattr(kind, "timezone", False)) and dialect != "sqlite"
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise ValueProblem("is beyond the calendar of the years 1 to 9999") from None
    return moment if keeps_offset else moment.replace(tzinfo=None)


def _time(value: object, kind: TypeEngine[object], dialect: str) -> object:  # noqa: ARG001 -- all readers are called alike
    try:
        return time.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueProblem("is no time of day, such as 12:00:00") from None


def _uuid(value: object, kind: TypeEngine[object], dialect: str) -> object:  # noqa: ARG001 -- all readers are called alike
    try:
        found = uuid.UUID(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueProblem("is no UUID") from None
    return found if getattr(kind, "as_uuid", True) else str(found)


def _binary(value: object, kind: TypeEngine[object], dialect: str) -> object:  # noqa: ARG001 -- all readers are called alike
    raise ValueProblem(f"is {_kind(value)}, and the column takes bytes, which no payload has")


_READERS: Final = (
    (sa.Boolean, _boolean),
    (sa.Integer, _integer),
    (sa.Float, _float),
    (sa.Numeric, _decimal),
    (sa.Date, _date),
    (sa.DateTime, _instant),
    (sa.Time, _time),
    (sa.Uuid, _uuid),
    (sa.String, _text),
    (sa.LargeBinary, _binary),
)
"""In this order: a Float is a Numeric, too, and an Enum a String."""


def _number(value: object, wanted: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | float):
        raise ValueProblem(f"is {_kind(value)}, and the column takes {wanted} (type: decimal in the route)")
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        raise ValueProblem("is not a finite number")
    return number


def _digits(number: Decimal) -> str:
    return "".join(map(str, number.as_tuple().digits)).strip("0") or "0"


def _exponent(number: Decimal) -> int:
    """Return the power of ten of the last digit that is not zero."""
    digits = "".join(map(str, number.as_tuple().digits))
    exponent = number.as_tuple().exponent
    return int(exponent) + len(digits) - len(digits.rstrip("0")) if number else 0


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "a number")
