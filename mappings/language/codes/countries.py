"""Countries of ISO 3166: from codes and from names in several languages to two letters."""

from __future__ import annotations

import gettext
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from mappings.language.dates.names import composed, locales_of
from mappings.language.shapes import looks
from mappings.language.values import ValueProblem
from mappings.language.work import spend_on_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LANGUAGES: Final = ("en", "de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da", "nb", "fi", "cs")
"""Whose names of countries are known if a route names no `locale`."""
OTHERS: Final[Mapping[str, str]] = {
    "UK": "GB",
    "EL": "GR",
    "Great Britain": "GB",
    "Großbritannien": "GB",
    "Grande-Bretagne": "GB",
    "Turkey": "TR",
    "Czech Republic": "CZ",
    "Republic of Ireland": "IE",
    "Holland": "NL",
    "The Netherlands": "NL",
    "Elfenbeinküste": "CI",
}
"""What neither ISO nor the Unicode CLDR lists and documents say all the same: reserved codes, former and short names."""
_LONGEST = 80
_STEPS_A_LETTER = 40  # what it takes to compare a name without case and accents, as characters of plain text


def country(value: object, languages: tuple[str, ...] = LANGUAGES) -> str:
    """Return ISO 3166 alpha-2 of a country's alpha-2, alpha-3 or numeric code, or its name. Raises ValueProblem."""
    if isinstance(value, str) and len(value) <= _LONGEST:
        spend_on_text(_STEPS_A_LETTER * len(value))
        text = value.strip()
        code = (_codes().get(text.upper()) if text.isascii() else None) or (
            _names(languages).get(_folded(text)) if len(text) > len("DEU") else None
        )
        if code:
            return code
        if code == "":
            raise ValueProblem(f"is a name of several countries {looks(value)}")
    raise ValueProblem(f"is not a country {looks(value)}")


def check(languages: tuple[str, ...]) -> None:
    """Look whether all are languages that a route may name. Raises FormatError."""
    if languages != LANGUAGES:
        locales_of(languages)


@lru_cache(maxsize=1)
def _codes() -> Mapping[str, str]:
    from pycountry import countries  # noqa: PLC0415 -- loaded where a route uses it

    found = {other: code for other, code in OTHERS.items() if len(other) == len("UK")}
    for each in countries:
        found |= {each.alpha_2: each.alpha_2, each.alpha_3: each.alpha_2, each.numeric: each.alpha_2}
    return found


@lru_cache(maxsize=16)
def _names(languages: tuple[str, ...]) -> Mapping[str, str]:
    """Return folded names and their codes; an empty code where a name means several countries."""
    found: dict[str, str] = {}
    for name, code in _all_names(languages):
        key = _folded(name)
        found[key] = code if found.get(key, code) == code else ""
    return found | {_folded(name): code for name, code in OTHERS.items()}


def _all_names(languages: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    from pycountry import LOCALES_DIR, countries  # noqa: PLC0415 -- as above

    english = [
        (name, each.alpha_2)
        for each in countries
        for name in (each.name, getattr(each, "official_name", None), getattr(each, "common_name", None))
        if name
    ]
    known = set(_codes().values())
    for locale in locales_of(languages):
        yield from ((str(name), code) for code, name in locale.territories.items() if code in known)
        # Norwegian is nb_NO there, whatever else a language has is under its own name
        folders = [str(locale), locale.language, f"{locale.language}_NO"]
        translated = gettext.translation("iso3166-1", LOCALES_DIR, languages=folders, fallback=True)
        # where nothing is translated, the English name comes back
        for name, code in english:
            known_as = translated.gettext(name)
            head, comma, tail = known_as.partition(", ")
            yield known_as, code
            if comma:
                yield f"{tail} {head}", code  # Korea, Republic of


def _folded(name: str) -> str:
    """Return a name without case, accents, dots and doubled blanks, with the common kinds of apostrophes as one."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", composed(name)) if unicodedata.category(c) != "Mn")
    return " ".join(plain.replace(".", "").replace("\u2019", "'").split())
