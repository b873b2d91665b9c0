"""The Prefect flow: one run of one route, one task run per phase, a summary and a table of rejects as artifacts.

Prefect shows and schedules. Who owns a route, what is done and what is owed is decided by the ledger alone.
"""

from __future__ import annotations

import contextlib
import logging
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State  # noqa: TC002 -- Prefect reads the annotation
from prefect.context import get_run_context
from prefect.logging.handlers import APILogHandler
from prefect.states import Completed, Failed
from pydantic import Field

from connectors.errors import ConnectorError
from connectors.secrets import Masking, mask
from connectors.settings import SettingsError
from flows.artifacts import leave_artifacts, progress_artifact
from flows.progress import watched
from flows.routes import route_names
from flows.running import run_route
from flows.settings import load_gateway
from flows.tally import Tally
from mappings.language import RouteError
from state.errors import RouteBusyError, StateError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    class RouteChoice(StrEnum):
        """The routes there are; the members are only known when the worker starts."""
else:
    RouteChoice = StrEnum("RouteChoice", {name: name for name in route_names(load_gateway().mappings)})

T = TypeVar("T")


@flow(name="docferry", flow_run_name="{route}", persist_result=False, log_prints=False)
async def sync(
    route: RouteChoice,
    limit: Annotated[int, Field(ge=1)] | None = None,
    documents: list[str] | None = None,
    dry_run: bool = False,
) -> State[object]:
    """Run a route once: collect, deliver, follow, report.

    Args:
        route: Which route to run. The name is the file in the mappings folder.
        limit: Begin at most this many documents; the rest stays due. Leave empty for all.
        documents: Only these source ids, whatever became of them before. Leave empty for all that are due.
        dry_run: Read and map, but write nothing to a provider and no document to the ledger. The report says what a run would do.

    """
    name = str(route.value)
    tally = watched.get() or Tally()
    with _logged():
        try:
            async with progress_artifact(name, tally):
                report = await run_route(
                    load_gateway(),
                    name,
                    limit=limit,
                    documents=documents or (),
                    dry_run=dry_run,
                    tally=tally,
                    phase=_as_task,
                )
        except RouteBusyError as error:
            return Completed(name="Skipped", message=mask(str(error)))
        except (SettingsError, RouteError, StateError, ConnectorError) as error:
            return Failed(message=mask(str(error)))
    await leave_artifacts(report)
    if report.stopped:
        return Failed(message=report.stopped, data=report.as_json())
    open_ends = report.rejected + report.failed + report.owed_feedback + report.withdrawn + report.refused_feedback
    done = f"{report.delivered} delivered, {report.updated} updated, {report.rejected} rejected, {report.failed} failed"
    return Completed(name="Completed" if not open_ends else "NeedsAttention", message=done, data=report.as_json())


async def _as_task(name: str, work: Callable[[], Awaitable[T]], /) -> T:
    """Make a task run of a phase, so that Prefect's page shows where a run is. Inputs and results stay in memory."""

    @task(name=name, cache_policy=NO_CACHE, persist_result=False)
    async def phase() -> T:
        return await work()

    return await phase()


@contextlib.contextmanager
def _logged() -> Iterator[None]:
    """Send our own log lines to Prefect's page while a flow run is active, secrets masked."""
    handler = APILogHandler()
    handler.addFilter(Masking())
    logger = logging.getLogger("docferry")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    get_run_context()  # fails early, with Prefect's own words, if this is called outside a flow run
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
