"""Example, an archive that exists only as its sandbox, as source and destination: how an account is set up and opened."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import Field, SecretStr

from connectors.auth import Basic
from connectors.contract import Connection
from connectors.example.client import ExampleClient
from connectors.example.destination import Records  # destination only
from connectors.example.models import READY
from connectors.example.source import Documents  # source only
from connectors.http import Api
from connectors.settings import ConnectionSettings, HttpsUrl

if TYPE_CHECKING:
    import httpx

    from connectors.auth import TokenStore
    from connectors.memory import Memory

__all__ = ["Settings", "connect"]


class Settings(ConnectionSettings):
    """One account. `settle_seconds` is how long lists may run behind a write before it is made again."""

    base_url: HttpsUrl
    username: str
    password: SecretStr
    page_size: int = Field(default=50, ge=1, le=50)  # source only
    settle_seconds: float = Field(default=120.0, ge=0)


async def connect(
    name: str,
    settings: Settings,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    token_store: TokenStore | None = None,  # noqa: ARG001 -- there are no tokens; all providers are opened alike
    memory: Memory | None = None,  # noqa: ARG001 -- nothing has to be remembered; all providers are opened alike
) -> Connection:
    """Open an account. Nothing is sent before the first call."""
    auth = Basic(settings.username, settings.password.get_secret_value())
    api = Api(name, settings.base_url, auth, limits=settings.limits(rate=5.0), transport=transport)
    client = ExampleClient(api)
    settle = timedelta(seconds=settings.settle_seconds)

    async def check() -> str:
        await client.documents(READY, "", 1)
        return f"{name}: the credentials work; the list of documents was answered"

    return Connection(
        name,
        sources={
            "documents": Documents(client, settings.page_size, settle),  # source only
        },
        destinations={
            "documents": Records(client, settle),  # destination only
        },
        check=check,
        close=api.close,
        traffic=api,
    )
