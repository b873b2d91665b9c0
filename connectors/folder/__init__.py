"""A folder, local or at an object store, as a destination: how it is set up and opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
from pydantic import SecretStr, field_validator

from connectors.anything import AnyStream
from connectors.contract import Connection
from connectors.folder.destination import Folders
from connectors.folder.drivers import PUTTING, filesystem
from connectors.folder.local import LocalPlace
from connectors.folder.remote import RemotePlace
from connectors.secrets import hide
from connectors.settings import ConnectionSettings, HttpsUrl
from connectors.traffic import Unpaced

if TYPE_CHECKING:
    import httpx

    from connectors.auth import TokenStore
    from connectors.folder.place import Place
    from connectors.memory import Memory

__all__ = ["Settings", "connect"]


class Settings(ConnectionSettings):
    """One folder. `url` is a path, or an address such as s3://bucket/folder; the folder itself must exist.

    `title` is the payload's field (dots between names) that a document's folder is named by, besides the marker.
    `options` is a JSON object for the driver of an address (credentials, an endpoint).
    """

    base_url: HttpsUrl = "https://not.used.invalid"  # every connection has one; here `url` takes its place
    url: str
    title: str = "title"
    options: SecretStr = SecretStr("{}")

    @field_validator("options")
    @classmethod
    def _is_an_object(cls, value: SecretStr) -> SecretStr:
        try:
            msgspec.json.decode(value.get_secret_value(), type=dict[str, object])
        except msgspec.DecodeError:
            raise ValueError('must be a JSON object, such as {"endpoint_url": "https://s3.example.com"}') from None
        return value


_PUBLIC = frozenset({"username", "user", "host", "port", "endpoint_url", "region_name", "client_kwargs"})
"""Options that are no secrets. A user is often called as plainly as this program, and masked, no sentence could be read."""


async def connect(
    name: str,
    settings: Settings,
    *,
    transport: httpx.AsyncBaseTransport | None = None,  # noqa: ARG001 -- all providers are opened alike
    token_store: TokenStore | None = None,  # noqa: ARG001 -- same
    memory: Memory | None = None,  # noqa: ARG001 -- same
) -> Connection:
    """Open a folder. Nothing is read or written before the first call.

    Raises SettingsError if the driver that an address needs is not installed.
    """
    place = _place(name, settings)
    streams = AnyStream(lambda stream: Folders(place, stream, settings.title.split(".")))

    async def check() -> str:
        return f"{name}: {await place.check()}"

    async def close() -> None:
        return None

    return Connection(name, {}, streams, check, close, Unpaced(lambda: place.calls))


def _place(name: str, settings: Settings) -> Place:
    scheme, _, rest = settings.url.partition("://")
    if not rest:
        return LocalPlace(name, Path(settings.url).expanduser())
    if scheme in {"file", "local"}:
        return LocalPlace(name, Path(rest))
    hide(urlsplit(settings.url).password or "")
    options: dict[str, object] = msgspec.json.decode(settings.options.get_secret_value())
    for option, value in options.items():
        if isinstance(value, str) and option not in _PUBLIC:
            hide(value)
    opening, root = filesystem(name, settings.url, options)
    renames, at_once = scheme in RemotePlace.RENAMING, settings.max_concurrency
    return RemotePlace(name, opening, root, renames=renames, at_once=at_once, putting=PUTTING.get(scheme))
