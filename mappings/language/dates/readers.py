"""What `type: date` and `type: datetime` do: text by one of some formats becomes an ISO day or an RFC 3339 instant."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from mappings.language.dates import zones
from mappings.language.dates.arithmetic import day_of
from mappings.language.dates.formats import ENGLISH, Reading, date_format, write
from mappings.language.shapes import looks
from mappings.language.values import ValueProblem
from mappings.language.words import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from mappings.language.dates.formats import DateFormat

    Read = Callable[[object], str]

_ANY_DAY = datetime(2026, 2, 27, tzinfo=UTC)


def date_reader(
    formats: tuple[str, ...] = (),
    locales: tuple[str, ...] = (),
    zone: str | None = None,
    to_zone: str | None = None,
) -> Read:
    """Return what reads a day and gives YYYY-MM-DD. Raises FormatError; what it returns raises ValueProblem.

    Without `to_zone` the day is the one that the text shows; with it, the one that the text's instant has there.
    """
    known = _checked(formats, locales)
    if zone is not None and to_zone is None:
        raise FormatError("zone: of a date matters only with to_zone: beside it, the zone whose day is meant", "zone")
    if to_zone is None:
        if not known:
            return lambda value: day_of(value).isoformat()
        return lambda value: _read(value, known, "date").at.date().isoformat()
    _check_times(known)
    source, target = _zone(zone, "zone"), zones.zone_of(to_zone, "to_zone")
    return lambda value: zones.local(zones.instant(_instant(value, known), source), target).date().isoformat()


def datetime_reader(
    formats: tuple[str, ...] = (),
    locales: tuple[str, ...] = (),
    zone: str | None = None,
    to_zone: str | None = None,
) -> Read:
    """Return what reads an instant and gives RFC 3339, in UTC or in `to_zone`. Raises as date_reader does.

    A text with an offset says itself which instant it means; one without is a time in `zone`, and refused without `zone`.
    """
    known = _checked(formats, locales)
    _check_times(known)
    source, target = _zone(zone, "zone"), _zone(to_zone, "to_zone")
    return lambda value: zones.written(zones.instant(_instant(value, known), source), target)


def date_writer(text: str, locale: str = "en") -> Callable[[object], str]:
    """Return what writes a day or an instant by a format; an instant shows the clock of the offset it is written with.

    Raises FormatError; what it returns raises ValueProblem.
    """
    write(_ANY_DAY, text, locale)
    return lambda value: write(_shown(value), text, locale)


def zone_writer(zone: str) -> Callable[[object], str]:
    """Return what writes an instant as RFC 3339 with the offset of a zone. Raises as date_writer does."""
    target = zones.zone_of(zone, "to_zone")
    return lambda value: zones.written(zones.aware(value), target)


def day_in(zone: str) -> Callable[[object], str]:
    """Return what gives the day that an instant has in a zone. Raises as date_writer does."""
    target = zones.zone_of(zone, "to_zone")
    return lambda value: zones.local(zones.aware(value), target).date().isoformat()


def _checked(formats: tuple[str, ...], locales: tuple[str, ...]) -> tuple[DateFormat, ...]:
    known = []
    for place, text in enumerate(formats):
        try:
            known.append(date_format(text, locales or ENGLISH))
        except FormatError as error:
            if error.option == "format":
                error.place = place
            raise
    if locales and not any(each.tells & {"month_name", "weekday"} for each in known):
        raise FormatError("locale: says whose names of months are read; that needs a format: with %B or %b", "locale")
    return tuple(known)


def _check_times(known: tuple[DateFormat, ...]) -> None:
    for place, each in enumerate(known):
        if not {"minute", "hour"} <= each.tells and not {"minute", "half_hour"} <= each.tells:
            raise FormatError(
                f"format '{each.text}' does not tell hour and minute, such as '%d.%m.%Y %H:%M'", "format", place
            )


def _read(value: object, known: tuple[DateFormat, ...], what: str) -> Reading:
    readings: dict[Reading, str] = {}
    if isinstance(value, str):
        if len(known) == 1 and (only := known[0].read(value)) is not None:
            return only
        for each in known:
            reading = each.read(value)
            if reading is not None:
                readings.setdefault(reading, each.text)
    if not readings:
        forms = " or ".join(each.text for each in known)
        raise ValueProblem(f"is not a {what} of the form {forms} {looks(value)}")
    if len(readings) > 1:
        raise ValueProblem(f"is one {what} by {' and another by '.join(readings.values())} {looks(value)}")
    return next(iter(readings))


def _instant(value: object, known: tuple[DateFormat, ...]) -> datetime:
    if known:
        return _read(value, known, "time").at
    reading = zones.read_instant(value) if isinstance(value, str) else None
    if reading is None:
        raise ValueProblem(f"is not a time of the form YYYY-MM-DDTHH:MM:SSZ {looks(value)}")
    return reading.at


def _shown(value: object) -> datetime:
    if isinstance(value, str):
        reading = zones.read_instant(value)
        if reading is not None and reading.has_offset:
            return reading.at
    return datetime.combine(day_of(value), time(), UTC)


def _zone(name: str | None, option: str) -> ZoneInfo | None:
    return None if name is None else zones.zone_of(name, option)
