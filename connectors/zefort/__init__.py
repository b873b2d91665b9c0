"""Zefort, a contract management service, as source and destination: how an account is set up and opened."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from connectors.auth import Basic
from connectors.contract import Connection
from connectors.http import Api
from connectors.memory import Forgetful
from connectors.settings import ConnectionSettings, HttpsUrl
from connectors.urls import is_loopback
from connectors.zefort import client as paths
from connectors.zefort import models
from connectors.zefort.activities import Activities
from connectors.zefort.client import DOWNLOAD, SIGNED_DOWNLOAD, ZefortClient
from connectors.zefort.declared import declares
from connectors.zefort.destination import Contracts
from connectors.zefort.esigns import Esigns
from connectors.zefort.source import ContractDocuments

if TYPE_CHECKING:
    import httpx

    from connectors.auth import TokenStore
    from connectors.contract import Source
    from connectors.memory import Memory

__all__ = ["Settings", "connect"]


class Settings(ConnectionSettings):
    """One Zefort account. `docai_skip` lists with commas what the AI must leave alone besides what the route sets."""

    base_url: HttpsUrl = "https://my.zefort.com/api/"
    api_key: SecretStr
    page_size: int = Field(default=50, ge=1, le=500)
    settle_seconds: float = Field(default=120.0, ge=0)
    docai_skip: str = ""
    download_path: str = DOWNLOAD
    signed_download_path: str = SIGNED_DOWNLOAD
    sweep_hours: float = Field(default=6.0, ge=0)
    deadline_days: int = Field(default=30, ge=1, le=9999)

    @field_validator("download_path", "signed_download_path")
    @classmethod
    def _is_template(cls, value: str, info: ValidationInfo) -> str:
        owner = "contract" if info.field_name == "download_path" else "esign"
        try:
            filled = value.format(**{"id": "1", owner: "2"})
        except (KeyError, IndexError, ValueError):
            filled = value
        if filled == value or "{id}" not in value or ":" in value:
            raise ValueError(f"needs a path below the base address with {{id}} (and maybe {{{owner}}}) in it")
        return value


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
    client = ZefortClient(api, settings.page_size, settings.download_path, settings.signed_download_path)
    skip = [word for part in settings.docai_skip.split(",") if (word := part.strip())]
    kept, settle = memory or Forgetful(), timedelta(seconds=settings.settle_seconds)
    sources: dict[str, Source] = {
        "contracts": ContractDocuments(client, timedelta(hours=settings.sweep_hours), settle, kept),
        "esigns": Esigns(client),
        "activities": Activities(client, settings.deadline_days),
    }
    destinations = {"contracts": Contracts(client, settle, kept, skip)}

    async def check() -> str:
        seen = await client.page(paths.CONTRACTS, 1, {"receive_time": "today-2d-"})
        count = "an unknown number of" if seen.count is None else str(seen.count)
        return f"{name}: the key works; it sees {count} contracts of the last days{_warning(seen)}"

    return Connection(name, sources, destinations, check, api.close, api, declares=partial(declares, client))


def _warning(seen: models.Listing) -> str:
    """Say what a reader of contracts must know about rights: what a key may not see is missing without a word."""
    owners = {models.reference(row.get("owner")) for row in seen.rows}
    only_own = len(seen.rows) > 1 and len(owners) == 1
    hint = ", all of one owner" if only_own else ""
    return (
        f"{hint}. As a source it misses without a word what this key may not see: contracts in no binder are shown to "
        "their owner only, unless its user has the right 'Can manage all contracts and binders'"
    )
