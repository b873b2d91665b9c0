"""Tells Prefect's server how runs have ended that could not do so themselves: their process was killed, or the server was away.

Who is alive is known from the ledger's leases, not from Prefect's heartbeats. What Prefect thinks matters all the same: a run that
it takes for running keeps a deployment's place, and misleads whoever looks.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.states import Crashed

from flows.orchestration.endings import state_of
from flows.run_names import in_counts, other_name
from flows.running import open_ledger

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

    from flows.settings import Gateway
    from state.records import RunRow

log = logging.getLogger("docferry")
FLOW = "docferry"
"""What Prefect calls the flow of a route; its runs are looked for by that."""
_PATIENCE = 20.0
"""Seconds that all of this may take, at most: it is beside the work."""
_MOST = 200
_SOON = timedelta(minutes=2)


async def end_dead_runs(gateway: Gateway, *, but: str | None = None, nobody_runs: bool = False) -> list[str]:
    """End the flow runs that are said to be running although they are not; return their ids. `but` is the one that asks.

    `nobody_runs`: no process is left that could still be about to tell how its run went.

    Runs that this ledger does not know are somebody else's and stay. Never raises for what Prefect's server does.
    """
    ended: list[str] = []
    try:
        async with asyncio.timeout(_PATIENCE), get_client() as client, open_ledger(gateway) as ledger:
            found = await client.read_flow_runs(
                flow_filter=FlowFilter(name=FlowFilterName(any_=[FLOW])),
                flow_run_filter=FlowRunFilter(
                    state=FlowRunFilterState(
                        type=FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.CANCELLING])
                    )
                ),
                limit=_MOST,
            )
            for flow_run in found:
                run = await ledger.run_of(str(flow_run.id)) if str(flow_run.id) != but else None
                if run is None or run.worker is not None or (not nobody_runs and _just_ended(run)):
                    continue
                await client.set_flow_run_state(flow_run.id, truth(run), force=True)
                await client.update_flow_run(flow_run.id, name=other_name(run.route, _outcome(run)))
                log.warning(
                    "the flow run %s is not running any more: the run %s is %s", flow_run.name, run.id, run.state
                )
                ended.append(str(flow_run.id))
    except Exception as error:  # noqa: BLE001 -- whatever Prefect's client raises; a run is no worse for another one's state
        log.warning("what became of earlier flow runs could not be looked after: %s", type(error).__name__)
    return ended


def _just_ended(run: RunRow) -> bool:
    """Say whether the process may still be about to tell how its run went."""
    return run.ended_at is not None and datetime.now(UTC) - run.ended_at < _SOON


def truth(run: RunRow) -> State[object]:
    """Return how a run has ended that did not say so itself, by what the ledger knows of it."""
    if run.state != "finished":
        return Crashed(message="its process ended without a word; the next run of its route takes its work over")
    words = f"Prefect was not told when it ended; the ledger says: {run.note or _outcome(run)}"
    return state_of(run.counts.get("exit_code", int(not run.complete)), words)


def _outcome(run: RunRow) -> str:
    return in_counts(run.counts) if run.state == "finished" else "died"
