"""Any REST API as a destination, described by the operator in a file: how it is set up and opened."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from pydantic import Field, SecretStr, model_validator

from connectors.auth import Basic, ClientCredentials
from connectors.contract import Connection
from connectors.declarations import read_streams
from connectors.http import Api
from connectors.rest.auth import Header
from connectors.rest.declared import ApiStream
from connectors.rest.destination import Objects
from connectors.settings import ConnectionSettings, HttpsUrl

if TYPE_CHECKING:
    import httpx

    from connectors.auth import Auth, TokenStore
    from connectors.memory import Memory

__all__ = ["Settings", "connect"]


class Settings(ConnectionSettings):
    """One account at one API. Exactly one way to log in is set; `none` has to be said.

    `checked` names documents whose fate a person has looked up, with commas: `key` alone was not there and is sent
    again, `key=id` is there under this id. Only streams that say `unsettled: hold` need it.
    """

    streams: str
    token: SecretStr | None = None
    username: str | None = None
    password: SecretStr | None = None
    api_key: SecretStr | None = None
    api_key_header: str = "X-API-Key"
    client_id: str | None = None
    client_secret: SecretStr | None = None
    token_url: HttpsUrl | None = None
    login: str = ""
    settle_seconds: float = Field(default=120.0, ge=0)
    checked: str = ""

    @model_validator(mode="after")
    def _one_login(self) -> Self:
        whole: dict[str, list[object]] = {
            "TOKEN": [self.token],
            "USERNAME and PASSWORD": [self.username, self.password],
            "API_KEY": [self.api_key],
            "CLIENT_ID, CLIENT_SECRET and TOKEN_URL": [self.client_id, self.client_secret, self.token_url],
        }
        begun = [words for words, parts in whole.items() if any(part is not None for part in parts)]
        if len(begun) > 1:
            raise ValueError(f"two ways to log in are set ({'; '.join(begun)}); keep one")
        if not begun and self.login != "none":
            raise ValueError(f"no way to log in is set: {'; or '.join(whole)}; or LOGIN=none")
        if begun and any(part is None for part in whole[begun[0]]):
            raise ValueError(f"only a part of {begun[0]} is set")
        return self


async def connect(
    name: str,
    settings: Settings,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    token_store: TokenStore | None = None,
    memory: Memory | None = None,  # noqa: ARG001 -- nothing has to be remembered; all providers are opened alike
) -> Connection:
    """Open an account. Nothing is sent before the first call. Raises SettingsError if the declarations are wrong."""
    declared = read_streams(name, settings.streams, ApiStream)
    api = Api(name, settings.base_url, _auth(settings, token_store), limits=settings.limits(), transport=transport)
    settle = timedelta(seconds=settings.settle_seconds)
    checked = _checked(settings.checked)
    streams = {stream: Objects(api, one, settle, checked) for stream, one in declared.items()}

    async def check() -> str:
        for stream, objects in streams.items():
            if await objects.look_for_nobody():
                return f"{name}: the credentials work; a look-up in {stream} was answered as declared"
        return f"{name}: it answers; no stream declares find, so the credentials were not tried"

    return Connection(name, {}, streams, check, api.close, api)


def _auth(settings: Settings, store: TokenStore | None) -> Auth:
    if settings.token is not None:
        return Header("authorization", f"Bearer {settings.token.get_secret_value()}")
    if settings.api_key is not None:
        return Header(settings.api_key_header, settings.api_key.get_secret_value())
    if settings.username is not None and settings.password is not None:
        return Basic(settings.username, settings.password.get_secret_value())
    if settings.client_id is not None and settings.client_secret is not None and settings.token_url is not None:
        secret = settings.client_secret.get_secret_value()
        return ClientCredentials(settings.token_url, settings.client_id, secret, store=store)
    return Header("x-requested-with", "docferry")


def _checked(text: str) -> dict[str, str | None]:
    """Return what a person has found out, by delivery key: an id, or None for "not there"."""
    parts = (part.strip().partition("=") for part in text.split(",") if part.strip())
    return {key: found or None for key, _, found in parts}
