"""Currencies of ISO 4217: codes, signs that mean one currency only, and minor units."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from mappings.language.problems import near
from mappings.language.shapes import looks
from mappings.language.values import ValueProblem
from mappings.language.words import FormatError

if TYPE_CHECKING:
    from collections.abc import Mapping

WITHDRAWN: Final[Mapping[str, int]] = {
    "ANG": 2, "BGN": 2, "BYR": 0, "CUC": 2, "HRK": 2, "LTL": 2, "MRO": 1, "SLL": 2, "STD": 2, "VEF": 2, "ZWL": 2,
}  # fmt: skip  # a table reads better in lines
"""Codes that ISO 4217 has withdrawn since 2015, and the places they had: documents of their time still come."""

_SIGNS: Final[Mapping[str, str]] = {
    "€": "EUR", "₹": "INR", "₪": "ILS", "₫": "VND", "₱": "PHP", "₴": "UAH", "₽": "RUB", "₺": "TRY", "₦": "NGN", "₡": "CRC",
    "₲": "PYG", "₵": "GHS", "₸": "KZT", "₮": "MNT", "₭": "LAK", "₼": "AZN", "₾": "GEL", "฿": "THB", "៛": "KHR", "zł": "PLN",
    "Kč": "CZK", "Ft": "HUF", "US$": "USD", "A$": "AUD", "AU$": "AUD", "CA$": "CAD", "HK$": "HKD", "NZ$": "NZD",
    "S$": "SGD", "NT$": "TWD", "R$": "BRL", "MX$": "MXN", "CN¥": "CNY", "JP¥": "JPY", "Fr.": "CHF", "SFr.": "CHF", "円": "JPY",
    "$": "USD AUD CAD NZD HKD SGD TWD MXN ARS CLP COP BBD BMD BND BSD BZD FJD GYD JMD KYD LRD NAD SBD SRD TTD XCD",
    "£": "GBP EGP FKP GIP SHP SYP LBP SSP SDG", "¥": "JPY CNY", "￥": "JPY CNY", "₩": "KRW KPW",
    "kr": "SEK NOK DKK ISK", "kr.": "DKK SEK NOK ISK", "元": "CNY TWD HKD", "C$": "CAD NIO", "лв": "BGN KGS UZS", "lei": "RON MDL",
}  # fmt: skip  # as above
"""Signs and the currencies that are written with them; a sign that several use is none of them by itself."""

_LONGEST = 20  # a code or sign with blanks around it


@lru_cache(maxsize=1)
def _minor_units() -> Mapping[str, int | None]:
    # not babel: for 13 currencies (such as RSD) the Unicode CLDR counts the coins in use, not ISO's units
    from iso4217 import Currency  # noqa: PLC0415 -- loaded where a route uses it

    return {currency.code: currency.exponent for currency in Currency} | dict(WITHDRAWN)


def minor_units(code: str) -> int | None:
    """Return how many places amounts in a currency have; None for those without any, such as gold."""
    return _minor_units()[code]


def currency_of(value: object) -> str:
    """Return the code of a currency, from its code in any case or from a sign that means one only. Raises ValueProblem."""
    if isinstance(value, str) and len(value) <= _LONGEST:
        text = value.strip()
        code = text.upper()
        if text.isascii() and len(code) == len("EUR") and code in _minor_units():
            return code
        codes = _SIGNS.get(text, "").split()
        if len(codes) == 1:
            return codes[0]
        if codes:
            raise ValueProblem(f"is a sign of several currencies; say with a table which one is meant {looks(value)}")
    raise ValueProblem(f"is not a currency of ISO 4217 {looks(value)}")


def is_sign_of(sign: str, code: str) -> bool:
    """Say whether an amount in a currency may carry a sign: its code, or a sign that it is written with."""
    return sign.upper() == code or code in _SIGNS.get(sign, "").split()


def known_code(text: str) -> str:
    """Return a currency code that stands in a route. Raises FormatError."""
    if text not in _minor_units():
        meant = near(text, _minor_units())
        raise FormatError(
            f"'{text}' is not a currency of ISO 4217" + (f" (did you mean '{meant}'?)" if meant else ""), "currency"
        )
    return text
