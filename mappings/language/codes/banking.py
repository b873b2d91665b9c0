"""Account and tax numbers, by python-stdnum: IBAN, BIC and VAT identification numbers with their check digits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mappings.language.shapes import looks
from mappings.language.values import ValueProblem

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST = 64
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{8,30}")
_BIC: Final = re.compile(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_VAT: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{2,18}")
_FILLERS = re.compile(r"[\s.,/\u2010-\u2015-]")
_GREECE = {"GR": "EL"}  # the one country whose VAT prefix is not its ISO code


def iban(value: object) -> str:
    """Return an IBAN in capitals without blanks. Raises ValueProblem."""
    from stdnum import iban as checked  # noqa: PLC0415 -- loaded where a route uses it

    return _valid(value, _IBAN, checked.validate, "an IBAN")


def bic(value: object) -> str:
    """Return a BIC (SWIFT code) of 8 or 11 characters in capitals. Raises ValueProblem."""
    from stdnum import bic as checked  # noqa: PLC0415 -- as above

    return _valid(value, _BIC, checked.validate, "a BIC")


def vat(value: object) -> str:
    """Return a VAT number in capitals without blanks, beginning with its country (Greece: EL). Raises ValueProblem."""
    from stdnum import vatin  # noqa: PLC0415 -- as above

    number = _valid(value, _VAT, vatin.validate, "a VAT number that begins with its country")
    return _GREECE.get(number[:2], number[:2]) + number[2:]


def _valid(value: object, form: re.Pattern[str], validate: Callable[[str], str], what: str) -> str:
    from stdnum.exceptions import ValidationError  # noqa: PLC0415 -- as above

    if not isinstance(value, str) or len(value) > _LONGEST:
        raise ValueProblem(f"is not {what} {looks(value)}")
    compact = _FILLERS.sub("", value).upper()
    # the form is looked at first: the library looks for code by a number's first letters
    if not form.fullmatch(compact):
        raise ValueProblem(f"is not {what} {looks(value)}")
    try:
        return validate(compact)
    except ValidationError as error:
        why = _WHY.get(type(error).__name__, "it is not valid")
        raise ValueProblem(f"is not {what}: {why} {looks(value)}") from None


_WHY = {
    "InvalidChecksum": "its check digits do not fit, so it was misread or mistyped",
    "InvalidLength": "it has not the length of its country",
    "InvalidFormat": "it has not the form of its country",
    "InvalidComponent": "a part of it, such as its country, does not exist",
}
