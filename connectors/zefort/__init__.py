"""Zefort, a contract management service, as a destination: how an account is set up and opened."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import Field, SecretStr

from connectors.auth import Basic
from connectors.contract import Connection, Forgetful
from connectors.http import Api
from connectors.settings import ConnectionSettings, HttpsUrl
from connectors.urls import is_loopback
from connectors.zefort import client as paths
from connectors.zefort.client import ZefortClient
from connectors.zefort.destination import Contracts

if TYPE_CHECKING:
    import httpx

    from connectors.auth import TokenStore
    from connectors.contract import Memory

__all__ = ["Settings", "connect"]


class Settings(ConnectionSettings):
    """One Zefort account. `docai_skip` lists with commas what the AI must leave alone besides what the route sets."""

    base_url: HttpsUrl = "https://my.zefort.com/api/"
    api_key: SecretStr
    page_size: int = Field(default=50, ge=1, le=500)
    settle_seconds: float = Field(default=120.0, ge=0)
    docai_skip: str = ""


async def connect(
    name: str,
    settings: Settings,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    token_store: TokenStore | None = None,  # noqa: ARG001 -- an API key needs none; all providers are opened alike
    memory: Memory | None = None,
) -> Connection:
    """Open an account. Nothing is sent before the first call."""
    # No limits are published: five requests a second and two at a time are what the facts hold to be safe.
    limits = settings.limits(rate=5.0)
    if "max_concurrency" not in settings.model_fields_set and not is_loopback(settings.base_url):
        limits = replace(limits, concurrency=2)
    api = Api(
        name, settings.base_url, Basic(settings.api_key.get_secret_value(), ""), limits=limits, transport=transport
    )
    client = ZefortClient(api, settings.page_size)
    skip = [word for part in settings.docai_skip.split(",") if (word := part.strip())]
    contracts = Contracts(client, timedelta(seconds=settings.settle_seconds), memory or Forgetful(), skip)

    async def check() -> str:
        seen = await client.page(paths.CONTRACTS, 1, {"receive_time": "today-2d-"}, size=1)
        count = "an unknown number of" if seen.count is None else str(seen.count)
        return f"{name}: the key works; it sees {count} contracts of the last days"

    return Connection(name, {}, {"contracts": contracts}, check, api.close, lambda: api.requests)
