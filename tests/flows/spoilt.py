"""Destinations, sources and a ledger that are spoilt on purpose: the faults that a sweep has to be able to find."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from state import claims
from state.hold import Hold

if TYPE_CHECKING:
    from connectors.contract import Delivery, Destination, Feedback, Journal, Source


class _Spoilt:
    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class Careless(_Spoilt):
    """A destination that is handed a journal which never looks."""

    async def push(self, delivery: Delivery, journal: Journal) -> str:
        """Deliver, without ever asking whether an earlier call had arrived."""
        return await self._real.push(delivery, _NeverLooks(journal))


class Hasty(_Spoilt):
    """A destination that says it has a document before anything of it is there."""

    async def push(self, delivery: Delivery, journal: Journal) -> str:  # noqa: ARG002 -- that is the fault
        """Deliver nothing, and name what could be an id."""
        return "made-up"


class _NeverLooks(_Spoilt):
    async def once(self, step: str, do: Any, find: object, *, notes: Any = None, **_settle: object) -> str:  # noqa: ARG002 -- that is the fault
        async def see_nothing() -> None:
            return None

        return await self._real.once(step, do, see_nothing, notes=notes)


class Forgetful(_Spoilt):
    """A source that is handed a journal which never remembers, so that it tells again what was told."""

    async def report(self, feedback: Feedback, journal: Journal) -> None:
        """Tell, whatever was told before."""
        await self._real.report(feedback, _NeverRemembers(journal))


class Silent(_Spoilt):
    """A source that takes every message and does nothing about it."""

    async def report(self, feedback: Feedback, journal: Journal) -> None:
        """Say that all is well."""


class _NeverRemembers(_Spoilt):
    async def once(self, step: str, do: Any, find: object, **_settle: object) -> str:  # noqa: ARG002 -- that is the fault
        return await do()

    def results(self, prefix: str) -> dict[str, str]:  # noqa: ARG002 -- that is the fault
        return {}


def spoil(real: Destination, how: str) -> Any:
    """Return the destination as it is, or spoilt: `careless` or `hasty`."""
    return {"careless": Careless, "hasty": Hasty}.get(how, lambda one: one)(real)


def spoil_ledger(how: str) -> None:
    """Spoil this process: `unfenced`, nobody asks whether a run still holds its lease; `unclaimed`, nobody claims."""
    if how == "unfenced":
        Hold.stands = lambda _self: True
    elif how == "unclaimed":
        claims._mark = lambda *_: None  # noqa: SLF001 -- spoiling is nothing that the ledger offers


def spoil_source(real: Source, how: str) -> Any:
    """Return the source as it is, or spoilt: `forgetful` or `silent`."""
    return {"forgetful": Forgetful, "silent": Silent}.get(how, lambda one: one)(real)
