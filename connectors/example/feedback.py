"""What can be told about a document: two messages, how each is worded, and when it has taken effect."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from connectors.errors import RejectedError
from connectors.example.models import EXPORTED, REFUSED, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.contract import Fields
    from connectors.example.models import Record

ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "exported": "its id at the destination: takes the document off the list",
        "refused": "why it cannot be taken: takes the document off the list",
    }
)
_LONGEST = 200
"""Characters that the provider takes."""


@dataclass(frozen=True, slots=True)
class Message:
    """One call to make. `value` is the external id, or the reason."""

    status: str
    value: str

    @property
    def body(self) -> Fields:
        """What is sent."""
        return {"status": self.status, ("external_id" if self.status == EXPORTED else "message"): self.value}

    def shows(self, record: Record) -> bool:
        """Tell whether a document, as just read, shows the effect of this message."""
        shown = record.external_id if self.status == EXPORTED else record.message
        return (record.status, shown) == (self.status, self.value)


def message(actions: Mapping[str, object]) -> Message | None:
    """Check a filled-in `feedback:` entry and return its message, None if it says nothing.

    Raises RejectedError, before anything is sent, for what the provider would refuse.
    """
    if unknown := sorted(set(actions) - set(ACTIONS)):
        raise RejectedError(f"there is no feedback action {unknown[0]!r} (there are {', '.join(ACTIONS)})")
    if len(actions) > 1:
        raise RejectedError("`exported` and `refused` exclude each other")
    for name, value in actions.items():
        told = text(value)
        if told is None:
            raise RejectedError(f"`{name}` must be a text that is not empty")
        if name == "exported" and len(told) > _LONGEST:
            raise RejectedError(f"`exported` must be at most {_LONGEST} characters")
        # A reason may be cut, an id may not.
        return Message(EXPORTED, told) if name == "exported" else Message(REFUSED, told[:_LONGEST])
    return None
