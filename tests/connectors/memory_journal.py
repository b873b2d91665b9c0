"""A journal in memory that keeps the promises of `connectors.contract.Journal` to the letter."""

import zlib
from datetime import UTC, datetime, timedelta

from connectors.errors import AccessError, ConnectorError, RejectedError, TransientError, UnsettledError


class MemoryJournal:
    """Survives "crashes": a new push with the same journal is what a restarted process does.

    `now` can be moved to let a settle time pass. `killed_after` stops with KilledError after so many commits.
    `forgotten_since` makes it the journal of a ledger that was put back from a backup made then.
    """

    def __init__(self):
        self.forgotten_since = None
        self.steps = {}
        self.now = datetime(2026, 11, 22, tzinfo=UTC)
        self.done_calls = []
        self.found_calls = []

    async def once(self, step, do, find, *, notes=None, settle=None):
        intent, result = self.steps.get(step, (None, None))
        if result is not None:
            return result
        if intent is None and self.forgotten_since is not None and (found := await find()) is not None:
            self.steps[step] = (self.now, found)
            return found
        if intent is not None:
            self.found_calls.append(step)
            found = await find()
            if found is not None:
                self.steps[step] = (intent, found)
                return found
            if self.now < intent + (settle or timedelta(0)):
                raise UnsettledError(f"{step} is not settled", look_again_at=intent + (settle or timedelta(0)))
        self.steps[step] = (self.now, None)
        for name, note in (notes or {}).items():
            await self.record(name, note)
        self.done_calls.append(step)
        try:
            result = await do()
        except ConnectorError as error:
            refused = isinstance(error, AccessError | RejectedError)  # anything else may have had an effect
            if refused or (isinstance(error, TransientError) and error.arrived == "no"):
                self.steps.pop(step)
            raise
        assert isinstance(result, str)
        self.steps[step] = (self.now, result)
        return result

    async def forget(self, step):
        self.steps.pop(step, None)

    def results(self, prefix):
        return {
            name: result for name, (_, result) in self.steps.items() if name.startswith(prefix) and result is not None
        }

    def fingerprint(self, value):
        return f"fp-{zlib.crc32(value.encode()):08x}"

    async def record(self, step, result):
        assert isinstance(result, str)
        self.steps[step] = (self.now, result)
