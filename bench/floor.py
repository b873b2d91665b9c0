"""The floor: the same requests through the same connectors and mapping, with nothing written down anywhere.

Plain workers and a dict per document instead of ledger, journal and report. It would lose or double documents on the
first crash; it only shows what the requests themselves cost.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from connectors.contract import Attachment, Delivery, Feedback, Result, State
from connectors.errors import RejectedError
from mappings.language import MappingError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import timedelta

    from flows.policy import Policy
    from flows.routes import OpenRoute


class Memory:
    """A journal that remembers only as long as the process lives, and trusts every call."""

    def __init__(self) -> None:
        self._steps: dict[str, str] = {}

    async def once(
        self,
        step: str,
        do: Callable[[], Awaitable[str]],
        find: Callable[[], Awaitable[str | None]],
        *,
        settle: timedelta | None = None,
    ) -> str:
        """Run `do` unless it was run before."""
        del find, settle
        if step not in self._steps:
            self._steps[step] = await do()
        return self._steps[step]

    def fingerprint(self, value: str) -> str:
        """Return the value: nothing is kept."""
        return value

    @property
    def forgotten_since(self) -> None:
        """Say that nothing was forgotten."""

    async def forget(self, step: str) -> None:
        """Drop a step."""
        self._steps.pop(step, None)

    def results(self, prefix: str) -> Mapping[str, str]:
        """Return the steps whose name starts with `prefix`."""
        return {name: result for name, result in self._steps.items() if name.startswith(prefix)}

    async def record(self, step: str, result: str) -> None:
        """Remember a result."""
        self._steps[step] = result


class Floor:
    """One run: list, deliver, follow, acknowledge, in the engine's order and with its pools."""

    def __init__(self, opened: OpenRoute, policy: Policy) -> None:
        self._open = opened
        self._policy = policy
        self._seen: set[str] = set()
        self._to_deliver: asyncio.Queue[str] = asyncio.Queue()
        self._to_tell: asyncio.Queue[tuple[Feedback, Memory]] = asyncio.Queue()
        self._to_follow: list[tuple[float, str, Memory]] = []
        self.delivered = self.rejected = self.skipped = self.told = 0

    async def run(self) -> None:
        """Read the queue until it shows nothing new, as the engine does."""
        first = True
        while await self._one_pass() or first:
            await self._follow(ask_for_dropped=first)
            first = False
        await self._follow(ask_for_dropped=False)

    async def _one_pass(self) -> int:
        before = len(self._seen)
        delivering = [asyncio.create_task(self._deliver()) for _ in range(self._policy.in_flight)]
        async for page in self._open.source.changes(None):
            for change in page.changes:
                if change.document_id not in self._seen:
                    self._seen.add(change.document_id)
                    self._to_deliver.put_nowait(change.document_id)
        # From here on nothing is listed, so acknowledged documents may leave the list.
        telling = [asyncio.create_task(self._tell()) for _ in range(self._policy.acknowledging)]
        for queue, workers in ((self._to_deliver, delivering), (self._to_tell, telling)):
            await _finished(queue, workers)
        return len(self._seen) - before

    async def _deliver(self) -> None:
        while True:
            document_id = await self._to_deliver.get()
            await self._carry(document_id)
            self._to_deliver.task_done()

    async def _carry(self, document_id: str) -> None:
        opened, route = self._open, self._open.route
        document = await opened.source.fetch(document_id)
        try:
            mapped = route.apply(document.fields)
            if mapped.skipped is not None:
                self.skipped += 1
                return
            opened.destination.check(mapped.payload)
        except (MappingError, RejectedError) as error:
            self.rejected += 1
            self._owe(document_id, "rejected", None, str(error), Memory())
            return
        files = [
            Attachment(file, partial(opened.source.open, file))
            for file in document.files
            if route.files == "all" or (route.files == "main" and file.main)
        ]
        journal = Memory()
        external_id = await opened.destination.push(
            Delivery(f"{route.name}:{document_id}", mapped.payload, files), journal
        )
        self.delivered += 1
        self._to_follow.append((time.monotonic() + self._policy.follow_first, external_id, journal))
        self._owe(document_id, "delivered", external_id, None, journal)

    def _owe(
        self, document_id: str, outcome: str, external_id: str | None, reason: str | None, journal: Memory
    ) -> None:
        route = self._open.route
        names = {
            "external_id": external_id,
            "reason": reason,
            "document_id": document_id,
            "key": f"{route.name}:{document_id}",
            "route": route.name,
            "version": route.version,
        }
        actions = route.feedback_actions(outcome, names)
        self._to_tell.put_nowait((Feedback(document_id, Result(outcome), external_id, reason, actions), journal))

    async def _tell(self) -> None:
        while True:
            feedback, journal = await self._to_tell.get()
            await self._open.source.report(feedback, journal)
            self.told += 1
            self._to_tell.task_done()

    async def _follow(self, *, ask_for_dropped: bool) -> None:
        if ask_for_dropped:
            async for _ in self._open.destination.dropped():
                pass
        due: asyncio.Queue[tuple[str, Memory]] = asyncio.Queue()
        now, waiting = time.monotonic(), self._to_follow
        self._to_follow = [one for one in waiting if one[0] > now]
        for at, external_id, journal in waiting:
            if at <= now:
                due.put_nowait((external_id, journal))

        async def look() -> None:
            while True:
                external_id, journal = await due.get()
                outcome = await self._open.destination.outcome(external_id, journal)
                if outcome.state is not State.ACCEPTED:
                    raise RuntimeError(f"contract {external_id} is {outcome.state}")
                due.task_done()

        await _finished(due, [asyncio.create_task(look()) for _ in range(self._policy.in_flight)])


async def _finished(queue: asyncio.Queue[Any], workers: list[asyncio.Task[None]]) -> None:
    """Wait until everything in the queue is worked off, then end the workers. Their faults are raised."""
    joined = asyncio.create_task(queue.join())
    done, _ = await asyncio.wait({joined, *workers}, return_when=asyncio.FIRST_COMPLETED)
    for worker in workers:
        worker.cancel()
    joined.cancel()
    for task in done:
        task.result()
