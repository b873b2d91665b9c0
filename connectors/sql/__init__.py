"""A database as a destination, one row per document: how it is set up and opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import SecretStr  # noqa: TC002 -- pydantic reads the annotation when the class is made

from connectors.anything import AnyStream
from connectors.contract import Connection
from connectors.declarations import read_streams
from connectors.learning import Declaration
from connectors.settings import ConnectionSettings, HttpsUrl
from connectors.sql.database import Database
from connectors.sql.declared import TableStream
from connectors.sql.destination import Rows
from connectors.traffic import Unpaced

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping

    import httpx

    from connectors.auth import TokenStore
    from connectors.contract import Destination
    from connectors.memory import Memory

__all__ = ["Settings", "connect"]


class Settings(ConnectionSettings):
    """One database. `url` is SQLAlchemy's, with the password in it, and so secret as a whole.

    `streams` names a file of declarations; without one a stream is the table of that name, and its key `key_column`.
    """

    base_url: HttpsUrl = "https://not.used.invalid"  # every connection has one; here `url` takes its place
    url: SecretStr
    streams: str | None = None
    key_column: str = "docferry_key"


async def connect(
    name: str,
    settings: Settings,
    *,
    transport: httpx.AsyncBaseTransport | None = None,  # noqa: ARG001 -- all providers are opened alike
    token_store: TokenStore | None = None,  # noqa: ARG001 -- same
    memory: Memory | None = None,  # noqa: ARG001 -- same
) -> Connection:
    """Open a database. Nothing is sent before the first call.

    Raises SettingsError: the address cannot be understood, its driver is not installed, the declarations are wrong.
    """
    database = Database(name, settings.url.get_secret_value())
    streams: Mapping[str, Destination]
    if settings.streams:
        declared = read_streams(name, settings.streams, TableStream)
        streams = {stream: Rows(database, one, stream, settings.key_column) for stream, one in declared.items()}
    else:
        streams = AnyStream(lambda stream: Rows(database, TableStream(), stream, settings.key_column))

    async def declares(used: Collection[str]) -> AsyncIterator[Declaration]:
        for stream in dict.fromkeys([*streams, *(one for one in used if one in streams)]):
            schema = streams[stream].schema
            known = {} if "x-account" in schema else schema
            yield Declaration(stream, known, f"{'the' if known else 'no'} table of {name}.{stream}")

    async def check() -> str:
        return f"{name}: {await database.check()}"

    return Connection(
        name, {}, streams, check, database.close, Unpaced(lambda: database.transactions), declares=declares
    )
