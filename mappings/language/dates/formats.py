"""Date formats such as `%d.%m.%Y`: read strictly, written exactly. Not strptime, whose names of months are the machine's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from mappings.language.dates import names
from mappings.language.words import FormatError

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_FORMAT = 64
"""How many characters a format may have, and text that is read by one."""
ENGLISH: Final = ("en",)
"""The locales whose names are read and written if a route names none."""

LETTERS = {
    "%d": "day of the month",
    "%m": "month",
    "%Y": "year with four digits",
    "%y": "year with two digits: 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068",
    "%b": "short name of the month",
    "%B": "name of the month",
    "%a": "short name of the weekday, which must be the right one",
    "%A": "name of the weekday, which must be the right one",
    "%H": "hour, 0 to 23",
    "%I": "hour, 1 to 12",
    "%p": "AM or PM",
    "%M": "minute",
    "%S": "second",
    "%f": "fraction of a second; what is beyond microseconds is cut off",
    "%z": "offset from UTC, such as Z, +0100 or +01:00",
    "%-d": "when writing: the day without a leading zero",
    "%-m": "when writing: the month without a leading zero",
    "%%": "a percent sign",
}
"""What a format may be made of; everything else stands for itself."""

_NUMBERS = {
    "%d": ("day", "3[01]|[12][0-9]|0?[1-9]", "[0-9]{2}"),
    "%m": ("month", "1[0-2]|0?[1-9]", "[0-9]{2}"),
    "%Y": ("year", "[0-9]{4}", "[0-9]{4}"),
    "%y": ("short_year", "[0-9]{2}", "[0-9]{2}"),
    "%H": ("hour", "2[0-3]|[01]?[0-9]", "[0-9]{2}"),
    "%I": ("half_hour", "1[0-2]|0?[1-9]", "[0-9]{2}"),
    "%M": ("minute", "[0-5]?[0-9]", "[0-9]{2}"),
    "%S": ("second", "[0-5]?[0-9]", "[0-9]{2}"),
}
"""By letter: what it tells, how it is read beside other text, and how where digits follow each other."""
_WORDS = {
    "%b": ("month_name", names.months),
    "%B": ("month_name", names.months),
    "%a": ("weekday", names.weekdays),
    "%A": ("weekday", names.weekdays),
}
_OTHERS = {
    "%p": ("half", "am|pm"),
    "%f": ("fraction", "[0-9]{1,9}"),
    "%z": ("offset", "z|[+-][0-9]{2}(?::?[0-5][0-9])?"),
}
_PIECE = re.compile(r"%-?.|\s+|[^%\s]|%", re.DOTALL)
_PIVOT = 69
_HALF_A_DAY = 12


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says: a time that is naive unless the text gives an offset."""

    at: datetime
    has_offset: bool


@dataclass(frozen=True, slots=True)
class DateFormat:
    """A format that is checked. `tells` are the parts it has, such as day, month_name, year, minute, offset.

    `pattern` has a group for each of them, and fits text that is composed (see names.py).
    """

    text: str
    tells: frozenset[str]
    pattern: re.Pattern[str]
    _months: Mapping[str, int]
    _weekdays: Mapping[str, int]

    def read(self, text: str) -> Reading | None:
        """Return what a text says, None if it is not of this form or not a day of the calendar."""
        if len(text) > LONGEST_FORMAT:
            return None
        match = self.pattern.fullmatch(names.composed(text))
        return None if match is None else self._made(match.groupdict())

    def _made(self, found: dict[str, str]) -> Reading | None:
        month = self._months.get(names.folded(found["month_name"])) if "month_name" in found else int(found["month"])
        weekday = self._weekdays.get(names.folded(found["weekday"])) if "weekday" in found else None
        offset = _offset(found["offset"]) if "offset" in found else None
        if month is None or ("weekday" in found and weekday is None):
            return None
        try:
            at = datetime(
                _year(found),
                month,
                int(found["day"]),
                _hour(found),
                int(found.get("minute", 0)),
                int(found.get("second", 0)),
                int(found.get("fraction", "0")[:6].ljust(6, "0")),
                tzinfo=None if offset is None else timezone(offset),
            )
        except ValueError:
            return None
        return Reading(at, offset is not None) if weekday in {None, at.isoweekday()} else None


