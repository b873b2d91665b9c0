"""What a run leaves on Prefect's page: a summary, a table of rejects, a chart of the last runs, and live progress.

Prefect only shows: nothing that goes wrong here disturbs a run or changes its outcome. It is logged once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, TypeVar

from prefect.artifacts import acreate_markdown_artifact, acreate_progress_artifact, acreate_table_artifact
from prefect.artifacts import aupdate_progress_artifact as update_progress

from flows.reject_rows import EXAMPLES, MOST_ROWS, groups, rows
from flows.run_chart import chart
from flows.run_history import History, look_back
from flows.run_names import artifact_key
from flows.run_summary import summary
from flows.running import open_ledger
from flows.settings import load_gateway
from flows.speed import Speed
from state.errors import StateError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable
    from uuid import UUID

    from flows.reject_rows import Group
    from flows.tally import Report, Tally

log = logging.getLogger("docferry")
T = TypeVar("T")
_EVERY = 2.0
"""Seconds between two updates of the progress artifact."""
_PATIENCE = 10.0
"""Seconds that Prefect's server may take for one artifact. Once it has not answered, nothing more is asked of it."""


async def leave_artifacts(report: Report) -> bool:
    """Leave the summary, the table of causes if anything did not go through, and the chart; keep what the next run compares with.

    Returns False if the server did not even take the summary.
    """
    route, found = report.route, groups(report)
    history = await _history(report, found)
    heard = left = await _left(
        "the report",
        acreate_markdown_artifact(
            key=artifact_key(route, "summary"),
            markdown=summary(report, history),
            description=f"What became of every document of {route}, and what a person should do",
        ),
    )
    if left and found:
        left = await _left(
            "the table of rejects",
            acreate_table_artifact(
                key=artifact_key(route, "rejects"),
                table=rows(report, found, history.external_ids),
                description=f"Documents of {route} that did not go through, by cause",
            ),
        )
    if left and history.runs and not report.dry_run:
        await _left(
            "the chart",
            acreate_markdown_artifact(
                key=artifact_key(route, "chart"),
                markdown=chart(route, history.runs),
                description=f"The last runs of {route}",
            ),
        )
    return heard is not None


async def _history(report: Report, found: list[Group]) -> History:
    named = [document_id for group in found[:MOST_ROWS] for document_id in group.examples[:EXAMPLES]]
    try:
        async with open_ledger(load_gateway()) as ledger:
            return await look_back(ledger, report, named)
    except StateError as error:
        log.warning("the report on Prefect's page has no history: %s", error)
        return History()


async def _left(what: str, work: Awaitable[T]) -> T | None:
    """Await something that only Prefect's page needs; return None if it fails."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return await work
    except Exception as error:  # noqa: BLE001 -- whatever Prefect's client raises, the run is over and its report stands
        log.warning("%s is missing on Prefect's page: %s", what, type(error).__name__)
        return None


@contextlib.asynccontextmanager
async def progress_artifact(route: str, tally: Tally) -> AsyncIterator[None]:
    """Keep a progress artifact up to date while the block is active: how far, how fast, how long still."""
    speed = Speed(tally)
    artifact = await _left("progress", acreate_progress_artifact(progress=0.0, description=_words(route, speed)))
    if artifact is None:
        yield
        return
    keeper = _Keeper(artifact, route, speed)
    keeping = asyncio.ensure_future(keeper.keep())
    try:
        yield
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping
    if keeper.answered:
        said = f"{route}: {speed.last_words()}"
        await _left("the end of progress", update_progress(artifact, progress=100.0, description=said))


class _Keeper:
    """Tells Prefect's server how far a run is, as long as there is something new to tell."""

    def __init__(self, artifact: UUID, route: str, speed: Speed) -> None:
        self._artifact = artifact
        self._route = route
        self._speed = speed
        self.answered = True
        """Whether the server took what it was told last."""

    async def keep(self) -> None:
        """Go on until cancelled. The server may be gone in mid-run, and come back: that is said once."""
        told, said = "", False
        while True:
            await asyncio.sleep(_EVERY)
            self._speed.look()
            words = _words(self._route, self._speed)
            if words == told:
                continue
            try:
                async with asyncio.timeout(_PATIENCE):
                    await update_progress(self._artifact, progress=self._speed.percent, description=words)
                told, self.answered = words, True
            except Exception as error:  # noqa: BLE001 -- whatever Prefect's client raises
                self.answered = False
                if not said:
                    log.warning("progress cannot be shown on Prefect's page for now: %s", type(error).__name__)
                said = True


def _words(route: str, speed: Speed) -> str:
    return f"{route}: {speed.words()}"
