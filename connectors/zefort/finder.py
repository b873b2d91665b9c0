"""How a contract is found again by the marker in its file names after a lost answer."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from connectors.errors import AccessError, GoneError, NoSuchCallError, RejectedError, TransientError
from connectors.markers import markers
from connectors.zefort import client as paths
from connectors.zefort import models

if TYPE_CHECKING:
    from connectors.zefort.client import ZefortClient

log = logging.getLogger(__name__)

STATUSES = ("queued", "processing", "review", "done", "archived", "error", "limited")
"""Plain lists may leave some out (archived ones do in the UI), so a thorough look asks for each."""

NAMELESS = timedelta(minutes=10)
"""How long a contract that shows no file may turn out to be one of ours: ours are made together with their file."""
UNAUTHORIZED = 401


@dataclass(slots=True)
class _Look:
    """A question that waits for its answer: the contract with this marker, received in the last `days`."""

    marker: str
    days: int
    answer: asyncio.Future[str | None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Finder:
    """Answers "which contract carries this marker?" for everybody at once: one sweep serves all who asked before it."""

    def __init__(self, client: ZefortClient) -> None:
        self._client = client
        self._waiting: list[_Look] = []
        self._nameless: set[str] = set()
        self._sweeping = asyncio.Lock()

    async def find(self, marker: str, days: int) -> str | None:
        """Return the id of the contract that carries the marker; None if no list shows it."""
        look = _Look(marker, days)
        self._waiting.append(look)
        try:
            async with self._sweeping:
                if not look.answer.done():
                    looks, self._waiting = self._waiting, []
                    await self._answer(looks)
        finally:
            if look in self._waiting:
                self._waiting.remove(look)
        return look.answer.result()

    async def _answer(self, looks: list[_Look]) -> None:
        wanted = {look.marker for look in looks}
        undecided: list[str] = []
        try:
            found = await self._sweep(wanted, max(look.days for look in looks), undecided)
        except BaseException:
            # Whoever asked along must not be left waiting: they ask again, each for itself.
            self._waiting += [look for look in looks if not look.answer.done()]
            raise
        for look in looks:
            if look.marker in found or not undecided:
                look.answer.set_result(found.get(look.marker))
            else:
                # It is still being worked on and shows no file yet, so nobody can say whose it is.
                words = f"contract {undecided[0]} does not show its files yet"
                look.answer.set_exception(TransientError(words, connection=self._client.api.connection, arrived="no"))

    async def _sweep(self, wanted: set[str], days: int, undecided: list[str]) -> dict[str, str]:
        found: dict[str, models.Contract] = {}
        window = f"today-{days}d-"
        await self._read(paths.CONTRACTS, {"receive_time": window}, wanted, found, undecided)
        # These lists only make the look thorough. An account or an API that does not offer one goes without.
        more = [(paths.CONTRACTS, {"receive_time": window, "status": status}) for status in STATUSES]
        for path, params in [*more, (paths.TRASH, {"receive_time": window})]:
            if found.keys() >= wanted:
                break
            try:
                await self._read(path, params, wanted, found, undecided)
            except (RejectedError, NoSuchCallError, AccessError) as error:
                if error.status == UNAUTHORIZED:
                    raise
                log.info("contracts are looked for without this list: %s", error)
        return {marker: contract.id for marker, contract in found.items()}

    async def _read(
        self,
        path: str,
        params: dict[str, str],
        wanted: set[str],
        found: dict[str, models.Contract],
        undecided: list[str],
    ) -> None:
        """Read a list, newest first, until everything wanted is found; again from the start if it shrank under us."""
        page, count, again = 1, None, 3
        before: set[str | None] = set()
        while True:
            step = await self._client.page(path, page, params)
            named = [row for row in step.rows if models.identity(row)]  # one without an id cannot be ours to go on with
            here = {models.identity(row) for row in named}
            for row in named:
                contract = await self._named(models.contract(row), undecided)
                for marker in markers(contract.filenames) & wanted:
                    _keep(marker, contract, found)
            if found.keys() >= wanted:
                return
            shrank = count is not None and step.count is not None and step.count < count
            count = step.count
            if shrank and again:
                page, again = 1, again - 1
            elif step.last or here <= before:  # a server that ignores the page number repeats itself for ever
                return
            else:
                page, before = page + 1, here

    async def _named(self, contract: models.Contract, undecided: list[str]) -> models.Contract:
        """Return a contract with its file names: some lists leave them out, and then the contract itself tells.

        One that shows no file because it was only just made is added to `undecided`.
        """
        if contract.filenames:
            return contract
        if contract.id not in self._nameless:
            try:
                contract = await self._client.contract(contract.id)
            except GoneError:
                return contract
            if contract.filenames:
                return contract
            if contract.analysing and datetime.now(UTC) - NAMELESS < contract.received < datetime.max.replace(
                tzinfo=UTC
            ):
                undecided.append(contract.id)
            else:
                self._nameless.add(contract.id)  # made without a file, so not by us
        return contract


def _keep(marker: str, contract: models.Contract, found: dict[str, models.Contract]) -> None:
    other = found.get(marker)
    if other is None or other.id == contract.id:
        found[marker] = contract
        return
    oldest = min(other, contract, key=lambda each: (each.received, each.id))
    log.warning(
        "contracts %s and %s carry the same marker; %s is the older one and is kept", other.id, contract.id, oldest.id
    )
    found[marker] = oldest
