"""What `docferry check` looks at of one account: where its settings are from, and one cheap call."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.errors import AccessError, ConnectorError
from connectors.registry import provider_of
from connectors.secrets import mask
from connectors.settings import SettingsError, variable
from flows.accounts import open_account
from flows.block_place import anybody_reads
from flows.findings import Finding
from flows.origins import origins, settings_of, unknown

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from connectors.places import Place
    from connectors.traffic import Traffic
    from flows.settings import Gateway
    from state.ledger import Ledger

_PATIENCE = 30
"""Seconds that a connection may take to answer one cheap call."""


async def check_account(
    gateway: Gateway, ledger: Ledger | None, name: str, connections: Collection[str], further: Sequence[Place]
) -> list[Finding]:
    """Look at one of the `connections` that are in use: first itself, then what somebody should know of its settings.

    `further` are the places of its settings that took asking.
    """
    what = f"connection {name}"
    try:
        settings = origins(name, further)
    except SettingsError as error:
        return [Finding(what, ok=False, says=str(error), exit_code=2)]
    told = replace(await _opened(gateway, ledger, name, further), settings=settings)
    odd = [Finding(what, ok=True, says=says, warning=True) for says in unknown(connections, further, name)]
    return [told, *odd, *await _in_the_open(name, further)]


async def _opened(gateway: Gateway, ledger: Ledger | None, name: str, further: Sequence[Place]) -> Finding:
    what = f"connection {name}"
    try:
        connection = await open_account(gateway, ledger, name, further=further)
    except SettingsError as error:
        return Finding(what, ok=False, says=f"{error}{_advice(name, str(error))}", exit_code=2)
    try:
        async with asyncio.timeout(_PATIENCE):
            return Finding(what, ok=True, says=(await connection.check()).removeprefix(f"{name}: "))
    except TimeoutError:
        return Finding(what, ok=False, says=_too_late(connection.traffic), exit_code=3)
    except AccessError as error:
        return Finding(
            what,
            ok=False,
            says=f"{mask(str(error)).rstrip('.')}. Renew the credentials or grant the right.",
            exit_code=3,
        )
    except ConnectorError as error:
        return Finding(what, ok=False, says=mask(str(error)), exit_code=3)
    finally:
        await connection.close()


def _too_late(traffic: Traffic) -> str:
    """Say what has happened instead of an answer: whether something is there that answers makes all the difference."""
    says = f"no usable answer within {_PATIENCE} s"
    if traffic.waited < 1:
        return f"{says}; is the address right, and is anything there?"
    return f"{says}: {traffic.requests} requests were answered with 'too many requests' (429) or an error, and waited to be made again"


def _advice(name: str, error: str) -> str:
    """Return where to put a secret that is not set, nothing if none is missing."""
    missing = [one for one in sorted(settings_of(name).secrets()) if f"{variable(name, one)} is not set" in error]
    return f"\nKeep it in the encrypted vault: docferry credentials set {name} {missing[0]}" if missing else ""


async def _in_the_open(name: str, further: Sequence[Place]) -> list[Finding]:
    """Warn of secrets in a Prefect block that whoever reaches Prefect's server can read."""
    secrets = settings_of(name).secrets()
    block = next((place for place in further if not place.guarded), None)
    kept = sorted(secrets & block.values.keys()) if block else []
    provider = provider_of(name).__name__.rpartition(".")[2]
    if block is None or not kept or not await anybody_reads(provider, name):
        return []
    says = (
        f"{block.name} holds {' and '.join(kept)}, and Prefect's server gives them to whoever reaches it, without a login; keep them "
        f"in the vault (docferry credentials set {name} {kept[0]}) and take them out of the block, see docs/credentials.md"
    )
    return [Finding(f"connection {name}", ok=True, says=says, warning=True)]
