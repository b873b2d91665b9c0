"""How the parties of a contract are brought about: looked up in the register before they are added, each only once."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from connectors.errors import (
    AccessError,
    ConnectorError,
    GoneError,
    NoSuchCallError,
    RejectedError,
    TransientError,
)
from connectors.zefort import client as paths
from connectors.zefort import models
from connectors.zefort.payload import identities, normal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from connectors.contract import Fields, Journal
    from connectors.memory import Memory
    from connectors.zefort.client import ZefortClient
    from connectors.zefort.models import Contract
    from connectors.zefort.payload import Party

log = logging.getLogger(__name__)

FORBIDDEN = 403
STEP = "party:"
SURE = 3
WHOLE = 100
"""How many pages of the register are read where its search does not search."""
REMEMBERED = 10_000
"""How many register ids one connection keeps in memory."""


class Parties:
    """The party register of one account as this process knows it.

    Two documents of a new supplier arrive at the same time: without the lock per party both would add it. What is not in
    the register either is added by one process at a time.
    """

    def __init__(self, client: ZefortClient, settle: timedelta, memory: Memory) -> None:
        self._client = client
        self._settle = settle
        self._memory = memory
        self._searchable = True
        self._shown_ids_differ = False  # whether contracts show ids of their own for parties, not the register's
        self._known: OrderedDict[str, str] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def bring_about(self, contract: Contract, wanted: Sequence[Party], journal: Journal) -> bool:
        """Add what is missing, correct roles, take off what we added and nobody wants any more.

        `contract` is how it was read at the start of this push. Returns whether anything was changed.
        """
        done = journal.results(STEP)
        changed = False
        for party in wanted:
            step = STEP + journal.fingerprint(party.key)
            if step not in done:
                await journal.once(
                    step,
                    do=partial(self._add, contract.id, party),
                    find=partial(self._find, contract.id, party),
                    settle=self._settle,
                )
                changed = True
            elif party_id := _to_correct(contract, party):
                try:
                    await self._client.change_party(contract.id, party_id, party.role)
                except TransientError as error:
                    await self._client.seen(contract.id, lambda shown: _to_correct(shown, party) is None, error)  # noqa: B023 -- awaited at once
                changed = True
        keep = {STEP + journal.fingerprint(party.key) for party in wanted}
        for step in done.keys() - keep:
            await self._remove(contract, step, journal)
            changed = True
        return changed

    async def _add(self, contract_id: str, party: Party) -> str:
        """Add a party, linked to the register if it is known there. Return the register's id, or "added"."""
        known = self._known.get(party.key)
        if known is not None and await self._link(contract_id, party, known):
            return known
        async with self._locks.setdefault(party.key, asyncio.Lock()):
            if found := await self._find_and_link(contract_id, party):
                return found
            async with self._memory.exclusive(f"party:{party.key}"):
                # Another process may have added it meanwhile; or the link was refused for a passing reason.
                return await self._find_and_link(contract_id, party) or await self._add_new(contract_id, party)

    async def _find_and_link(self, contract_id: str, party: Party) -> str | None:
        """Add a party that the register holds. Return the register's id, None if it is not there or the link was refused."""
        register_id = self._known.get(party.key) or await self._look_up(party)
        if register_id is None or not await self._link(contract_id, party, register_id):
            return None
        return register_id

    async def _add_new(self, contract_id: str, party: Party) -> str:
        try:
            await self._client.add_party(contract_id, party.fields)
        except TransientError as error:
            # Its register entry may exist now, and the next document of this party must not make another one.
            if error.arrived == "no" or (found := await self._seen(contract_id, party)) is None:
                raise
            return found
        # Read before anybody else may add it: this is how the register's id becomes known.
        return await self._seen(contract_id, party) or "added"

    async def _link(self, contract_id: str, party: Party, register_id: str) -> bool:
        """Add a party by its register entry. False if that is refused: then it had no effect, and it is looked up afresh."""
        try:
            await self._client.add_party(contract_id, {**party.fields, "party": register_id})
        except RejectedError:
            # Merged or deleted meanwhile; or what contracts show as a party's id is not the register's.
            if self._known.pop(party.key, None) == register_id:
                self._shown_ids_differ = True
            return False
        self._remember(party.key, register_id)
        return True

    async def _seen(self, contract_id: str, party: Party) -> str | None:
        """Do as `_find`, but a look that fails (the key was withdrawn just now) must not pass for a refused call."""
        try:
            return await self._find(contract_id, party)
        except ConnectorError:
            return None

    async def _find(self, contract_id: str, party: Party) -> str | None:
        """Return the party's id if the contract shows it."""
        shown = match(await self._client.contract(contract_id), party)
        if shown is None:
            return None
        # `party` would be the register's entry where the list has ids of its own.
        register_id = models.reference(shown.get("party")) or models.text(shown.get("id"))
        if register_id and (shown.get("party") or not self._shown_ids_differ):
            self._remember(party.key, register_id)
        return register_id or "added"

    async def _look_up(self, party: Party) -> str | None:
        """Search the register. The search ranks by likeness, so every hit is compared exactly."""
        if not self._searchable:
            return None
        try:
            return await self._search(party)
        except (GoneError, NoSuchCallError) as error:
            reason: ConnectorError = error
        except AccessError as error:
            if error.status != FORBIDDEN:
                raise
            reason = error
        # The register's list is not documented. Without it the account may show a supplier twice, contracts never.
        log.warning("the party register cannot be searched, so parties are added without looking there: %s", reason)
        self._searchable = False
        return None

    async def _search(self, party: Party) -> str | None:
        best: tuple[int, str | None] = (0, None)
        words = dict.fromkeys(
            str(party.fields[name]) for name in ("name", "external_id", "org_id") if name in party.fields
        )
        for word in list(words)[:2]:
            most = 2
            for _ in range(2):
                heeded = False
                async for row in self._client.rows(paths.REGISTER, most=most, q=word):
                    best = max(best, (likeness(row, party), models.text(row.get("id"))), key=lambda each: each[0])
                    heeded = heeded or _resembles(row, word)
                if heeded or best[0]:
                    break
                most = WHOLE  # nothing like it on top: the list does not rank by likeness, so all of it is read
            if best[0] == SURE:
                break
        return best[1]

    async def _remove(self, contract: Contract, step: str, journal: Journal) -> None:
        added = journal.results(step).get(step)
        for shown in contract.parties:
            party_id = models.text(shown.get("id"))
            known_as = {STEP + journal.fingerprint(key) for key in identities(shown)}
            if party_id and (step in known_as or added in {party_id, models.reference(shown.get("party"))}):
                await self._client.remove_party(contract.id, party_id)
        await journal.forget(step)

    def _remember(self, key: str, register_id: str) -> None:
        self._known[key] = register_id
        self._known.move_to_end(key)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def _resembles(row: Fields, word: str) -> bool:
    """Say whether a hit has anything of what was searched for."""
    shown = " ".join(normal(value) for value in row.values() if isinstance(value, str))
    return any(part in shown for part in normal(word).split())


def _to_correct(contract: Contract, party: Party) -> str | None:
    """Return the id of the contract's entry for a party if it shows another role."""
    shown = match(contract, party)
    if shown is None or party.role is None or shown.get("role") == party.role:
        return None
    return models.text(shown.get("id"))


def match(contract: Contract, party: Party) -> Fields | None:
    """Return the contract's entry for a party."""
    best = max(contract.parties, key=lambda shown: likeness(shown, party), default=None)
    return best if best is not None and likeness(best, party) else None


def likeness(shown: Fields, party: Party) -> int:
    """Return 3 for the same external id, 2 for the same organisation id, 1 for the same name and no other country.

    0 means another party: what is weaker counts only where nothing stronger contradicts it.
    """
    for strength, name in ((SURE, "external_id"), (2, "org_id")):
        one, other = normal(shown.get(name)), normal(party.fields.get(name))
        if one and other:
            return strength if one == other else 0
    same = normal(shown.get("name")) == normal(party.fields["name"])
    countries = {normal(shown.get("country")), normal(party.fields.get("country"))} - {""}
    return int(same and len(countries) < 2)  # noqa: PLR2004 -- no two that differ