@lru_cache(maxsize=256)
def date_format(text: str, locales: tuple[str, ...] = ENGLISH) -> DateFormat:
    """Check a format that dates are read by. Raises FormatError."""
    pieces = _pieces(text)
    pattern, tells = "", set[str]()
    for place, piece in enumerate(pieces):
        near = pieces[place - 1 : place] + pieces[place + 1 : place + 2]
        part, shape = _pattern_of(
            piece, locales, crowded=any(_plain(other) in _NUMBERS or other == "%f" for other in near)
        )
        if part in tells:
            raise FormatError(f"format '{text}' is not a date format; '{piece}' repeats what is there already")
        tells |= {part} if part else set()
        pattern += f"(?P<{part}>{shape})" if part else shape
    if not ("day" in tells and tells & {"month", "month_name"} and tells & {"year", "short_year"}):
        raise FormatError(f"format '{text}' does not tell day, month and year; day.month.year is '%d.%m.%Y'")
    if {"month", "month_name"} <= tells or {"year", "short_year"} <= tells or {"hour", "half_hour"} <= tells:
        raise FormatError(f"format '{text}' is not a date format; it tells the month, year or hour in two ways")
    if ("half_hour" in tells) is not ("half" in tells):
        raise FormatError(f"format '{text}' is not a date format; %I and %p go together")
    return DateFormat(
        text,
        frozenset(tells),
        re.compile(pattern),
        names.months(locales) if "month_name" in tells else {},
        names.weekdays(locales) if "weekday" in tells else {},
    )


@lru_cache(maxsize=256)
def _pieces(text: str) -> tuple[str, ...]:
    if len(text) > LONGEST_FORMAT:
        raise FormatError(f"a format has {LONGEST_FORMAT} characters at most")
    pieces = tuple(_PIECE.findall(text))
    for piece in pieces:
        if piece.startswith("%") and piece not in LETTERS:
            known = " ".join(letter for letter in LETTERS if len(letter) == len("%d"))
            raise FormatError(
                f"format '{text}' is not a date format; '{piece}' is not one of {known}; day.month.year is '%d.%m.%Y'"
            )
    return pieces


def _pattern_of(piece: str, locales: tuple[str, ...], *, crowded: bool) -> tuple[str, str]:
    piece = _plain(piece)
    if piece in _NUMBERS:
        part, alone, between = _NUMBERS[piece]
        # where digits follow each other, 1112026 could be two days
        return part, between if crowded else alone
    if piece in _WORDS:
        part, named = _WORDS[piece]
        longest_first = sorted(named(locales), key=len, reverse=True)
        return part, f"(?:{'|'.join(map(re.escape, longest_first))})\\.?"
    if piece in _OTHERS:
        return _OTHERS[piece]
    if piece.isspace():
        return "", r"\s{1,8}"
    return "", "%" if piece == "%%" else re.escape(names.composed(piece))


def _plain(piece: str) -> str:
    """Return a letter without the minus that matters only when writing."""
    return piece.replace("-", "") if piece in {"%-d", "%-m"} else piece


def write(at: datetime, text: str, locale: str = "en") -> str:
    """Write a time by a format. Raises FormatError."""
    return "".join(_written(at, piece, locale) for piece in _pieces(text))


def _written(at: datetime, piece: str, locale: str) -> str:
    if piece in _WORDS:
        what, number = ("months", at.month) if piece in {"%b", "%B"} else ("days", at.isoweekday())
        return names.written(locale, what, "wide" if piece in {"%B", "%A"} else "abbreviated")[number]
    if piece == "%z":
        offset = at.isoformat()[-6:]
        return "Z" if offset == "+00:00" else offset
    plain = {
        "%d": f"{at.day:02}",
        "%m": f"{at.month:02}",
        "%Y": f"{at.year:04}",
        "%y": f"{at.year % 100:02}",
        "%H": f"{at.hour:02}",
        "%I": f"{at.hour % _HALF_A_DAY or _HALF_A_DAY:02}",
        "%p": "AM" if at.hour < _HALF_A_DAY else "PM",
        "%M": f"{at.minute:02}",
        "%S": f"{at.second:02}",
        "%f": f"{at.microsecond:06}",
        "%-d": str(at.day),
        "%-m": str(at.month),
        "%%": "%",
    }
    return plain.get(piece, piece)


def _year(found: dict[str, str]) -> int:
    if "year" in found:
        return int(found["year"])
    short = int(found["short_year"])
    return short + (1900 if short >= _PIVOT else 2000)


def _hour(found: dict[str, str]) -> int:
    if "half_hour" in found:
        return int(found["half_hour"]) % _HALF_A_DAY + (_HALF_A_DAY if found["half"].lower() == "pm" else 0)
    return int(found.get("hour", 0))


def _offset(text: str) -> timedelta:
    if text == "z":
        return timedelta()
    digits = text[1:].replace(":", "").ljust(4, "0")
    distance = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -distance if text[0] == "-" else distance
