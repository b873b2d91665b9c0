"""How tags and binders, which belong to the whole account, are found by name and given to a contract."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from connectors.errors import ConnectorError, GoneError, NoSuchCallError, RejectedError, TransientError, UnsettledError
from connectors.sharing import shared
from connectors.zefort import client as paths
from connectors.zefort import models
from connectors.zefort.payload import normal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from connectors.memory import Memory
    from connectors.zefort.client import ZefortClient
    from connectors.zefort.models import Contract, Task

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 6.4
"""Seconds between looks at a tagging task, doubling: 12.6 in all before it is left for later."""


class Tags:
    """The account's tags, read once and again when a name is missing. Names are compared exactly."""

    def __init__(self, client: ZefortClient, memory: Memory) -> None:
        self._client = client
        self._memory = memory
        self._listed = True  # until the list of tags turns out not to be offered
        self._ids: dict[str, str] = {}
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def missing(self, contract: Contract, names: Sequence[str]) -> dict[str, str]:
        """Return the ids, by name, of the tags that a contract does not show."""
        found = {name: await self._id(name) for name in names}
        return {name: tag_id for name, tag_id in found.items() if not {name, tag_id} & contract.tags}

    async def put_on(self, contract: Contract, names: Sequence[str]) -> dict[str, Task]:
        """Tag a contract with all names it does not show. Return by name the tasks that this became and are not done."""
        tasks: dict[str, Task] = {}
        for name, tag_id in (await self.missing(contract, names)).items():
            try:
                task = await self._client.tag(tag_id, contract.id)
            except GoneError:
                self._ids.pop(name, None)  # deleted since it was read: made again at the next attempt
                await self._memory.keep(f"tag:{name}", "")
                raise TransientError("a tag was deleted while it was being used", arrived="no") from None
            except RejectedError:
                # It may have it already: whether that is refused is not documented.
                if not await self._shows(contract.id, name):
                    raise
                continue
            except TransientError as error:
                await self._client.seen(contract.id, partial(self.on, names=[name]), error)
                continue
            if task is not None and not task.done:
                tasks[name] = task
        return tasks

    def on(self, contract: Contract, names: Sequence[str]) -> bool:
        """Tell whether a contract shows all these tags, by name or, where only that is shown, by id."""
        return all({name, self._ids.get(name, name)} & contract.tags for name in names)

    async def finish(self, contract_id: str, tasks: dict[str, Task]) -> None:
        """Return when every task is done. RejectedError if one failed, TransientError if it takes too long."""
        pause = FIRST_PAUSE
        waiting = dict(tasks)
        while waiting:
            if any(task.failed for task in waiting.values()):
                raise RejectedError(f"zefort could not tag contract {contract_id}")
            if pause > LONGEST_PAUSE:
                raise TransientError(f"zefort has not tagged contract {contract_id} yet", arrived="maybe")
            await asyncio.sleep(pause)
            pause *= 2
            for name, task in list(waiting.items()):
                now = await self._client.task(task.id)
                # A task that is not kept any more has ended somehow: the contract tells how.
                if now is not None and not now.done:
                    waiting[name] = now
                elif now is not None or await self._shows(contract_id, name):
                    del waiting[name]

    async def _shows(self, contract_id: str, name: str) -> bool:
        return bool({name, self._ids.get(name, name)} & (await self._client.contract(contract_id)).tags)

    async def _id(self, name: str) -> str:
        if name not in self._ids:
            await shared(self._under_way, "", self._read)
        if name not in self._ids:
            await shared(self._under_way, name, partial(self._make, name))
        return self._ids[name]

    async def _make(self, name: str) -> None:
        known = await self._memory.recall(f"tag:{name}")
        if not known:
            async with self._memory.exclusive(f"tag:{name}"):
                # Another process may have made it meanwhile, and been killed before it could write that down.
                known = await self._memory.recall(f"tag:{name}")
                if not known:
                    await self._read()
                    known = self._ids.get(name) or await self._create(name)
                    await self._memory.keep(f"tag:{name}", known)
        self._ids.setdefault(name, known)

    async def _read(self) -> None:
        # A filter-less list may be narrowed by a default search of the account, but tags have no documented filter.
        try:
            async for row in self._client.rows(paths.TAGS):
                name, tag_id = models.text(row.get("tag_name")), models.text(row.get("id"))
                if name and tag_id:
                    self._ids.setdefault(name, tag_id)
        except (GoneError, NoSuchCallError) as error:
            if self._listed:
                log.warning("tags cannot be listed, so those a route names are made: %s", error)
            self._listed = False
        except RejectedError as error:
            raise _no_verdict("tags", error) from error

    async def _borrow(self, name: str) -> None:
        """Find a tag's id on a contract that carries it, where tags themselves cannot be listed."""
        async for row in self._client.rows(paths.CONTRACTS, most=1, tags=name):
            for found, tag_id in models.tags(row).items():
                self._ids.setdefault(found, tag_id)

    async def _create(self, name: str) -> str:
        try:
            created = await self._client.create_tag(name)
        except (RejectedError, TransientError) as error:
            # Somebody else made it meanwhile, or our own call arrived and its answer was lost.
            created = None
            await self._read()
            if not self._listed:
                await self._borrow(name)
            # Where names are unique without regard to case, the other spelling is the tag that was meant.
            alike = next((known for known in self._ids if normal(known) == normal(name)), None)
            if alike is None and not self._listed and isinstance(error, RejectedError):
                raise ConnectorError(
                    f"a tag that the route names can neither be looked up nor made ({error}); "
                    "put it on one contract in Zefort, then it is found there",
                    connection=error.connection,
                    status=error.status,
                ) from error
            if alike is None:
                raise
            self._ids.setdefault(name, self._ids[alike])
        if created is None:
            await self._read()
        found = created or self._ids.get(name)
        if found is None:
            raise TransientError("zefort made a tag but does not list it yet", arrived="maybe")
        return found


