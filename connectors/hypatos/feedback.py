"""How Hypatos is told what became of a document: which messages it takes, their limits, and when one has taken effect."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from connectors.errors import RejectedError
from connectors.hypatos import titles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.contract import Fields
    from connectors.hypatos.client import HypatosClient

ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "external_id": "set the document's external id (text without white space, at most 100 characters)",
        "external_data": "replace the document's external data (at most 20 pairs of text)",
        "title": "replace the document's title (at most 256 characters)",
        "transfer": "true: the target has the document (transferred); false: it could not take it (transferFailed)",
        "message": "why, sent along with `transfer: false`",
        "reject": "refuse the document for good (rejected); the text says why",
    }
)

REJECTED = "rejected"
"""The state that `reject` leads to, from which nothing leads on that we could ask for."""

DRAINING = frozenset({"transfer", "reject"})
"""The actions that take a document out of the work queue."""

_ID_LENGTH = 100
_PAIRS = 20
_KEY_LENGTH = 50  # Hypatos drops pairs with longer keys without a word
_VALUE_LENGTH = 999
_MESSAGE_LENGTH = 1000  # a limit of our own: none is published, and the text is for people
_READY = frozenset({"done", "doneAutomatically"})
"""States that a transfer or a rejection starts from; a transfer also from transferFailed."""


@dataclass(frozen=True, slots=True)
class Message:
    """One call to make. `value` is checked; `state` is what a transfer or rejection leads to, None for the others."""

    action: str
    value: object
    note: str | None = None
    state: str | None = None

    async def send(self, client: HypatosClient, document_id: str) -> str:
        """Make the call; the answer 202 only means that it was understood. Return a word for the journal."""
        if self.action == "external_id":
            await client.set_external_id(document_id, str(self.value))
        elif self.action == "external_data":
            await client.set_external_data(document_id, cast("Mapping[str, str]", self.value))
        elif self.action == "title":
            await client.set_title(document_id, str(self.value))
        elif self.state is not None:
            await self._move(client, document_id, self.state)
        return "sent"

    async def _move(self, client: HypatosClient, document_id: str, state: str) -> None:
        try:
            if self.action == "transfer":
                await client.transfer(document_id, successful=self.value is True, message=self.note)
            else:
                await client.reject(document_id, self.note)
        except RejectedError as error:
            if error.status != 400:  # noqa: PLR2004 -- the one status that may mean "it is there already"
                raise
            now = (await client.document(document_id)).fields.get("state")
            if now != state:
                raise RejectedError(
                    f"{error}; its state is now {now!r}", connection=error.connection, status=error.status
                ) from error

    async def shows(self, fields: Fields, client: HypatosClient) -> bool:
        """Tell whether the document, as just read, shows the effect of this message."""
        if self.action == "external_id":
            return fields.get("externalId") == self.value
        if self.action == "title":
            return titles.shows(fields.get("title"), str(self.value))
        if self.action == "external_data":
            return _pairs(fields.get("externalData")) == _pairs(self.value)
        if fields.get("state") == self.state:
            return True
        # Somebody may have moved it on since: then its past tells.
        return self.blocked(fields.get("state")) and self.state in await client.history(str(fields["id"]))

    def blocked(self, state: object) -> bool:
        """Tell whether this message cannot move a document out of this state."""
        starts = _READY | {"transferFailed"} if self.action == "transfer" else _READY
        return self.state is not None and state not in starts


def messages(actions: Mapping[str, object]) -> list[Message]:
    """Check a filled-in `feedback:` entry and return its calls in the order they must be made.

    Raises RejectedError, before anything is sent, for what Hypatos would refuse or silently drop.
    """
    unknown = sorted(set(actions) - set(ACTIONS))
    if unknown:
        raise RejectedError(f"hypatos has no feedback action {unknown[0]!r} (it has {', '.join(ACTIONS)})")
    found: list[Message] = []
    if actions.get("external_id") is not None:
        found.append(Message("external_id", _external_id(actions["external_id"])))
    if actions.get("external_data") is not None:
        found.append(Message("external_data", _external_data(actions["external_data"])))
    if actions.get("title") is not None:
        found.append(Message("title", _title(actions["title"])))
    if "transfer" in actions and "reject" in actions:
        raise RejectedError("`transfer` and `reject` exclude each other")
    if "transfer" in actions:
        successful = actions["transfer"]
        if not isinstance(successful, bool):
            raise RejectedError("`transfer` must be true or false")
        state = "transferred" if successful else "transferFailed"
        found.append(Message("transfer", successful, _note(actions.get("message")), state))
    if "reject" in actions:
        if isinstance(actions["reject"], bool | dict):
            raise RejectedError("`reject` must be the text that says why")
        found.append(Message("reject", None, _note(actions["reject"]), REJECTED))
    return found


def _external_id(value: object) -> str:
    text = str(value)
    if not text or len(text) > _ID_LENGTH or any(sign.isspace() for sign in text):
        raise RejectedError(f"the external id must be 1 to {_ID_LENGTH} characters without white space")
    return text


def _title(value: object) -> str:
    text = titles.tidy(str(value))
    if not 1 <= len(text) <= titles.LONGEST:
        raise RejectedError(f"the title must be 1 to {titles.LONGEST} characters that can be read")
    return text


def _external_data(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise RejectedError("`external_data` must be a map of text")
    pairs = {str(key): str(entry) for key, entry in value.items() if entry is not None}
    if len(pairs) > _PAIRS:
        raise RejectedError(f"`external_data` has {len(pairs)} pairs, {_PAIRS} are allowed")
    if len(_pairs(pairs)) < len(pairs):
        raise RejectedError("two keys of `external_data` differ in upper and lower case only")
    for place, (key, entry) in enumerate(pairs.items(), 1):
        if not key or len(key) > _KEY_LENGTH:
            raise RejectedError(f"key {place} of `external_data` must be 1 to {_KEY_LENGTH} characters")
        if len(entry) > _VALUE_LENGTH:
            raise RejectedError(f"value {place} of `external_data` is longer than {_VALUE_LENGTH} characters")
    return pairs


def _pairs(value: object) -> dict[str, str]:
    """Return pairs as they compare: keys without regard to case."""
    if not isinstance(value, dict):
        return {}
    return {str(key).casefold(): str(entry) for key, entry in value.items()}


def _note(value: object) -> str | None:
    text = "" if value is None else str(value).strip()
    return text if len(text) <= _MESSAGE_LENGTH else text[: _MESSAGE_LENGTH - 1] + "…"
