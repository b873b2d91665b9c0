"""Where files go and come from: the template that must be in force, and dossiers by name or id, made if they are missing."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors.errors import AccessError, ConnectorError, GoneError, RejectedError, UnsettledError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import timedelta

    from connectors.contract import Journal
    from connectors.documine.client import DocumineClient
    from connectors.documine.models import Dossier, Template
    from connectors.memory import Memory

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """A dossier by the ids that its address is made of."""

    template: str
    dossier: str

    def __str__(self) -> str:
        return f"{self.template} {self.dossier}"

    @classmethod
    def parse(cls, text: str) -> Place | None:
        """Read back what `str` wrote; None for anything else."""
        template, _, dossier = text.partition(" ")
        return cls(template, dossier) if template and dossier else None


class Places:
    """The template and the dossiers of one connection, found once per process.

    What is wrong with a place that the settings name (no such template, two dossiers of one name, an archived one) is an
    AccessError: it stops the connection and is no document's fault. A dossier that a payload names concerns that
    document only: RejectedError, without the name, which may be a document's value.
    """

    def __init__(
        self, client: DocumineClient, template: str, dossiers: Collection[str], memory: Memory, settle: timedelta
    ) -> None:
        self._client = client
        self._wanted = template
        self._set = frozenset(dossiers)
        self._memory = memory
        self._settle = settle
        self._template: Template | None = None
        self._found: dict[str, Place] = {}
        self._looking = asyncio.Lock()

    async def template(self, *, in_force: bool) -> Template:
        """Return the template. With `in_force` it must be active and valid now, as uploads need it to be."""
        if self._template is None:
            seen = await self._client.templates()
            self._template = self._one([one for one in seen if self._wanted in (one.id, one.name)], len(seen))
        template, now = self._template, datetime.now(UTC)
        early = template.valid_from is not None and now < template.valid_from
        late = template.valid_to is not None and now > template.valid_to
        if in_force and (early or late or not template.active):
            why = f"its status is {template.status}" if not template.active else "it is outside of its validity"
            raise self._misplaced(f"the template '{self._wanted}' takes no files: {why}")
        return template

    async def watched(self, names: Sequence[str]) -> list[tuple[Place, str]]:
        """Return the dossiers to be read, with their names: these (by name or id), or all that are not archived."""
        template = await self.template(in_force=False)
        there = [one for one in await self._dossiers(template) if not one.deleted]
        if not names:
            return [(Place(template.id, one.id), one.name) for one in there if not one.archived]
        chosen = []
        for name in dict.fromkeys(names):
            one = self._only(there, name)
            if one is None:
                raise self._misplaced(f"there is no dossier '{name}' in the template '{self._wanted}'")
            chosen.append((Place(template.id, one.id), one.name))
        return chosen

    async def look(self, name: str) -> Place | None:
        """Return the dossier of this name or id if there is one."""
        template = await self.template(in_force=False)
        one = self._only([one for one in await self._dossiers(template) if not one.deleted], name)
        return Place(template.id, one.id) if one is not None else None

    async def dossier(self, name: str, journal: Journal) -> Place:
        """Return the dossier of this name or id to upload into; it is made, once, if there is none."""
        async with self._looking:
            if name not in self._found:
                self._found[name] = await self._find_or_make(name, journal)
            return self._found[name]

    def forget(self, place: Place) -> None:
        """Look for a dossier anew that turned out to be gone."""
        self._found = {name: found for name, found in self._found.items() if found != place}

    async def _find_or_make(self, name: str, journal: Journal) -> Place:
        template = await self.template(in_force=True)

        async def find() -> str | None:
            one = self._only([one for one in await self._dossiers(template) if not one.deleted], name)
            if one is not None and one.archived:
                raise self._unfit(name, "is archived and takes no files; name another one")
            return one.id if one is not None else None

        async def make() -> str:
            await self._look_out(name)
            # Another document's attempt, in this run or an earlier one, may be the one whose answer was lost.
            await self._memory.keep(f"dossier:{template.id}:{name}", datetime.now(UTC).isoformat())
            return await journal.once(
                f"dossier:{journal.fingerprint(name)}",
                lambda: self._make(template, name),
                find,
                settle=self._settle,
            )

        found = await find()
        if found is None:
            async with self._memory.exclusive(f"dossier:{template.id}:{name}"):
                found = await find() or await make()  # another process may have made it meanwhile
        return Place(template.id, found)

    async def _look_out(self, name: str) -> None:
        """Raise UnsettledError while a dossier that somebody has asked for may still come to show."""
        template = await self.template(in_force=True)
        asked = await self._memory.recall(f"dossier:{template.id}:{name}")
        if asked and datetime.now(UTC) < (settled_at := datetime.fromisoformat(asked) + self._settle):
            raise UnsettledError(
                "a dossier was asked for and does not show yet",
                look_again_at=settled_at,
                connection=self._client.api.connection,
            )

    async def _make(self, template: Template, name: str) -> str:
        try:
            made = await self._client.create_dossier(template.id, name)
        except RejectedError as error:
            await self._memory.keep(f"dossier:{template.id}:{name}", "")  # it certainly was not made
            why = f"cannot be made ({error}); make it by hand, or let this user see it"
            raise self._unfit(name, why) from error
        log.info("made the dossier %s", made.id)
        return made.id

    async def _dossiers(self, template: Template) -> list[Dossier]:
        try:
            return await self._client.dossiers(template.id)
        except GoneError as error:
            self._template = None
            raise self._misplaced(f"the template '{self._wanted}' is gone: {error}") from error

    def _only(self, there: Sequence[Dossier], name: str) -> Dossier | None:
        """Return the one dossier of this id or exact name; an archived one counts only if no other has the name."""
        if by_id := [one for one in there if one.id == name]:
            return by_id[0]
        named = [one for one in there if one.name == name]
        fitting = [one for one in named if not one.archived] or named
        if len(fitting) > 1:
            ids = ", ".join(one.id for one in fitting)
            raise self._unfit(name, f"is there {len(fitting)} times ({ids}); name one of the ids instead")
        return fitting[0] if fitting else None

    def _one(self, fitting: Sequence[Template], seen: int) -> Template:
        by_id = [one for one in fitting if one.id == self._wanted]
        usable = by_id or [one for one in fitting if one.active] or fitting
        if len(usable) == 1:
            return usable[0]
        if not usable:
            raise self._misplaced(f"there is no template '{self._wanted}' among the {seen} that this user sees")
        ids = ", ".join(one.id for one in usable)
        raise self._misplaced(
            f"{len(usable)} templates are called '{self._wanted}' ({ids}); set one of the ids instead"
        )

    def _unfit(self, name: str, why: str) -> ConnectorError:
        connection = self._client.api.connection
        if name in self._set:
            return self._misplaced(f"the dossier '{name}' {why}")
        return RejectedError(f"{connection}: the dossier that the route names {why}", connection=connection)

    def _misplaced(self, words: str) -> AccessError:
        connection = self._client.api.connection
        return AccessError(f"{connection}: {words}", connection=connection)
