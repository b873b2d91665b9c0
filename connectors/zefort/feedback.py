"""How Zefort is told what became of a contract: a note, tags, attributes and the status, each seen before it counts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from connectors.answer import encode_json
from connectors.errors import GoneError, RejectedError, TransientError
from connectors.fitting import fit
from connectors.zefort import models
from connectors.zefort.attributes import Writer, differing
from connectors.zefort.filing import Tags
from connectors.zefort.schemas import ATTRIBUTES, STATUSES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from connectors.contract import Feedback, Fields, Journal
    from connectors.memory import Memory
    from connectors.zefort.client import ZefortClient
    from connectors.zefort.models import Contract

ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "note": "add a note (at most 10,000 characters)",
        "tag": "put a tag on the contract, or several; one that is missing is made",
        "attributes": "set attributes of the contract, by key",
        "status": f"set the status: {', '.join(STATUSES)}",
    }
)

_NOTE_LENGTH = 10_000  # a limit of our own: none is published
_TAG_LENGTH = 255
_ALONE = {"properties": {"attributes": ATTRIBUTES}}
"""Attributes as feedback gives them, without a contract around them; what is made of a schema is kept with it."""
_GLANCES = (0.0, 0.3, 1.0, 2.0)
"""Pauses in seconds before each look whether a contract shows what was written."""
_READ_LAG = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Words:
    """A checked `feedback:` entry."""

    note: str | None = None
    tags: Sequence[str] = ()
    attributes: Fields = field(default_factory=dict)
    status: str | None = None


def read(actions: Mapping[str, object]) -> Words:
    """Check a filled-in `feedback:` entry. Raises RejectedError, before anything is sent, for what Zefort would refuse."""
    if unknown := sorted(set(actions) - set(ACTIONS)):
        raise RejectedError(f"zefort has no feedback action {unknown[0]!r} (it has {', '.join(ACTIONS)})")
    status = actions.get("status")
    if status is not None and status not in STATUSES:
        raise RejectedError(f"`status` must be one of {', '.join(STATUSES)}")
    return Words(
        _note(actions.get("note")),
        _tags(actions.get("tag")),
        _attributes(actions.get("attributes")),
        status,
    )


class Messages:
    """Writes to the contracts of one account. `settle` is how long a note may stay unseen before it is added again."""

    def __init__(self, client: ZefortClient, settle: timedelta, memory: Memory) -> None:
        self._client = client
        self._settle = settle
        self._soon = min(settle, _READ_LAG)
        self._memory = memory
        self._tags = Tags(client, memory)
        self._writer = Writer(client)
        self._ours: dict[str, bool] = {}

    async def own(self, contract: Contract) -> tuple[set[str], set[str], set[str]]:
        """Return which of a contract's attributes, tags and notes are our feedback's: they are not content.

        A tag is ours on the contracts that we have put it on; elsewhere a person's tag of that name is content.
        """
        attributes = {key for key in contract.attributes if await self._is_ours(f"told attribute {key}")}
        ids = models.tags(contract.body)
        tags = {
            name
            for name in models.tag_names(contract.body)
            for word in {name, ids.get(name, name)}
            if await self._memory.recall(_tag_name(contract.id, word))
        }
        notes = {note for note in contract.notes if await self._memory.recall(_note_name(contract.id, note))}
        return attributes, tags, notes

    async def send(self, feedback: Feedback, journal: Journal) -> None:
        """Do each action once, and return only when the contract has shown it.

        GoneError: it lies in the trash. RejectedError: Zefort refuses a value. TransientError: the AI is still at work on it, or
        it does not show an action yet. UnsettledError: an answer was lost and it is too early to tell.
        """
        words = read(feedback.actions)
        contract = await self._client.contract(feedback.document_id)
        if contract.trashed:
            raise GoneError(
                f"contract {contract.id} is in the trash", connection=self._client.api.connection, status=404
            )
        prefix = f"feedback:{feedback.seq}:"
        if words.note is not None:
            await self._add_note(contract, words.note, prefix, journal)
        if words.tags:
            tag = partial(self._tag, words.tags)
            await self._bring_about(
                contract, prefix + "tag", tag, lambda shown: self._tags.on(shown, words.tags), journal
            )
        if (words.attributes or words.status) and contract.analysing:
            raise TransientError(
                f"the AI is still at work on contract {contract.id}",
                connection=self._client.api.connection,
                arrived="no",
            )
        if words.attributes:
            await self._remember(words.attributes)
            write = partial(self._writer.patch, changes=words.attributes)
            await self._bring_about(
                contract,
                prefix + "attributes",
                write,
                lambda shown: not differing(words.attributes, shown.attributes),
                journal,
            )
        if words.status is not None:
            move = partial(self._writer.move, status=words.status)
            await self._bring_about(
                contract, prefix + "status", move, lambda shown: shown.status == words.status, journal
            )

    async def _bring_about(
        self,
        contract: Contract,
        step: str,
        do: Callable[[Contract], Awaitable[object]],
        shows: Callable[[Contract], bool],
        journal: Journal,
    ) -> None:
        """Write a value once and see it. From then on it is the people's: it is not written again when they change it."""

        async def write() -> str:
            if not shows(contract):
                await do(contract)
                if await self._look(contract.id, shows) is None:
                    raise TransientError(
                        f"contract {contract.id} does not show '{step}' yet", connection=self._client.api.connection
                    )
            return "seen"

        await journal.once(step, write, partial(self._look, contract.id, shows), settle=self._soon)

    async def _add_note(self, contract: Contract, note: str, prefix: str, journal: Journal) -> None:
        step = prefix + "note"
        before = journal.results(step + ":before").get(step + ":before")
        if before is None:
            # The same words may stand there already, from a person or from us: what counts is one more of them.
            before = str(_times(contract, note))
            await self._memory.keep(_note_name(contract.id, note), "ours")
            await journal.record(step + ":before", before)

        async def add() -> str:
            await self._client.add_note(contract.id, note)
            return datetime.now(UTC).isoformat()

        async def find() -> str | None:
            found = await self._look(contract.id, lambda shown: _times(shown, note) > int(before))
            return found and datetime.now(UTC).isoformat()

        sent = await journal.once(step, add, find, settle=self._settle)
        if journal.results(step + ":seen"):
            return
        early = datetime.now(UTC) - datetime.fromisoformat(sent) < self._settle
        if await find() is None and early:
            raise TransientError(
                f"contract {contract.id} does not show our note yet", connection=self._client.api.connection
            )
        # One that still does not show was answered with success, so a person has removed it.
        await journal.record(step + ":seen", "seen")

    async def _tag(self, names: Sequence[str], contract: Contract) -> None:
        for name, tag_id in (await self._tags.missing(contract, names)).items():
            for word in (name, tag_id):  # a contract may show either
                await self._memory.keep(_tag_name(contract.id, word), "ours")
        await self._tags.finish(contract.id, await self._tags.put_on(contract, names))

    async def _look(self, contract_id: str, shows: Callable[[Contract], bool]) -> str | None:
        for pause in _GLANCES:
            await asyncio.sleep(min(pause, self._settle.total_seconds()))
            if shows(await self._client.contract(contract_id)):
                return "seen"
        return None

    async def _remember(self, attributes: Fields) -> None:
        for key in attributes:
            known = f"told attribute {key}"
            if not await self._is_ours(known):
                await self._memory.keep(known, "ours")
                self._ours[known] = True

    async def _is_ours(self, name: str) -> bool:
        if name not in self._ours:
            self._ours[name] = bool(await self._memory.recall(name))
        return self._ours[name]


def _note_name(contract_id: str, note: str) -> str:
    return f"told note {contract_id} {' '.join(note.split())}"


def _tag_name(contract_id: str, word: str) -> str:
    return f"told tag {contract_id} {word}"


def _times(contract: Contract, note: str) -> int:
    return sum(1 for each in contract.notes if each.split() == note.split())


def _note(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise RejectedError("`note` must be text")
    text = value.strip()
    return text if len(text) <= _NOTE_LENGTH else text[: _NOTE_LENGTH - 1] + "…"


def _tags(value: object) -> list[str]:
    names = value if isinstance(value, list) else [value]
    found: dict[str, None] = {}
    for name in names:
        if name is None:
            continue
        if not isinstance(name, str) or not 0 < len(name.strip()) <= _TAG_LENGTH:
            raise RejectedError(f"`tag` must be a name, or a list of names, of 1 to {_TAG_LENGTH} characters")
        found[name.strip()] = None
    return list(found)


def _attributes(value: object) -> Fields:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RejectedError("`attributes` must be a map")
    attributes = {key: entry for key, entry in cast("Fields", value).items() if entry is not None}
    fit(_ALONE, {"attributes": attributes})
    encode_json(attributes)
    return attributes
