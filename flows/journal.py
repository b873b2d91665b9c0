"""The journal between a connector and the ledger: no call that must not happen twice gets past it unrecorded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from connectors.errors import AccessError, ConnectorError, RejectedError, TransientError, UnsettledError
from flows.keepable import WHY, keepable
from state.fingerprints import REKEYED
from state.records import Step

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from state.run import RouteRun

AT_ONCE = timedelta(0)


class LedgerJournal:
    """Implements `connectors.contract.Journal` on the steps of one transfer.

    `prefix` keeps groups of steps apart that may use the same names.
    """

    def __init__(self, run: RouteRun, transfer_id: int, steps: Mapping[str, Step]) -> None:
        self._run = run
        self._transfer = transfer_id
        self._steps = dict(steps)
        self._calling = 0  # how many calls are about to be made or under way

    async def once(
        self,
        step: str,
        do: Callable[[], Awaitable[str]],
        find: Callable[[], Awaitable[str | None]],
        *,
        notes: Mapping[str, str] | None = None,
        settle: timedelta | None = None,
    ) -> str:
        """Run `do` at most once over all runs; see the contract."""
        known = self._steps.get(step)
        if known is not None and known.result is not None:
            return known.result
        if known is None and REKEYED in self._steps and (there := await _asked(step, find)) is not None:
            return self._known(step, datetime.now(UTC), there)
        if known is not None:
            known = await self._dated(known)
            found = await self._look(step, find, known.intent_at, settle or AT_ONCE)
            if found is not None:
                return self._known(step, known.intent_at, found)
        intent_at = datetime.now(UTC)
        await self._intend(step, intent_at, notes or {})
        self._calling += 1
        try:
            result = await do()
        except (AccessError, RejectedError):
            await self.forget(step)  # refused: it certainly had no effect
            raise
        except TransientError as error:
            if error.arrived == "no":
                await self.forget(step)
                raise
            result = await self._lost(step, error, find, intent_at, settle or AT_ONCE)
        finally:
            self._calling -= 1
        return self._known(step, intent_at, result)

    async def _lost(
        self,
        step: str,
        error: TransientError,
        find: Callable[[], Awaitable[str | None]],
        intent_at: datetime,
        settle: timedelta,
    ) -> str:
        """Return the effect of a call whose answer was lost just now; raise when it may be looked for again."""
        try:
            found = await self._look(step, find, intent_at, settle)
        except UnsettledError as unsettled:
            if isinstance(error, UnsettledError):
                raise error from None  # the call itself knows better why, and for how long
            unsettled.connection = error.connection
            raise unsettled from error
        if found is None:
            raise error
        return found

    async def _look(
        self, step: str, find: Callable[[], Awaitable[str | None]], intent_at: datetime, settle: timedelta
    ) -> str | None:
        """Ask `find`; None means "not there, and it is late enough to be sure of that"."""
        while True:
            # Read before looking: what is absent in a look that began after the settle time was never done.
            began = datetime.now(UTC)
            found = await _asked(step, find)
            if found is not None or began >= intent_at + settle:
                return found
            if datetime.now(UTC) < intent_at + settle:
                raise UnsettledError(
                    f"the answer to '{step}' was lost and its effect cannot be seen yet",
                    look_again_at=intent_at + settle,
                )
            # The look itself has used up the time: one more settles it. An error would only bring us back at once.

    async def _dated(self, known: Step) -> Step:
        """Return an intent that is not of the future: after the clock was set back its settling would never be over."""
        now = datetime.now(UTC)
        if known.intent_at <= now:
            return known
        return await self._intend(known.name, now, {})

    async def _intend(self, step: str, at: datetime, notes: Mapping[str, str]) -> Step:
        """Write down that a call is about to be made and, in the same commit, what is to be known of it by then."""
        new = {name: note for name, note in notes.items() if self.results(name).get(name) != note}
        await self._run.intend(self._transfer, step, at, new)
        self._steps.update((name, Step(name=name, intent_at=at, done_at=at, result=note)) for name, note in new.items())
        self._steps[step] = begun = Step(name=step, intent_at=at, done_at=None, result=None)
        return begun

    def _known(self, step: str, intent_at: datetime, result: str) -> str:
        """Write down what a call has brought about. One whose id cannot be kept stays begun, so it is never made again."""
        if not keepable(result):
            raise ConnectorError(f"what '{step}' made has {WHY}")
        return self._finish(step, intent_at, result)

    def _finish(self, step: str, intent_at: datetime, result: str) -> str:
        at = datetime.now(UTC)
        self._run.done(self._transfer, step, result, at)
        self._steps[step] = Step(name=step, intent_at=intent_at, done_at=at, result=result)
        return result

    @property
    def forgotten_since(self) -> datetime | None:
        """Return since when calls may have been made of which there is no record; None: all are recorded."""
        marked = self._steps.get(REKEYED)
        return datetime.fromisoformat(marked.result) if marked is not None and marked.result else None

    async def forget(self, step: str) -> None:
        """Drop the record of a step."""
        if self._steps.pop(step, None) is not None:
            await self._run.forget(self._transfer, step)

    def results(self, prefix: str) -> Mapping[str, str]:
        """Return the results of finished steps whose name starts with `prefix`."""
        return {
            name: step.result
            for name, step in self._steps.items()
            if name.startswith(prefix) and step.result is not None
        }

    async def record(self, step: str, result: str) -> None:
        """Write down a result that needs no intent.

        Within `do` it is on the disk on return: the call that follows may need it to be found again. Elsewhere it gets
        there with the next write that is waited for: the intent of the next call, at the latest the settling.
        """
        known = self._steps.get(step)
        if known is not None and known.result == result:
            return
        self._finish(step, datetime.now(UTC), result)
        if self._calling:
            await self._run.flush()

    def fingerprint(self, value: str) -> str:
        """Return what may be written down of a document's value."""
        return self._run.fingerprint(value)

    async def keep(self, step: str, result: str) -> None:
        """Write down a result that must be on the disk before anything else is done."""
        await self.record(step, result)
        await self._run.flush()


async def _asked(step: str, find: Callable[[], Awaitable[str | None]]) -> str | None:
    """Look for the effect of a call. That the look is refused is no verdict on the document: it is looked for later."""
    try:
        return await find()
    except RejectedError as error:
        raise TransientError(
            f"whether '{step}' took effect cannot be looked up: {error}", connection=error.connection, arrived="maybe"
        ) from error
