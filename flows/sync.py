"""The Prefect flow: one run of one route, one task run per phase, a summary and a table of rejects as artifacts.

Prefect shows and schedules. Who owns a route, what is done and what is owed is decided by the ledger alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State  # noqa: TC002 -- Prefect reads the annotation
from prefect.runtime import flow_run as this_flow_run
from prefect.states import Cancelled, Completed, Failed

from connectors.errors import ConnectorError
from connectors.secrets import mask
from connectors.settings import SettingsError
from flows.artifacts import leave_artifacts, progress_artifact
from flows.garbage import keep_what_is_loaded
from flows.orchestration.dead_runs import FLOW, end_dead_runs
from flows.orchestration.endings import state_of
from flows.orchestration.farewell import nobody_to_tell
from flows.orchestration.forms import Request
from flows.orchestration.page_logs import logged_on_page
from flows.orchestration.route_choice import RouteChoice  # noqa: TC001 -- Prefect reads the annotation
from flows.orchestration.run_naming import name_flow_run
from flows.progress import watched
from flows.run_names import ended_name, other_name
from flows.running import run_route
from flows.settings import load_gateway
from flows.stopping import StoppedError, until_stopped
from flows.tally import Tally
from mappings.language import RouteError
from state.errors import RouteBusyError, StateError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

    from flows.tally import Report

T = TypeVar("T")


@flow(name=FLOW, flow_run_name="{route}", persist_result=False, log_prints=False)
async def sync(route: RouteChoice, request: Request = Request()) -> State[object]:  # noqa: B008 -- frozen
    """Run a route once: collect, deliver, follow, report.

    Args:
        route: Which route to run. The name is the file in the mappings folder.
        request: Leave this alone to carry all that is due.

    """
    keep_what_is_loaded()
    name, gateway = str(route.value), load_gateway()
    flow_run = str(this_flow_run.id)
    tally = watched.get() or Tally()

    async def work(stop: asyncio.Event) -> Report:
        return await run_route(
            gateway,
            name,
            asked=replace(request.selection(), flow_run=flow_run),
            dry_run=request.dry_run,
            tally=tally,
            stop=stop,
            phase=_as_task,
        )

    with logged_on_page():
        await end_dead_runs(gateway, but=flow_run)
        try:
            async with progress_artifact(name, tally):
                report = await until_stopped(work)
        except RouteBusyError as error:
            await name_flow_run(other_name(name, "skipped"))
            return Completed(name="Skipped", message=mask(str(error)))
        except StoppedError as error:
            await name_flow_run(other_name(name, "stopped"))
            return Cancelled(message=str(error))
        except (SettingsError, RouteError, StateError, ConnectorError) as error:
            await name_flow_run(other_name(name, "failed"))
            return Failed(message=mask(str(error)))
        heard = await leave_artifacts(report)
        heard |= await name_flow_run(ended_name(report))
    if not heard and not report.dry_run:  # of a dry run the ledger would not know later how it ended
        raise nobody_to_tell()
    return state_of(report.exit_code, _words(report), report.as_json())


def _words(report: Report) -> str:
    if report.interrupted:
        return "stopped from outside; what was under way was finished, the next run goes on"
    if report.stopped:
        return report.stopped
    counts = ("delivered", "updated", "rejected", "failed")
    return ", ".join(f"{getattr(report, name)} {name}" for name in counts)


async def _as_task(name: str, work: Callable[[], Awaitable[T]], /) -> T:
    """Make a task run of a phase, so that Prefect's page shows where a run is. Inputs and results stay in memory."""

    @task(name=name, cache_policy=NO_CACHE, persist_result=False)
    async def phase() -> T:
        return await work()

    return await phase()
