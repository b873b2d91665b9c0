"""Knows which providers there are and opens a named account at one of them."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, cast

import connectors
from connectors.settings import ConnectionSettings, HttpsUrl, SettingsError, variable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import ModuleType

    import httpx

    from connectors.auth import TokenStore
    from connectors.contract import Connection
    from connectors.memory import Memory
    from connectors.places import Place


class _Choice(ConnectionSettings):
    """Only which provider a connection belongs to."""

    base_url: HttpsUrl = "https://provider.invalid"


@cache
def providers() -> Mapping[str, ModuleType]:
    """Return the packages of connectors that can be connected to, by provider name."""
    modules = {name: importlib.import_module(f"connectors.{name}") for name in _packages()}
    return {name: module for name, module in modules.items() if hasattr(module, "connect")}


def _packages() -> tuple[str, ...]:
    return tuple(sorted(module.name for module in pkgutil.iter_modules(connectors.__path__) if module.ispkg))


def provider_of(name: str, env_file: str | Path | None = ".env") -> ModuleType:
    """Return the package that the account `name` belongs to. Raises SettingsError if there is no such provider."""
    chosen = _Choice.load(name, env_file).provider
    wanted = chosen or name
    if wanted in _packages():  # a run loads what it needs, and not the others
        module = importlib.import_module(f"connectors.{wanted}")
        if hasattr(module, "connect"):
            return module
    raise SettingsError(_unknown(name, chosen, providers()))


async def open_connection(
    name: str,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    token_store: TokenStore | None = None,
    memory: Memory | None = None,
    env_file: str | Path | None = ".env",
    further: Sequence[Place] = (),
) -> Connection:
    """Open the account `name`. Its provider is `<NAME>_PROVIDER`, or the one of the same name.

    `further` are places that its settings may be in besides the environment and files, which come first. Raises SettingsError if there is no such provider or a setting of it is missing or wrong.
    """
    module = provider_of(name, env_file)
    settings = module.Settings.load(name, env_file, further=further)
    opened = await module.connect(name, settings, transport=transport, token_store=token_store, memory=memory)
    return replace(cast("Connection", opened), page_url=settings.page_url)


def _unknown(name: str, chosen: str | None, known: Mapping[str, ModuleType]) -> str:
    wanted = chosen or name
    near = difflib.get_close_matches(wanted, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known) or 'none'}."
    setting = variable(name, "provider")
    if chosen:
        return f"{setting} is {chosen}, but there is no such provider; {hint}"
    return f"there is no provider {wanted}; {hint} For a further account set {setting} to its provider's name"
