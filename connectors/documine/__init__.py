"""DocuMine, a document analysis service, as source and destination: how an account is set up and opened."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import Field, SecretStr

from connectors.browser_login import BrowserLogin
from connectors.contract import Connection
from connectors.documine.client import DocumineClient
from connectors.documine.destination import Uploaded
from connectors.documine.packages import Packages
from connectors.documine.paths import Names
from connectors.documine.places import Places
from connectors.documine.source import Analysed
from connectors.documine.uploading import Uploads
from connectors.http import Api, quote
from connectors.memory import Forgetful
from connectors.oauth import Client, TokenChain
from connectors.settings import ConnectionSettings, HttpsUrl, variable
from connectors.urls import SettingsError, checked_url, is_loopback

if TYPE_CHECKING:
    import httpx

    from connectors.auth import TokenStore
    from connectors.memory import Memory

__all__ = ["Settings", "connect"]

_REALM = "/auth/realms/{workspace}/protocol/openid-connect/"


class Settings(ConnectionSettings):
    """One DocuMine workspace. `dossier` lists with commas when it is read from; the README tells what each one means."""

    base_url: HttpsUrl
    client_id: str
    client_secret: SecretStr | None = None
    username: str | None = None
    password: SecretStr | None = None
    workspace: str
    template: str
    dossier: str = ""
    auth_path: str = _REALM + "auth"
    token_path: str = _REALM + "token"
    redirect_uri: str = "http://127.0.0.1:8765/docferry"
    pkce: bool = True
    release: Literal["extracted", "released"] = "extracted"
    originals: Literal["package", "direct"] = "package"
    names: str = ""
    refuse: str = "csv,zip"
    max_upload_mb: int = Field(default=100, ge=1)
    poll_seconds: float = Field(default=2.0, gt=0, le=30)
    settle_seconds: float = Field(default=120.0, ge=0)


async def connect(
    name: str,
    settings: Settings,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    token_store: TokenStore | None = None,
    memory: Memory | None = None,
) -> Connection:
    """Open an account. Nothing is sent before the first call."""
    memory = memory or Forgetful()
    chain = _chain(name, settings, token_store, memory)
    limits = settings.limits(rate=4.0)
    if "max_concurrency" not in settings.model_fields_set and not is_loopback(settings.base_url):
        limits = replace(limits, concurrency=4)
    api = Api(name, _installation(settings), chain, limits=limits, transport=transport)
    client = DocumineClient(api, Names.load(settings.names))
    settle = timedelta(seconds=settings.settle_seconds)
    dossiers = _items(settings.dossier)
    places = Places(client, settings.template, dossiers, memory, settle)
    source = Analysed(
        client,
        places,
        Packages(client, settings.poll_seconds, settle),
        dossiers=dossiers,
        release=settings.release,
        direct=settings.originals == "direct",
    )
    uploads = Uploads(client, settle, [each.lower() for each in _items(settings.refuse)], settings.max_upload_mb << 20)
    # Of several dossiers none is the one to upload into: then the route has to name it.
    destination = Uploaded(client, places, uploads, dossiers[0] if len(dossiers) == 1 else "")

    async def check() -> str:
        seen = await client.templates()
        template = await places.template(in_force=False)
        usage = [f"{key} {value}" async for key, value in client.licence()]
        licence = f"; licence: {', '.join(usage)}" if usage else ""
        state = template.status or "no status"
        return f"{name}: the login works; it sees {len(seen)} templates, '{template.name}' is {state}{licence}"

    login = None
    if not settings.username:
        address = _address(settings, settings.auth_path)
        login = BrowserLogin(name, chain, address, settings.redirect_uri, pkce=settings.pkce)
    files = {"files": source}, {"files": destination}
    return Connection(name, *files, check, api.close, api, login)


def _chain(name: str, settings: Settings, store: TokenStore | None, memory: Memory) -> TokenChain:
    secret = settings.client_secret.get_secret_value() if settings.client_secret else None
    user = None
    if bool(settings.username) != bool(settings.password):
        both = f"{variable(name, 'username')} and {variable(name, 'password')}"
        raise SettingsError(f"{both} must be set together, or neither of them (then a person logs in)")
    if settings.username and settings.password:
        user = (settings.username, settings.password.get_secret_value())
    keys = "" if store else " (DOCFERRY_KEYS must be set, so that the login can be kept)"
    return TokenChain(
        Client(_address(settings, settings.token_path), settings.client_id, secret),
        user=user,
        advice=f"a person must log in again: run `docferry connect {name}`{keys}; nothing is lost, documents stay due",
        store=store,
        memory=memory,
        always={"X-TENANT-ID": settings.workspace},
    )


def _installation(settings: Settings) -> str:
    """Return the address of the installation, whether it was given with the API's own path or without."""
    return settings.base_url.rstrip("/").removesuffix("/api")


def _address(settings: Settings, path: str) -> str:
    """Complete the address of a login endpoint, which may be given in full. Raises SettingsError."""
    path = path.replace("{workspace}", quote(settings.workspace)).replace("{workspaceId}", quote(settings.workspace))
    return checked_url(path) if "://" in path else f"{_installation(settings)}/{path.lstrip('/')}"


def _items(text: str) -> list[str]:
    return [item for part in text.split(",") if (item := part.strip())]
