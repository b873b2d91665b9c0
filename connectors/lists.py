"""How what comes with a 200 and is no success is told: an error, an excuse, another object; and how a list's rows are found."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from connectors.answer import UNSET, decode_json
from connectors.errors import ConnectorError, TransientError
from connectors.secrets import mask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.answer import Answer

_FAULTS = ("error", "errors", "error_description")
"""Members with which nothing is right, whatever rows came with them …"""
_REMARKS = ("message", "detail", "title")
"""… and those that say why there are none."""
_LONGEST = 200


def fault_in(body: object) -> object | None:
    """Return what an answer that came as a success says went wrong, None if it does not say that anything did."""
    answer = cast("Mapping[str, object]", body) if isinstance(body, dict) else {}
    if fault := next((answer[member] for member in _FAULTS if answer.get(member)), None):
        return fault
    status = answer.get("status")
    if isinstance(status, int) and 400 <= status < 600 and answer.get("title"):  # noqa: PLR2004 -- RFC 9457
        return answer["title"]
    return "success: false" if answer.get("success") is False else None


def refuse_a_fault(answer: Answer) -> Answer:
    """Return the answer to a call that changes something, unless it is an error with the status of a success.

    TransientError: it is, so nobody knows what became of the call.
    """
    if answer.body and "json" in answer.headers.get("content-type", ""):
        try:
            fault = fault_in(answer.decoded if answer.decoded is not UNSET else decode_json(answer.body))
        except ValueError:
            return answer  # whoever needs its content says so
        if fault is not None:
            words = f"{answer.asked} answered {answer.status} with an error{_quoted(fault)}"
            raise TransientError(words, connection=answer.connection, status=answer.status, arrived="maybe")
    return answer


def refuse_an_excuse(body: object, content: object, what: str) -> None:
    """Raise TransientError if an answer says that something went wrong, or has no content and gives a reason for that.

    Empty content would otherwise be believed: a list that ends, a file in which nothing was found.
    """
    answer = cast("Mapping[str, object]", body) if isinstance(body, dict) else {}
    said = [answer.get(member) for member in _FAULTS]
    if not content:
        said += [answer.get(member) for member in _REMARKS if isinstance(answer.get(member), str)]
    if fault := next((one for one in said if one), None):
        # no verdict on whatever is looked for, and it may pass
        raise TransientError(f"{what} came as a success and is an error{_quoted(fault)}")


def refuse_another(answer: Answer, asked_for: str, found: str | None) -> None:
    """Raise ConnectorError if an answer is about another object than the one that was asked for.

    A cache or a proxy that mixes answers up would otherwise put one document's data under another one's name. `found` is
    None where an answer does not say what it is about; upper and lower case are the same, as in hexadecimal ids.
    """
    if found is not None and found.casefold() != asked_for.casefold():
        raise ConnectorError(f"{answer.asked} answered with another document", connection=answer.connection)


def listed(body: object, name: str, what: str, *others: str) -> list[object]:
    """Return the array `name` (or the first of `others`) of an answer, the very list.

    Raises ConnectorError if there is none; TransientError if the answer says that something went wrong, or has no rows
    and gives a reason: an error that comes as a success would otherwise be a list that is empty, and whole.
    """
    answer = cast("Mapping[str, object]", body) if isinstance(body, dict) else {}
    rows = next((answer[one] for one in (name, *others) if one in answer), None)
    refuse_an_excuse(body, rows, what)
    if not isinstance(rows, list):
        raise ConnectorError(f"{what} has no `{name}`")
    return rows


def _quoted(fault: object) -> str:
    return f" ({mask(fault)[:_LONGEST]})" if isinstance(fault, str) else ""
