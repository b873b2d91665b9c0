"""Gives a flow run the name that says how it ended, on whatever list of runs it stands."""

from __future__ import annotations

import asyncio
import logging

import httpx
from prefect import get_client
from prefect.context import get_run_context

log = logging.getLogger("docferry")
_PATIENCE = 10.0
"""Seconds that Prefect's server may take for it."""


async def name_flow_run(name: str) -> bool:
    """Rename the flow run that is active here; return False if the server does not answer.

    It never fails: a run is no worse for its name.
    """
    try:
        flow_run = getattr(get_run_context(), "flow_run", None)
        if flow_run is not None:
            async with asyncio.timeout(_PATIENCE), get_client() as client:
                await client.update_flow_run(flow_run.id, name=name)
    except Exception as error:  # noqa: BLE001 -- whatever Prefect's client raises
        log.warning("the flow run keeps its name on Prefect's page: %s", type(error).__name__)
        return not isinstance(error, TimeoutError | httpx.TransportError)
    return True
