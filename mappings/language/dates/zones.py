"""Time zones of the IANA database, and instants in them. Hours that clocks skip or show twice are never guessed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from mappings.language.dates.formats import Reading
from mappings.language.problems import near
from mappings.language.shapes import looks
from mappings.language.values import ValueProblem
from mappings.language.words import FormatError

_INSTANT: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.([0-9]{1,9}))?"
    r"([Zz]|[+-][0-9]{2}(?::?[0-5][0-9])?)?"
)
_LONGEST_SHOWN = 40
_NONE, _MINUTE = timedelta(), timedelta(minutes=1)


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    # localtime is whatever the machine is set to, and posixrules an older way to say that
    return frozenset(available_timezones()) - {"localtime", "posixrules", "Factory"}


@lru_cache(maxsize=128)
def zone_of(name: str, option: str = "zone") -> ZoneInfo:
    """Return a zone by its IANA name, such as Europe/Berlin or UTC. Raises FormatError."""
    if name not in _known():
        shown = name[:_LONGEST_SHOWN]
        meant = near(shown, _known())
        hint = f" (did you mean '{meant}'?)" if meant else ", such as Europe/Berlin or UTC"
        raise FormatError(f"'{shown}' is not a time zone{hint}", option)
    return ZoneInfo(name)


def instant(at: datetime, zone: ZoneInfo | None) -> datetime:
    """Return an instant in UTC; a naive time is one of `zone`.

    Raises ValueProblem if there is no zone, if clocks skip that time there, and if they show it twice.
    """
    if at.tzinfo is None:
        if zone is None:
            raise ValueProblem("is a time without a time zone; say with zone: which one it means")
        first, second = at.replace(tzinfo=zone), at.replace(tzinfo=zone, fold=1)
        if first.utcoffset() != second.utcoffset():
            again = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
            what = "shown twice by clocks" if again == at else "skipped by clocks"
            raise ValueProblem(
                f"is a time that is {what} in {zone.key}, where summer time changes; send it with an offset"
            )
        at = first
    return local(at, UTC)


def local(at: datetime, zone: tzinfo) -> datetime:
    """Return an instant with the clock of a zone. Raises ValueProblem at the ends of the calendar."""
    try:
        return at.astimezone(zone)
    except OverflowError:
        raise ValueProblem("is beyond the calendar of the years 1 to 9999") from None


def read_instant(text: str) -> Reading | None:
    """Read RFC 3339 (ISO 8601 with date and time); what is beyond microseconds is cut off. None if it is not."""
    match = _INSTANT.fullmatch(text)
    if match is None:
        return None
    day, clock, fraction, offset = match.groups()
    tail = (offset or "").upper().replace("Z", "+00:00")
    try:
        at = datetime.fromisoformat(f"{day}T{clock}{tail}")
    except ValueError:
        return None
    return Reading(at.replace(microsecond=int((fraction or "0")[:6].ljust(6, "0"))), offset is not None)


def written(at: datetime, zone: ZoneInfo | None) -> str:
    """Write an instant as RFC 3339: in UTC with Z, or in a zone with its offset; fractions only where there are any."""
    shown = local(at, zone or UTC)
    if zone is not None and (shown.utcoffset() or _NONE) % _MINUTE:
        raise ValueProblem(f"is a time when {zone.key} was no whole minutes away from UTC, which RFC 3339 cannot show")
    precision = "microseconds" if shown.microsecond % 1000 else "milliseconds" if shown.microsecond else "seconds"
    return shown.isoformat(timespec=precision).replace("+00:00", "Z" if zone is None else "+00:00")


def aware(value: object) -> datetime:
    """Return the instant of an RFC 3339 text with an offset. Raises ValueProblem."""
    reading = read_instant(value) if isinstance(value, str) else None
    if reading is None or not reading.has_offset:
        raise ValueProblem(f"is not an instant such as 2026-02-27T12:00:00Z {looks(value)}")
    return reading.at
