"""Hypatos, a document capture service, as source and destination: how an account is set up and opened."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urljoin

from pydantic import AfterValidator, Field, SecretStr

from connectors.auth import ClientCredentials
from connectors.contract import Connection
from connectors.http import Api
from connectors.hypatos.client import HypatosClient
from connectors.hypatos.declared import declares
from connectors.hypatos.destination import Intake
from connectors.hypatos.enrichment import Records
from connectors.hypatos.resources import RESOURCES
from connectors.hypatos.source import Documents, Patience
from connectors.settings import ConnectionSettings, HttpsUrl, SettingsError, UrlPath
from connectors.urls import is_loopback

if TYPE_CHECKING:
    import httpx

    from connectors.auth import TokenStore
    from connectors.contract import Destination
    from connectors.memory import Memory

__all__ = ["Settings", "connect"]


def _not_only_commas(text: str) -> str:
    # Without this a slip of the hand would read all projects there are.
    if text and not _items(text):
        raise SettingsError("names nothing between its commas; leave the setting out for the default")
    return text


def _items(text: str) -> list[str]:
    return [item for part in text.split(",") if (item := part.strip())]


Items = Annotated[str, AfterValidator(_not_only_commas)]
"""A list written with commas. What is not set keeps its default."""


class Settings(ConnectionSettings):
    """One Hypatos account. Lists are written with commas; an empty `projects` means all that the client may see.

    As a destination the first of the `projects` takes what a route sends without naming one.
    """

    base_url: HttpsUrl = "https://api.cloud.hypatos.ai/v2"
    client_id: SecretStr
    client_secret: SecretStr
    projects: Items = ""
    states: Items = "done,doneAutomatically"
    token_path: UrlPath = "/auth/token"  # noqa: S105 -- a path; the reference prints it with and without the version in front
    page_size: int = Field(default=50, ge=2, le=50)
    verify_within: float = Field(default=30.0, ge=0)
    settle_seconds: float = Field(default=120.0, ge=0)
    cases: bool = False


async def connect(
    name: str,
    settings: Settings,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    token_store: TokenStore | None = None,
    memory: Memory | None = None,  # noqa: ARG001 -- nothing has to be remembered; all providers are opened alike
) -> Connection:
    """Open an account. Nothing is sent before the first call."""
    auth = ClientCredentials(
        settings.base_url.rstrip("/") + settings.token_path,
        settings.client_id.get_secret_value(),
        settings.client_secret.get_secret_value(),
        # The reference prints the path with and without the version in front.
        other_url=urljoin(settings.base_url, settings.token_path),
        store=token_store,
    )
    # The real quota is not published: five a second is safe; the answers' own headers may slow it down further.
    limits = settings.limits(rate=5.0)
    if "max_concurrency" not in settings.model_fields_set and not is_loopback(settings.base_url):
        limits = replace(limits, concurrency=8)
    api = Api(name, settings.base_url, auth, limits=limits, transport=transport)
    client = HypatosClient(api, _items(settings.states), _items(settings.projects))
    patience = Patience(watch=settings.verify_within, settle=settings.settle_seconds)
    documents = Documents(client, page_size=settings.page_size, patience=patience)

    async def check() -> str:
        listing = await client.documents(0, 1)
        found = listing.total if listing.total is not None else len(listing.rows)
        return f"{name}: the credentials work; {found} documents are ready to be collected"

    projects = _items(settings.projects)
    intake = Intake(
        client,
        projects[0] if projects else None,
        timedelta(seconds=settings.settle_seconds),
        timedelta(seconds=settings.verify_within),
        cases=settings.cases,
    )
    destinations: dict[str, Destination] = {"documents": intake}
    destinations |= {name: Records(client, resource) for name, resource in RESOURCES.items()}
    return Connection(
        name,
        {"documents": documents},
        destinations,
        check,
        api.close,
        api,
        declares=partial(declares, client, projects),
    )
