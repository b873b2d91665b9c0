"""Every word that `type:` knows: what it takes and gives, which keys may stand beside it, and the conversion it makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from mappings.language.codes import banking, countries, currencies, languages, units
from mappings.language.conversions.plain import boolean
from mappings.language.dates.quick import quick_day
from mappings.language.dates.readers import date_reader, datetime_reader
from mappings.language.missing import MISSING
from mappings.language.numbers.money import money_reader
from mappings.language.numbers.quick import quick_decimal, quick_integer
from mappings.language.numbers.readers import decimal_reader, integer_reader
from mappings.language.paths import Scope
from mappings.language.values import ValueProblem, text
from mappings.language.words import DAY, INSTANT, NUMBER, TEXT, Example, FormatError, Word
from mappings.language.work import LONG

if TYPE_CHECKING:
    from mappings.language.conversions.options import Options

Convert = Callable[[Scope, object], object]
"""A conversion of a value in a document; raises ValueProblem."""
Quick = Callable[[str], object]
"""A conversion of text that gives what the Convert of its type gives, or None where that has to look; raises nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Type(Word):
    """A word of `type:`. `make` builds its conversion from what stands beside it, and raises FormatError.

    `quick` gives what does the same for most texts, if there is something, for options that `make` has taken.
    """

    options: tuple[str, ...] = ()
    make: Callable[[Options], Convert]
    quick: Callable[[Options], Quick | None] = lambda _options: None


def _plain(convert: Callable[[object], object]) -> Callable[[Options], Convert]:
    return lambda _options: lambda _scope, value: convert(value)


def _made(make: Callable[[Options], Callable[[object], object]]) -> Callable[[Options], Convert]:
    def made(options: Options) -> Convert:
        convert = make(options)
        return lambda _scope, value: convert(value)

    return made


def _money(options: Options) -> Convert:
    read, currency = money_reader(options.format, options.round), options.currency
    if currency is None:
        raise FormatError("type: money needs currency: beside it, a code such as EUR or the path to one", "type")

    def convert(scope: Scope, value: object) -> Decimal:
        of = currency(scope)
        if of is MISSING or of is None:
            raise ValueProblem(f"is an amount whose currency is {'null' if of is None else 'missing'}")
        return read(value, of)

    return convert


def _country(options: Options) -> Callable[[object], object]:
    spoken = options.locale or countries.LANGUAGES
    countries.check(spoken)
    return lambda value: countries.country(value, spoken)


