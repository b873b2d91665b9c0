"""Filters for identifiers and codes: the types of the same names, for use in expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.language.codes import banking, countries, currencies, languages, units
from mappings.language.filters.filter import Filter, plain
from mappings.language.words import TEXT, Example

if TYPE_CHECKING:
    from collections.abc import Callable


def _country(*languages: str) -> Callable[[object], str]:
    countries.check(languages)
    return lambda value: countries.country(value, languages or countries.LANGUAGES)


def _code(run: Callable[[object], str], name: str, help_: str, example: Example) -> Filter:
    return Filter(make=plain(run), written=name, help=help_, takes=TEXT, gives=TEXT, examples=(example,))


CODES: dict[str, Filter] = {
    "bic": _code(
        banking.bic, "bic", "a bank's BIC (SWIFT code) in capitals", Example("'deutdeff500' | bic", "DEUTDEFF500")
    ),
    "country": Filter(
        make=_country,
        fixed=0,
        written="country('tr')",
        help="a country's two letters in ISO 3166, from its codes or its name; the languages of the name may be given",
        takes=TEXT,
        gives=TEXT,
        most=4,
        examples=(Example("'Österreich' | country", "AT"),),
    ),
    "currency": _code(
        currencies.currency_of,
        "currency",
        "a currency's code in ISO 4217, from the code in any case or from a sign that means one currency only",
        Example("'€' | currency", "EUR"),
    ),
    "iban": _code(
        banking.iban,
        "iban",
        "a bank account's IBAN in capitals without blanks",
        Example("'DE89 3704 0044 0532 0130 00' | iban", "DE89370400440532013000"),
    ),
    "language": _code(
        languages.language,
        "language",
        "a language's tag in BCP 47, from such a tag or from a code of ISO 639",
        Example("'ger' | language", "de"),
    ),
    "unit": _code(
        units.unit,
        "unit",
        "a unit's code in UN/ECE Recommendation 20, from the code in capitals, its English name or a common spelling",
        Example("'Stk.' | unit", "H87"),
    ),
    "vat": _code(
        banking.vat,
        "vat",
        "a VAT number in capitals without blanks, beginning with its country",
        Example("'ATU 1358 5627' | vat", "ATU13585627"),
    ),
}
"""Filters by name."""
