"""The end of a run while Prefect's server is away: the process ends now, and the next run tells the server by the ledger.

Left to itself, Prefect's engine would offer the state for more than a minute, and then, because that has failed, offer *Failed* for
another one: a server that comes back by then would be told that of a run that went well. Its workers try each line and each
event again for as long before the process may end.
"""

from __future__ import annotations

import logging
from typing import Any

from prefect.events.clients import NullEventsClient
from prefect.events.worker import EventsWorker
from prefect.exceptions import Abort
from prefect.logging.handlers import APILogWorker, set_api_log_sink

log = logging.getLogger("docferry")


def nobody_to_tell() -> Abort:
    """Give up what the server was still to be told, and return what ends the flow run without a word; raise that.

    Whoever started the process takes it for ended, not for crashed: exit code 0. Only for a run that the ledger has as ended.
    """
    log.warning("Prefect's server does not answer: a later run tells it, by the ledger, how this one ended")
    workers = (APILogWorker.instance(), EventsWorker.instance())
    set_api_log_sink(_dropped)
    EventsWorker.set_client_override(NullEventsClient)
    for worker in workers:
        # Prefect has no public way to end one without its work.
        loop, task = worker._loop, worker._task  # noqa: SLF001 -- see above
        if loop is not None and task is not None:
            loop.call_soon_threadsafe(task.cancel)
    return Abort("Prefect's server does not answer")


def _dropped(_line: dict[str, Any]) -> None:
    """Take a line that nobody would get."""
