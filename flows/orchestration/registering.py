"""Makes of a deployment in the file what Prefect registers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Schedule

from flows.orchestration.deployments import AtOnce

if TYPE_CHECKING:
    from flows.orchestration.deployments import Deployment, When


def prepared(each: Deployment, instead: Schedule | None = None, *, rests: bool = False) -> RunnerDeployment:
    """Return a deployment to register, with its own schedules or another one; `rests`: none of them is active."""
    schedules = [_schedule(when, active=when.active and not rests) for when in each.schedules]
    made = RunnerDeployment.from_entrypoint(
        each.entrypoint,
        each.name,
        schedules=schedules if instead is None else [instead],
        parameters=each.parameters,
        description=each.description,
        tags=list(each.tags),
        version=each.version,
        enforce_parameter_schema=each.enforce_parameter_schema,
        concurrency_limit=_limit(each.concurrency_limit),
    )
    made.work_pool_name = None  # said, so that one that was deployed for workers is not given to them any more
    made.model_fields_set.discard("paused")  # not said: that is for whoever is on Prefect's page
    return made


def _schedule(when: When, *, active: bool) -> Schedule:
    given = when.model_dump(exclude_unset=True)
    return Schedule(**{**given, "active": active})


def _limit(limit: AtOnce | int | None) -> ConcurrencyLimitConfig | int | None:
    if not isinstance(limit, AtOnce):
        return limit
    return ConcurrencyLimitConfig(
        limit=limit.limit,
        collision_strategy=ConcurrencyLimitStrategy(limit.collision_strategy),
        grace_period_seconds=limit.grace_period_seconds,
    )
