"""What Contract.fit can be told about a document: six messages, how each is worded, and when it has taken effect."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from connectors.contractfit import models
from connectors.contractfit.status import archived, submitted
from connectors.errors import RejectedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.contract import Fields

ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "lock": "true: keep others from working on the document; false: release it",
        "feedback": "send a reviewed version: {annotations: {field: text}}; what is not named stays as it is",
        "escalate": "true: hand it to somebody else to decide; false: take that back",
        "submitted": "true: mark the result as submitted; false: reopen it",
        "reject": "true: refuse the document; false: take that back",
        "archived": "true: mark it as archived",
    }
)
"""In the order they are sent; only releasing a lock comes last."""

_PARTS = frozenset({"annotations", "lines", "sections", "evaluate", "cmp_version"})
_NEEDED = ("gold", "text", "textual_coord")
_KEPT = (*_NEEDED, "visual_coord")
_SECTION = ("page", "document_type", "confidence", "format")
_NOWHERE = [0, 0, 0, 0, 0, 0]
"""Coordinates are required; a value that is not printed on the document has none."""


@dataclass(frozen=True, slots=True)
class Message:
    """One call to make. `value` is true or false, but for `feedback`: there it is the map that the route gives."""

    action: str
    value: object

    @property
    def change(self) -> Fields:
        """The body of a change of status. User and time are the server's to set."""
        if self.action == "archived":
            return {"status_data": {"archived": self.value}}
        return {self.action: {"value": self.value}}

    def shows(self, fields: Fields) -> bool:
        """Tell whether a document shows the effect of this change of status."""
        if self.action == "archived":
            now = archived(fields)
        elif self.action == "submitted":
            now = submitted(fields)
        else:
            now = models.switched(fields, self.action)
        return now is self.value


def messages(actions: Mapping[str, object]) -> list[Message]:
    """Check a filled-in `feedback:` entry and return its messages in order. Raises RejectedError before anything is sent."""
    unknown = sorted(set(actions) - set(ACTIONS))
    if unknown:
        raise RejectedError(f"contract.fit has no feedback action {unknown[0]!r} (it has {', '.join(ACTIONS)})")
    for name, value in actions.items():
        if name == "feedback":
            _check(value)
        elif not isinstance(value, bool):
            raise RejectedError(f"`{name}` must be true or false")
    if actions.get("archived") is False:
        raise RejectedError("`archived` can only be true: files that were removed do not come back")
    if actions.get("submitted") is True and actions.get("reject") is True:
        raise RejectedError("`submitted` and `reject` exclude each other")
    found = [Message(name, actions[name]) for name in ACTIONS if name in actions]
    return sorted(found, key=lambda message: message.action == "lock" and message.value is False)


def version(wanted: object, current: Fields, name: str) -> Fields:
    """Return the reviewed version to be sent: the current data with what the route wants in its place."""
    asked = cast("Fields", wanted)
    values: Fields = {}
    for field, readings in models.part(current, "annotations").items():
        if kept := [_kept(reading) for reading in _list(readings) if _whole(reading)]:
            values[field] = kept
    for field, given in models.part(asked, "annotations").items():
        values[field] = given if isinstance(given, list) else [_reading(given, values.get(field))]
    lines = {
        table: [{column: _kept(cell) for column, cell in row.items() if _whole(cell)} for row in _list(rows)]
        for table, rows in models.part(current, "lines").items()
    }
    sections = [
        {key: section[key] for key in _SECTION if section.get(key) is not None}
        for section in _list(current.get("sections"))
        if section.get("page") is not None
    ]
    body: Fields = {"name": name, "annotations": values, "lines": lines, "sections": sections}
    return {**body, **{part: given for part, given in asked.items() if part != "annotations"}}


def _check(value: object) -> None:
    if not isinstance(value, dict) or not value or not set(value) <= _PARTS:
        raise RejectedError(f"`feedback` must be a map with some of {', '.join(sorted(_PARTS))}")
    annotations = value.get("annotations", {})
    if not isinstance(annotations, dict):
        raise RejectedError("`annotations` of `feedback` must be a map from field to text")
    for place, given in enumerate(annotations.values(), 1):
        if isinstance(given, list):
            if not all(_whole(reading) for reading in given):
                raise RejectedError(f"field {place} of `feedback` needs {', '.join(_NEEDED)} in each of its values")
        elif given is None or isinstance(given, dict):
            raise RejectedError(f"field {place} of `feedback` must be a text or a list of values")


def _reading(given: object, before: object) -> Fields:
    """Make a value of a text; printed text and place stay those of the value it corrects."""
    corrected = cast("list[Fields]", before)[0] if before else {}
    gold = given if isinstance(given, str) else models.as_text(given)
    printed = {"text": corrected.get("text", gold), "textual_coord": corrected.get("textual_coord", _NOWHERE)}
    return {**corrected, **printed, "gold": gold}


def _whole(reading: object) -> bool:
    return isinstance(reading, dict) and all(reading.get(name) is not None for name in _NEEDED)


def _kept(reading: object) -> Fields:
    return {name: given for name, given in cast("Fields", reading).items() if name in _KEPT and given is not None}


def _list(value: object) -> list[Fields]:
    return [cast("Fields", item) for item in value if isinstance(item, dict)] if isinstance(value, list) else []
