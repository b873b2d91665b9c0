"""Days as nearly all of them are written: day, month and year in digits. What reads them gives what the readers give, or None."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from mappings.language.dates.formats import ENGLISH, LONGEST_FORMAT, date_format

if TYPE_CHECKING:
    from collections.abc import Callable

_IN_DIGITS = frozenset({"day", "month", "year"})


def quick_day(formats: tuple[str, ...], locales: tuple[str, ...]) -> Callable[[str], str | None] | None:
    """Return what reads days at once by one format of digits and gives YYYY-MM-DD; None where only a reader can."""
    form = date_format(formats[0], locales or ENGLISH) if len(formats) == 1 else None
    if form is None or form.tells != _IN_DIGITS:
        return None
    fits = form.pattern.fullmatch
    day, month, year = (form.pattern.groupindex[part] for part in ("day", "month", "year"))

    def read(text: str) -> str | None:
        if len(text) > LONGEST_FORMAT or not text.isascii():
            return None
        found = fits(text.lower())
        if found is None:
            return None
        try:
            return date(int(found[year]), int(found[month]), int(found[day])).isoformat()
        except ValueError:
            return None

    return read
