"""Opens accounts with everything that flows know of: settings from further places, kept tokens, memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import SecretStr

from connectors.places import Place
from connectors.registry import open_connection, provider_of
from flows.block_place import block_place
from flows.memory import LedgerMemory
from flows.tokens import token_store

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

    from connectors.contract import Connection
    from flows.settings import Gateway
    from state.ledger import Ledger

VAULT = "the vault"


async def open_account(
    gateway: Gateway,
    ledger: Ledger | None,
    name: str,
    *,
    further: Sequence[Place] | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Connection:
    """Open the account `name`. `further` are its further places, if they have been looked into already.

    With a ledger and a key, access tokens outlive the run. Raises SettingsError and StateError. `transport` replaces the
    network, for tests.
    """
    return await open_connection(
        name,
        transport=transport,
        token_store=token_store(gateway, ledger, name) if ledger else None,
        memory=LedgerMemory(ledger, name, gateway.lease) if ledger else None,
        further=await further_places(ledger, name) if further is None else further,
    )


async def further_places(ledger: Ledger | None, name: str) -> list[Place]:
    """Look where settings may be besides the environment and files: in the vault, then in the Prefect block of the name.

    Raises SettingsError if there is no such provider, StateError if the ledger cannot be read.
    """
    module = provider_of(name)
    found = [await _vault(ledger, name)] if ledger else []
    block = await block_place(module.__name__.rpartition(".")[2], name, module.Settings)
    return [*found, block] if block else found


async def _vault(ledger: Ledger, name: str) -> Place:
    if ledger.credentials.locked:
        return Place("no vault: DOCFERRY_KEYS is not set", {})
    kept = await ledger.credentials.of(name)
    return Place(VAULT, {setting: None if text is None else SecretStr(text) for setting, text in kept.items()})
