"""What an earlier `docferry up` left on its server: runs that died with it or that it did not begin, deployments that are gone."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterNextScheduledStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Cancelled, Crashed

from flows.running import open_ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prefect.client.schemas.objects import FlowRun, State
    from prefect.client.schemas.responses import DeploymentResponse

    from flows.settings import Gateway

_BUSY = (StateType.RUNNING, StateType.PENDING, StateType.CANCELLING)
_PATIENCE = 15.0
"""Seconds that the server has to plan a new deployment's runs; it looks for new ones every five."""

_PAGE = 200
"""How many runs Prefect gives at once."""


async def clear_up(gateway: Gateway, deployments: Sequence[str]) -> None:
    """Say of each run that is not over how it ended, and leave of overdue ones the last one of each deployment.

    Only for a server that nobody else uses, before anything is served: then nobody is in the middle of a run, but for
    one whose process outlived all others. Its lease says so, and it is left to tell of itself.
    """
    crashed: State[None] = Crashed(message="The process that ran it is gone. Nothing is lost: the next run takes over.")
    skipped: State[None] = Cancelled(
        name="Skipped", message="docferry up was not running then, and a later run was due as well."
    )
    async with get_client() as client, open_ledger(gateway) as ledger:
        for run in await _runs(deployments, _BUSY):
            known = await ledger.run_of(str(run.id))
            if known is not None and known.worker is not None:
                continue
            await client.set_flow_run_state(run.id, crashed, force=True)
        overdue = await _runs(deployments, (StateType.SCHEDULED,), before=datetime.now(UTC))
        latest = {run.deployment_id: run.id for run in overdue}
        for run in overdue:
            if run.auto_scheduled and run.id != latest[run.deployment_id]:
                await client.set_flow_run_state(run.id, skipped, force=True)


async def no_longer_served(deployments: Sequence[str]) -> list[DeploymentResponse]:
    """Stop the schedules of what was served here once and is not among these deployments; return it.

    Only for a server that nobody else uses: runs of what nobody begins would become late there, one after the other. What
    is for workers of a pool is theirs. A deployment that is served again gets its schedules anew.
    """
    found: list[DeploymentResponse] = []
    async with get_client() as client:
        while page := await client.read_deployments(limit=_PAGE, offset=len(found)):
            found += page
        gone = [each for each in found if each.work_pool_name is None and str(each.id) not in deployments]
        for each in gone:
            for schedule in each.schedules:
                if schedule.active:
                    await client.update_deployment_schedule(each.id, schedule.id, active=False)
    return gone


async def next_runs(deployments: Sequence[str]) -> dict[str, datetime]:
    """Return when the server begins the next run of each deployment, in UTC; those without one are missing."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _PATIENCE
    while True:
        async with get_client() as client:
            waited_for = [key for key in deployments if not (await client.read_deployment(UUID(key))).paused]
        planned: dict[str, datetime] = {}
        for run in await _runs(deployments, (StateType.SCHEDULED, StateType.PENDING)):
            if run.expected_start_time is not None:
                planned.setdefault(str(run.deployment_id), run.expected_start_time.astimezone(UTC))
        if planned.keys() >= set(waited_for) or loop.time() > until:
            return planned
        await asyncio.sleep(0.5)


async def _runs(
    deployments: Sequence[str], states: Sequence[StateType], *, before: datetime | None = None
) -> list[FlowRun]:
    """Return runs by when they are or were due, the earliest first."""
    soon = None if before is None else FlowRunFilterNextScheduledStartTime(before_=before)
    found: list[FlowRun] = []
    async with get_client() as client:
        while True:
            page = await client.read_flow_runs(
                deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[UUID(key) for key in deployments])),
                flow_run_filter=FlowRunFilter(
                    state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(states))),
                    next_scheduled_start_time=soon,
                ),
                sort=FlowRunSort.EXPECTED_START_TIME_ASC,
                limit=_PAGE,
                offset=len(found),
            )
            found += page
            if len(page) < _PAGE:
                return found
