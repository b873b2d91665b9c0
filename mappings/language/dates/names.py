"""Names of months and weekdays as the Unicode CLDR has them for a locale."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from mappings.language.words import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from babel import Locale

_NO_ONE = 0  # no month and no weekday has this number
LONGEST_LOCALE = 35
"""How many characters the name of a locale may have (the length that BCP 47 asks programs to hold at least)."""


def composed(text: str) -> str:
    """Return text as it is compared: without case, and with letters and their accents as one character."""
    if text.isascii():
        return text.lower()  # the same, in a tenth of the time
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def folded(name: str) -> str:
    """Return a name as names are compared, without the dot of an abbreviation."""
    return composed(name).removesuffix(".")


@lru_cache(maxsize=64)
def locale_of(name: str) -> Locale:
    """Return the locale of a name such as de, pt-BR or fr_CH. Raises FormatError with option `locale`."""
    # babel is loaded where a locale is named, and not at every start
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 -- loaded only where a route needs it

    try:
        if len(name) > LONGEST_LOCALE or not name.replace("_", "").replace("-", "").isalnum():
            raise ValueError(name)  # noqa: TRY301 -- told like what babel refuses
        return Locale.parse(name.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        message = f"'{name[:LONGEST_LOCALE]}' is not a locale, such as de, fr or pt-BR"
        raise FormatError(message, "locale") from None


def locales_of(names: tuple[str, ...]) -> list[Locale]:
    """Return the locales of several names. Raises FormatError with the place of the one that is none."""
    found = []
    for place, name in enumerate(names):
        try:
            found.append(locale_of(name))
        except FormatError as error:
            error.place = place
            raise
    return found


@lru_cache(maxsize=64)
def months(locales: tuple[str, ...]) -> Mapping[str, int]:
    """Return folded names and abbreviations of months with their numbers. Raises FormatError.

    A name that is one month in one of the locales and another month in another one is refused.
    """
    return _numbered(locales, "months")


@lru_cache(maxsize=64)
def weekdays(locales: tuple[str, ...]) -> Mapping[str, int]:
    """Return folded names and abbreviations of weekdays with their numbers, Monday is 1. Raises FormatError."""
    return _numbered(locales, "days")


@lru_cache(maxsize=64)
def written(locale: str, what: str, width: str) -> Mapping[int, str]:
    """Return names for writing: `what` is months or days (Monday is 1), `width` is wide or abbreviated."""
    shift = 1 if what == "days" else 0
    names = getattr(locale_of(locale), what)["format"][width]
    return {number + shift: str(name) for number, name in names.items()}


def _numbered(locales: tuple[str, ...], what: str) -> Mapping[str, int]:
    found: dict[str, tuple[int, str]] = {}
    for place, (locale, known) in enumerate(zip(locales, locales_of(locales), strict=True)):
        for name, number in _names(known, what):
            before = found.setdefault(folded(name), (number, locale))
            if before[0] == number:
                continue
            if before[1] != locale:
                message = f"'{name}' is another one in {before[1]} than in {locale}; name one of the two"
                raise FormatError(message, "locale", place)
            found[folded(name)] = (_NO_ONE, locale)  # an abbreviation of two of them says nothing
    return {name: number for name, (number, _) in found.items()}


def _names(locale: Locale, what: str) -> Iterator[tuple[str, int]]:
    shift = 1 if what == "days" else 0
    for form in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in getattr(locale, what)[form][width].items():
                yield str(name), number + shift
