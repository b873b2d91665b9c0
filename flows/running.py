"""Runs a route from start to end as the doors need it: settings, state, connections, progress, Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, TypeVar

from connectors.secrets import hide
from flows.engine import sync
from flows.phases import Phase, plainly
from flows.preview import preview
from flows.renamed import warn_of_another_name
from flows.routes import open_route, route_file
from flows.selection import ALL_DUE
from flows.tokens import vault
from state.database import password
from state.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from flows.selection import Selection
    from flows.settings import Gateway
    from flows.tally import Report, Tally
    from state.care import Care

log = logging.getLogger("docferry")
T = TypeVar("T")
_SOON = 2.0
"""Seconds that a lock may take without a word."""


async def run_route(
    gateway: Gateway,
    name: str,
    *,
    asked: Selection = ALL_DUE,
    dry_run: bool = False,
    tally: Tally | None = None,
    stop: asyncio.Event | None = None,
    phase: Phase = plainly,
) -> Report:
    """Run a route once and return its report.

    Raises SettingsError or RouteError (correct the input), RouteBusyError (another run is active) and StateError.
    """
    route_file(gateway, name)  # a slip of the hand makes no ledger
    async with open_ledger(gateway) as ledger, open_route(gateway, name, ledger) as opened:
        await warn_of_another_name(ledger, gateway.mappings, name)
        if dry_run:
            return await preview(opened, ledger, policy=gateway.policy, tally=tally, asked=asked)
        with contextlib.ExitStack() as waiting:
            waiting.enter_context(telling_of_a_lock())

            async def begun(phase_name: str, work: Callable[[], Awaitable[T]], /) -> T:
                waiting.close()  # a phase begins once the route is ours, and that is written down
                return await phase(phase_name, work)

            return await sync(
                opened,
                ledger,
                policy=gateway.policy,
                tally=tally,
                asked=asked,
                stop=stop,
                phase=begun,
            )


@contextlib.asynccontextmanager
async def open_ledger(gateway: Gateway) -> AsyncIterator[Ledger]:
    """Open the state and close it again."""
    _hide_secrets(gateway)
    # Old tables, or none, take a while without anybody's lock.
    with telling_of_a_lock("opening the ledger takes long: its tables are being made or upgraded, or"):
        ledger = await Ledger.open(gateway.state_url, vault=vault(gateway), retention=gateway.retention)
    try:
        yield ledger
    finally:
        await ledger.close()


def care_of(gateway: Gateway, *, patience: float = 30.0) -> Care:
    """Open the door for looking after the state, which waits for others' locks for `patience` seconds.

    Raises SettingError, or StateError if its folder cannot be made.
    """
    from state.care import Care  # noqa: PLC0415 -- no run needs what it loads

    _hide_secrets(gateway)
    return Care(gateway.state_url, vault=vault(gateway), patience=patience)


def _hide_secrets(gateway: Gateway) -> None:
    """Have the keys, and the password in the state's address, masked wherever text leaves the process."""
    for key in gateway.keys.get_secret_value().split(","):
        hide(key.strip())
    hide(password(gateway.state_url))


@contextlib.contextmanager
def telling_of_a_lock(begins: str = "waiting for the ledger:") -> Iterator[None]:
    """Say on the log why nothing may be happening, if what needs the state's write lock is not done soon.

    Who keeps it waiting cannot be told from here, and a machine under load is slow without any lock.
    """
    loop = asyncio.get_running_loop()
    words = (
        f"{begins} another program may be writing to it or have it open (a backup, a database browser), its "
        "server may not answer, or this machine is busy"
    )
    saying = loop.call_later(_SOON, log.warning, words)
    try:
        yield
    finally:
        saying.cancel()