class Binders:
    """The account's binders, looked up by exact name when first needed, and made where one is missing."""

    def __init__(self, client: ZefortClient, settle: timedelta, memory: Memory) -> None:
        self._client = client
        self._settle = settle
        self._memory = memory
        self._ids: dict[str, str] = {}
        self._doubtful: dict[str, datetime] = {}
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def resolve(self, wanted: Sequence[str]) -> list[str]:
        """Return the binders' ids; an id (`bnd_…`) stands for itself. RejectedError: there is none and none can be made."""
        found = [name if name.startswith("bnd_") else await self._id(name) for name in wanted]
        return list(dict.fromkeys(found))

    async def put_in(self, contract_id: str, binder_ids: Sequence[str]) -> None:
        """Make sure that every binder holds the contract. Others that hold it, such as default binders, are left alone."""
        if not binder_ids:
            return
        try:
            holding = await self._client.binders_of(contract_id)
        except (GoneError, NoSuchCallError) as error:
            # They were named when the contract was made; only the look whether that worked is not to be had.
            log.warning("the binders of contract %s cannot be read: %s", contract_id, error)
            return
        for binder in binder_ids:
            if binder in holding:
                continue
            try:
                await self._client.put_into_binder(contract_id, binder)
            except RejectedError:
                # It may be there already: whether that is refused is not documented.
                if binder not in await self._client.binders_of(contract_id):
                    raise
            except TransientError as error:
                if error.arrived == "no" or binder not in await self._client.binders_of(contract_id):
                    raise

    async def _id(self, name: str) -> str:
        if name not in self._ids:
            await shared(self._under_way, name, partial(self._obtain, name))
        return self._ids[name]

    async def _obtain(self, name: str) -> None:
        await self._read(name)
        if name not in self._ids:
            known = await self._memory.recall(f"binder:{name}")
            if not known:
                known = await self._make(name)
            self._ids.setdefault(name, known)

    async def _make(self, name: str) -> str:
        async with self._memory.exclusive(f"binder:{name}"):
            # Another process may have made it meanwhile, and been killed before it could write that down.
            known = await self._memory.recall(f"binder:{name}")
            if not known:
                await self._read(name)
                known = self._ids.get(name) or await self._create(name)
                await self._memory.keep(f"binder:{name}", known)
            return known

    async def _read(self, name: str) -> None:
        try:
            async for row in self._client.rows(paths.BINDERS, q=name):
                found, binder_id = models.text(row.get("name")), models.text(row.get("id"))
                if found and binder_id:
                    self._ids.setdefault(found, binder_id)
        except (GoneError, NoSuchCallError) as error:
            log.warning("binders cannot be listed, so those a route names are made: %s", error)
        except RejectedError as error:
            raise _no_verdict("binders", error) from error

    async def _create(self, name: str) -> str:
        """Make a binder that the route names and the account lacks; after a lost answer, not before it must show."""
        now = datetime.now(UTC)
        if self._doubtful.get(name, now) > now:
            raise UnsettledError(
                f"whether binder {name!r} was made is not known yet", look_again_at=self._doubtful[name]
            )
        try:
            made = await self._client.create_binder(name)
        except RejectedError as error:
            raise RejectedError(
                f"there is no binder {name!r} that this key may see, and it may not make one ({error}); "
                "make it in Zefort or correct the route",
                connection=error.connection,
                status=error.status,
            ) from error
        except TransientError as error:
            if error.arrived == "maybe":
                self._doubtful[name] = now + self._settle
            raise
        if made is None:
            await self._read(name)
        found = made or self._ids.get(name)
        if found is None:
            raise TransientError("zefort made a binder but does not list it yet", arrived="maybe")
        return found


def _no_verdict(what: str, error: RejectedError) -> TransientError:
    """Return the error for a refused look-up: it says nothing about the document that it was made for."""
    return TransientError(f"{what} cannot be looked up: {error}", arrived="no")
