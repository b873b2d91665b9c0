"""How a contract is found again by the marker in its file names after a lost answer."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from connectors.errors import GoneError, TransientError
from connectors.markers import markers
from connectors.zefort import client as paths
from connectors.zefort import models
from connectors.zefort.listing import Reading, by_status

if TYPE_CHECKING:
    from connectors.zefort.client import ZefortClient

log = logging.getLogger(__name__)

NAMELESS = timedelta(minutes=10)
"""How long a contract that shows no file may turn out to be one of ours: ours are made together with their file."""

RECENT = 3
"""Days (the overlap of a search included) in which nobody is expected to copy a contract that docferry has not noticed yet.
Of what was made longer ago the whole list is read: newest first, it shows the copies before the one that was made."""


@dataclass(slots=True)
class _Look:
    """A question that waits for its answer: the contract with this marker, received in the last `days`."""

    marker: str
    days: int
    answer: asyncio.Future[models.Contract | None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Finder:
    """Answers "which contract carries this marker?" for everybody at once: one sweep serves all who asked before it."""

    def __init__(self, client: ZefortClient) -> None:
        self._client = client
        self._waiting: list[_Look] = []
        self._nameless: set[str] = set()
        self._sweeping = asyncio.Lock()

    async def find(self, marker: str, days: int) -> models.Contract | None:
        """Return the contract that carries the marker, as it was read just now; None if no list shows it.

        Lists may show less of a contract than it has (see `Contract.as_made`).
        """
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
        doubts: list[str] = []
        beside: dict[str, str] = {}
        try:
            found = await self._sweep(wanted, max(look.days for look in looks), doubts, beside)
        except BaseException:
            # Whoever asked along must not be left waiting: they ask again, each for itself.
            self._waiting += [look for look in looks if not look.answer.done()]
            raise
        for look in looks:
            doubt = beside.get(look.marker, doubts[0] if doubts else None)
            if look.marker in found or doubt is None:
                look.answer.set_result(found.get(look.marker))
            else:
                words = f"it cannot be said whether a contract was made: {doubt}"
                look.answer.set_exception(TransientError(words, connection=self._client.api.connection, arrived="no"))

    async def _sweep(
        self, wanted: set[str], days: int, doubts: list[str], beside: dict[str, str]
    ) -> dict[str, models.Contract]:
        """Read every list that may show them. What is absent is absent only if nothing was added to `doubts`.

        We make contracts by their main file. A marker on another file of a contract tells that somebody has put a copy of ours
        there: that contract is not the one, and `beside` says of the marker that there was one.
        """
        found: dict[str, models.Contract] = {}
        window = {"receive_time": f"today-{days}d-"}
        # All but the first only make the look thorough. An account or an API that does not offer one goes without.
        trash = Reading(self._client, paths.TRASH, window, optional=True)
        for reading in [*by_status(self._client, window), trash]:
            async for rows in reading.rows():
                for row in rows:
                    contract = await self._named(models.contract(row), doubts)
                    shown = contract if reading is not trash else _in_trash(contract)
                    ours = markers(contract.main_names) & wanted
                    for marker in ours:
                        _keep(marker, shown, found)
                    for marker in (markers(contract.filenames) & wanted) - ours:
                        beside[marker] = (
                            f"contract {contract.id} has its file, but not as the main one; "
                            "if that is a copy, rename or remove it in Zefort"
                        )
                if days <= RECENT and found.keys() >= wanted:
                    return found
            if reading.missing:
                doubts.append(f"a list ({reading.path}) counts {reading.missing} more than it shows")
        return found

    async def _named(self, contract: models.Contract, doubts: list[str]) -> models.Contract:
        """Return a contract with its file names: some lists leave them out, and then the contract itself tells.

        One that shows no file because it was only just made leaves a doubt whose it is.
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
                doubts.append(f"contract {contract.id} does not show its files yet")
            else:
                self._nameless.add(contract.id)  # made without a file, so not by us
        return contract


def _in_trash(contract: models.Contract) -> models.Contract:
    """Say of a row of the trash that it is trashed: the row need not, and its contract cannot be read everywhere."""
    return models.Contract(contract.id, {**contract.body, "trashed": True})


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
