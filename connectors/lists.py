"""How the rows of a list are taken out of an answer, and how an error that came with a 200 is not taken for a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from connectors.errors import ConnectorError
from connectors.secrets import mask

if TYPE_CHECKING:
    from collections.abc import Mapping

_FAULTS = ("error", "errors", "error_description")
"""Members with which nothing is right, whatever rows came with them …"""
_REMARKS = ("message", "detail", "title")
"""… and those that say why there are none."""
_LONGEST = 200


def listed(body: object, name: str, what: str, *others: str) -> list[object]:
    """Return the array `name` (or the first of `others`) of an answer, the very list.

    Raises ConnectorError if there is none, if the answer says that something went wrong, or if it has no rows and gives
    a reason: an error that comes as a success would otherwise be a list that is empty, and whole.
    """
    answer = cast("Mapping[str, object]", body) if isinstance(body, dict) else {}
    said = [answer.get(member) for member in _FAULTS]
    rows = next((answer[one] for one in (name, *others) if one in answer), None)
    if not rows:
        said += [answer.get(member) for member in _REMARKS if isinstance(answer.get(member), str)]
    if fault := next((one for one in said if one), None):
        words = f" ({mask(fault)[:_LONGEST]})" if isinstance(fault, str) else ""
        raise ConnectorError(f"{what} came as a success and is an error{words}")
    if not isinstance(rows, list):
        raise ConnectorError(f"{what} has no `{name}`")
    return rows
