"""Numbers as nearly all of them are written: digits, one sign between groups, one decimal point, a minus in front.

What reads them here gives what the readers give, or None: then it is for those to say what a text is.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from mappings.language.numbers.examples import number_format
from mappings.language.values import DIGITS

if TYPE_CHECKING:
    from collections.abc import Callable

    from mappings.language.numbers.examples import NumberFormat

    Quick = Callable[[str], Decimal | None]

_PLAIN = re.compile(rf"-?[0-9]{{1,{DIGITS}}}(?:\.[0-9]{{1,{DIGITS}}})?")
_WHOLE = re.compile(rf"-?[0-9]{{1,{DIGITS}}}")
_FURTHER = 8
"""How many groups may follow the first one, besides the last: of three digits each they are no more than DIGITS in all."""


def plain(text: str) -> Decimal | None:
    """Return the number of a text in plain notation."""
    return Decimal(text) if _PLAIN.fullmatch(text) else None


def quick_decimal(formats: tuple[str, ...]) -> Quick | None:
    """Return what reads numbers at once by an example, or in plain notation without any; None where only a reader can."""
    return plain if not formats else _by_example(number_format(formats[0])) if len(formats) == 1 else None


def quick_integer(formats: tuple[str, ...]) -> Callable[[str], int | None] | None:
    """Return the same for whole numbers; in plain notation those have no decimal point."""
    if not formats:
        return lambda text: int(text) if _WHOLE.fullmatch(text) else None
    exact = quick_decimal(formats)
    if exact is None:
        return None

    def read(text: str) -> int | None:
        found = exact(text)
        return None if found is None or found != (whole := int(found)) else whole

    return read


def _by_example(example: NumberFormat) -> Quick | None:
    """Return what reads by an example, None if it shows anything beside the digits."""
    if example.before or example.after or example.minus_last:
        return None
    group, point = example.group, example.decimal
    whole = f"[0-9]{{1,{DIGITS}}}"
    if group:
        last, further = example.sizes
        sign = re.escape(group)
        whole += rf"|[1-9][0-9]{{0,{further - 1}}}(?:{sign}[0-9]{{{further}}}){{0,{_FURTHER}}}{sign}[0-9]{{{last}}}"
    rest = rf"(?:{re.escape(point)}[0-9]{{1,{DIGITS}}})?" if point else ""
    fits = re.compile(f"-?(?:{whole}){rest}").fullmatch

    def read(text: str) -> Decimal | None:
        if fits(text) is None:
            return None
        if group:
            text = text.replace(group, "")
        return Decimal(text.replace(point, ".") if point else text)

    return read
