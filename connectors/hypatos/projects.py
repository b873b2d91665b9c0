"""Which project a document goes to: found by id or name, read once, and believed where projects cannot be listed."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from connectors.errors import AccessError, NoSuchCallError, RejectedError
from connectors.settings import variable

if TYPE_CHECKING:
    from connectors.contract import Fields
    from connectors.hypatos.client import HypatosClient

log = logging.getLogger(__name__)

UNAUTHORIZED = 401
_PAGES = 20
_LIMIT = 50


class Projects:
    """The projects of one account as this process knows them. `default` is the connection's own, by id or name."""

    def __init__(self, client: HypatosClient, default: str | None) -> None:
        self._client = client
        self.default = default
        self._ids: dict[str, str] = {}
        self._lock = asyncio.Lock()

    def named(self, payload: Fields, wanted: str | None) -> str:
        """Return what names the project: the payload, or else the connection's setting.

        AccessError: neither does, so no document of the route can get through before a person sets one. RejectedError:
        the route writes one, and this document has none for it.
        """
        name = wanted or self.default
        if name is not None:
            return name
        connection = self._client.api.connection
        setting = variable(connection, "projects")
        if "project" in payload:
            raise RejectedError(f"`project` is empty, and {setting} names no other", connection=connection)
        raise AccessError(
            f"{connection}: nothing says which project documents go to; set {setting} (the first one takes them), or let "
            "the route write `project`",
            connection=connection,
        )

    async def resolve(self, name: str) -> str:
        """Return a project's id. RejectedError: there is none of that id or name, or two of that name."""
        async with self._lock:
            if name not in self._ids:
                self._ids[name] = await self._find(name)
        return self._ids[name]

    async def _find(self, name: str) -> str:
        try:
            known = await self._list(name)
        except (RejectedError, NoSuchCallError, AccessError) as error:
            if error.status == UNAUTHORIZED:
                raise
            log.warning("projects cannot be listed, so what the route names is taken for an id: %s", error)
            return name
        if name in known:
            return name
        named = [project_id for project_id, title in known.items() if title == name]
        named = named or [project_id for project_id, title in known.items() if title.casefold() == name.casefold()]
        if len(named) != 1:
            how_many = "no project" if not named else f"{len(named)} projects"
            raise RejectedError(
                f"hypatos has {how_many} of the id or name that `project` gives", connection=self._client.api.connection
            )
        return named[0]

    async def _list(self, name: str) -> dict[str, str]:
        """Return id and name of the projects that a search for this finds."""
        found: dict[str, str] = {}
        for page in range(_PAGES):
            rows = await self._client.find_projects(name, page * _LIMIT, _LIMIT)
            if not rows.keys() - found.keys():
                break
            found |= rows
        return found
