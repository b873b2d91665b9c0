"""Contract.fit, a document processing service, as source and destination: how an account is set up and opened."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from connectors.auth import Basic
from connectors.auth_keys import ApiKey, JsonLogin
from connectors.contract import Connection
from connectors.contractfit import destination, source
from connectors.contractfit.client import LOGIN, ContractfitClient
from connectors.contractfit.feedback import Teller
from connectors.contractfit.inboxes import Inboxes
from connectors.contractfit.listing import Lister, Window
from connectors.contractfit.status import Status
from connectors.http import Api
from connectors.settings import ConnectionSettings
from connectors.urls import is_loopback

if TYPE_CHECKING:
    import httpx

    from connectors.auth import Auth, TokenStore
    from connectors.memory import Memory

__all__ = ["Settings", "connect"]


class Settings(ConnectionSettings):
    """One Contract.fit account: a key, or user and password. `triggers` lists with commas what makes a result usable."""

    username: str | None = None
    password: SecretStr | None = None
    api_key: SecretStr | None = Field(default=None, validate_default=True)
    login: Literal["token", "basic"] = "token"
    inbox: str = ""
    triggers: str = "done,submitted,processed"
    custom_output: bool = False
    sweep_days: int = Field(default=30, ge=2)
    page_size: int = Field(default=50, ge=1, le=500)
    verify_within: float = Field(default=5.0, ge=0)
    settle_seconds: float = Field(default=120.0, ge=0)

    @field_validator("triggers")
    @classmethod
    def _known(cls, value: str) -> str:
        names = _items(value)
        if not names or (unknown := sorted(set(names) - set(Status))):
            wrong = f"{unknown[0]!r} is no status" if names else "it is empty"
            raise ValueError(f"{wrong}; there are {', '.join(Status)}")
        return value

    @field_validator("api_key")
    @classmethod
    def _one_way_in(cls, value: SecretStr | None, seen: ValidationInfo) -> SecretStr | None:
        if value is None and not (seen.data.get("username") and seen.data.get("password")):
            raise ValueError("it is not set, and neither are both user name and password")
        return value


async def connect(
    name: str,
    settings: Settings,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    token_store: TokenStore | None = None,
    memory: Memory | None = None,  # noqa: ARG001 -- nothing has to be remembered; all providers are opened alike
) -> Connection:
    """Open an account. Nothing is sent before the first call."""
    # No limits are published: two requests a second and four at a time are what the facts hold to be safe.
    limits = settings.limits(rate=2.0)
    if "max_concurrency" not in settings.model_fields_set and not is_loopback(settings.base_url):
        limits = replace(limits, concurrency=4)
    api = Api(name, settings.base_url, _auth(settings, token_store), limits=limits, transport=transport)
    client = ContractfitClient(api)
    inboxes, lister = Inboxes(client, settings.inbox), Lister(client, settings.page_size)
    settle = timedelta(seconds=settings.settle_seconds)
    documents = source.Documents(
        client,
        inboxes,
        lister,
        Teller(client, watch=settings.verify_within, settle=settle),
        {Status(item) for item in _items(settings.triggers)},
        sweep_days=settings.sweep_days,
        custom_output=settings.custom_output,
    )
    uploads = destination.Documents(client, inboxes, lister, settle)

    async def check() -> str:
        inbox = await inboxes.chosen()
        listing = await lister.page(inbox, Window(), 1)
        found = "an unknown number of" if listing.total is None else str(listing.total)
        return f"{name}: the credentials work; inbox {inbox} holds {found} documents"

    return Connection(name, {"documents": documents}, {"documents": uploads}, check, api.close, api)


def _auth(settings: Settings, store: TokenStore | None) -> Auth:
    if settings.api_key is not None:
        return ApiKey("x-api-key", settings.api_key.get_secret_value())
    username, password = settings.username or "", settings.password.get_secret_value() if settings.password else ""
    if settings.login == "basic":
        return Basic(username, password)
    url = f"{settings.base_url.rstrip('/')}/{LOGIN}"
    return JsonLogin(url, username, password, answers="authentication_token", store=store)


def _items(text: str) -> list[str]:
    return [item for part in text.split(",") if (item := part.strip())]
