"""Which of a document's versions counts, as far as the document tells: a person's, the newest one, never one of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from connectors.contractfit import models

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from connectors.contract import Fields

MACHINE = "predicted"
REVIEWED = "submitted"
"""The names of a machine's first version and of a person's."""
PERSON = "human"
"""What the source of a person's version is called."""

_DATA = ("annotations", "lines", "sections")


def has_data(version: Fields) -> bool:
    """Say whether a version carries values, and not only its name."""
    return any(version.get(name) for name in _DATA)


def ours(name: object) -> bool:
    """Say whether this is the name of a version that we have sent."""
    return str(name).startswith(models.OURS)


def by_person(version: Fields) -> bool:
    """Say whether a person made this version."""
    return str(version.get("source")).casefold() == PERSON


def newest(fields: Fields) -> str | None:
    """Return the name of the newest version that is not one of ours; None if that is not told."""
    last = models.text(fields.get("last_version"))
    if last is not None and not ours(last):
        return last
    candidates = _candidates(fields)
    if not candidates and last is not None:
        return REVIEWED  # versions are not listed: if a person has reviewed it, it is called so
    return models.text(latest(candidates).get("name"))


def latest(versions: Sequence[Fields]) -> Fields:
    """Return the newest of these, empty if there is none. No order of the list is promised: stated times decide."""
    times = [(moment, one) for one in versions if (moment := _time(one)) is not None]
    if times:
        return max(times, key=lambda timed: timed[0])[1]
    return versions[-1] if versions else {}


def listed(fields: Fields) -> Fields:
    """Return the version that counts as the document lists it, with or without its data; empty if it is not listed."""
    return latest(_candidates(fields))


def inline(fields: Fields) -> Fields | None:
    """Return the data of the version that counts if the document carries it itself, else None: ask for it."""
    candidates = _candidates(fields)
    counts = latest(candidates)
    certain = len(candidates) < 2 or all(_time(one) is not None for one in candidates)  # noqa: PLR2004 -- one is no choice
    if certain and has_data(counts):
        return counts
    prediction = models.part(fields, "prediction")
    of_machine = newest(fields) in {None, MACHINE} and not any(by_person(one) for one in candidates)
    return prediction if of_machine and has_data(prediction) else None


def unlisted_review(fields: Fields) -> bool:
    """Say whether a person has reviewed it and no version that is named or listed shows that."""
    reviewed = models.part(fields, "status_data").get("feedback") is True
    shown = told(fields) or any(by_person(one) for one in _versions(fields))
    return reviewed and models.text(fields.get("last_version")) is None and not shown


def told(fields: Fields) -> bool:
    """Say whether the document shows a version that we have sent."""
    return ours(fields.get("last_version")) or any(ours(one.get("name")) for one in _versions(fields))


def _candidates(fields: Fields) -> list[Fields]:
    """Return the versions of which the newest counts: those that are named as the last one, else a person's, else all."""
    last = models.text(fields.get("last_version"))
    theirs = [one for one in _versions(fields) if not ours(one.get("name"))]
    if last is not None and not ours(last):
        return [one for one in theirs if one.get("name") == last]
    persons = [one for one in theirs if by_person(one)]
    if last is not None and all(_time(one) is not None for one in theirs):
        return theirs
    return persons or theirs


def _versions(fields: Fields) -> list[Fields]:
    versions = fields.get("versions")
    return [cast("Fields", one) for one in versions if isinstance(one, dict)] if isinstance(versions, list) else []


def _time(version: Fields) -> datetime | None:
    return models.instant(version.get("timestamp"))