TYPES: dict[str, Type] = {
    "string": Type(
        help="text; numbers in plain notation, true and false as words",
        takes=TEXT | NUMBER | {"boolean"},
        gives=TEXT,
        make=_plain(text),
        quick=lambda _options: lambda value: value if len(value) <= LONG else None,
        examples=(Example("type: string", "4711", given=4711),),
    ),
    "integer": Type(
        help="a whole number; text in plain notation, or as the example under `format` shows",
        takes=TEXT | NUMBER,
        gives=frozenset({"integer"}),
        options=("format",),
        make=_made(lambda options: integer_reader(options.format)),
        quick=lambda options: quick_integer(options.format),
        examples=(
            Example("type: integer", 12, given="12"),
            Example("type: integer, format: '1.234,56'", 1000, given="1.000"),
        ),
    ),
    "decimal": Type(
        help="an exact number with the digits it has; text in plain notation such as -1234.50, or as the example under "
        "`format` shows",
        takes=TEXT | NUMBER,
        gives=frozenset({"decimal"}),
        options=("format",),
        make=_made(lambda options: decimal_reader(options.format)),
        quick=lambda options: quick_decimal(options.format),
        examples=(
            Example("type: decimal", Decimal("1234.50"), given="1234.50"),
            Example("type: decimal, format: '1.234,56 €'", Decimal("-12345.6"), given="-12.345,6 €"),
        ),
    ),
    "money": Type(
        help="an amount with the places of its currency in ISO 4217; digits are lost only where `round` says how",
        takes=TEXT | NUMBER,
        gives=frozenset({"decimal"}),
        options=("currency", "format", "round"),
        make=_money,
        examples=(
            Example("type: money, currency: EUR", Decimal("12.50"), given=Decimal("12.5")),
            Example(
                "type: money, currency: JPY, round: half_up, format: '1.234,56 ¤'", Decimal(1235), given="1.234,50 ¥"
            ),
        ),
    ),
    "boolean": Type(
        help="true or false, also as text",
        takes=TEXT | {"boolean"},
        gives=frozenset({"boolean"}),
        make=_plain(boolean),
        examples=(Example("type: boolean", gives=True, given="True"),),
    ),
    "date": Type(
        help="a day, written as YYYY-MM-DD; text by one of the formats, without any it must be YYYY-MM-DD already. With "
        "`to_zone` it is the day that an instant has there",
        takes=DAY | INSTANT,
        gives=frozenset({"date"}),
        options=("format", "locale", "zone", "to_zone"),
        make=_made(lambda options: date_reader(options.format, options.locale, options.zone, options.to_zone)),
        quick=lambda options: None if options.to_zone else quick_day(options.format, options.locale),
        examples=(
            Example("type: date, format: '%d.%m.%Y'", "2026-02-07", given="7.2.2026"),
            Example("type: date, format: '%d. %B %Y', locale: de", "2026-03-07", given="7. März 2026"),
            Example("type: date, to_zone: Europe/Berlin", "2026-03-01", given="2026-02-28T23:30:00Z"),
        ),
    ),
    "datetime": Type(
        help="an instant in UTC as RFC 3339, or with `to_zone` in that zone; text by one of the formats, without any "
        "RFC 3339. A time without an offset needs `zone`",
        takes=INSTANT,
        gives=frozenset({"datetime"}),
        options=("format", "locale", "zone", "to_zone"),
        make=_made(lambda options: datetime_reader(options.format, options.locale, options.zone, options.to_zone)),
        examples=(
            Example("type: datetime", "2026-02-27T12:05:00Z", given="2026-02-27T13:05:00+01:00"),
            Example(
                "type: datetime, format: '%d.%m.%Y %H:%M', zone: Europe/Berlin",
                "2026-02-27T12:05:00Z",
                given="27.02.2026 13:05",
            ),
        ),
    ),
    "iban": Type(
        help="a bank account's IBAN in capitals without blanks; its length, form and check digits must be right",
        takes=TEXT,
        gives=TEXT,
        make=_plain(banking.iban),
        examples=(Example("type: iban", "DE89370400440532013000", given="DE89 3704 0044 0532 0130 00"),),
    ),
    "bic": Type(
        help="a bank's BIC (SWIFT code) of 8 or 11 characters in capitals",
        takes=TEXT,
        gives=TEXT,
        make=_plain(banking.bic),
        examples=(Example("type: bic", "DEUTDEFF500", given="deutdeff500"),),
    ),
    "vat": Type(
        help="a VAT number in capitals without blanks, beginning with its country (Greece: EL); form and check digits must "
        "be right",
        takes=TEXT,
        gives=TEXT,
        make=_plain(banking.vat),
        examples=(Example("type: vat", "ATU13585627", given="ATU 1358 5627"),),
    ),
    "country": Type(
        help="a country's two letters in ISO 3166, from its codes of two or three letters or digits, or from its name in "
        f"{', '.join(countries.LANGUAGES)}, or in the languages under `locale`",
        takes=TEXT,
        gives=TEXT,
        options=("locale",),
        make=_made(_country),
        examples=(
            Example("type: country", "AT", given="Österreich"),
            Example("type: country", "DE", given="DEU"),
            Example("type: country, locale: [tr, el]", "GR", given="Ελλάδα"),
        ),
    ),
    "currency": Type(
        help="a currency's code in ISO 4217, from the code in any case or from a sign that means one currency only",
        takes=TEXT,
        gives=TEXT,
        make=_plain(currencies.currency_of),
        examples=(Example("type: currency", "EUR", given="€"),),
    ),
    "language": Type(
        help="a language's tag in BCP 47, from such a tag or from a code of ISO 639",
        takes=TEXT,
        gives=TEXT,
        make=_plain(languages.language),
        examples=(Example("type: language", "de", given="ger"), Example("type: language", "pt-BR", given="pt_br")),
    ),
    "unit": Type(
        help="a unit's code in UN/ECE Recommendation 20, from the code in capitals, its English name or a common spelling",
        takes=TEXT,
        gives=TEXT,
        make=_plain(units.unit),
        examples=(Example("type: unit", "H87", given="Stk."), Example("type: unit", "HUR", given="hours")),
    ),
}
"""Every word that `type:` knows."""
