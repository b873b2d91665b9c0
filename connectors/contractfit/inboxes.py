"""Which inbox is meant: an id is taken at its word, a name is looked up, and with one inbox only none need be named."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.errors import ConnectorError

if TYPE_CHECKING:
    from connectors.contractfit.client import ContractfitClient

_ID = re.compile(r"[0-9a-fA-F]{24}")


class Inboxes:
    """The inboxes of one account. `chosen` is the setting: an id, an exact name, or empty."""

    def __init__(self, client: ContractfitClient, chosen: str) -> None:
        self._client = client
        self._chosen = chosen
        self._known: dict[str, str] = {}

    async def chosen(self) -> str:
        """Return the id of the inbox that the setting names. ConnectorError: there is none, or more than one."""
        return await self.named(self._chosen)

    async def named(self, wanted: str) -> str:
        """Return the id of an inbox by its id or exact name. ConnectorError: there is none, or more than one."""
        if _ID.fullmatch(wanted):
            return wanted
        if wanted not in self._known:
            listed = await self._client.inboxes()
            found = {inbox.id for inbox in listed if not wanted or wanted in {inbox.id, inbox.name}}
            connection = self._client.api.connection
            if len(found) != 1:
                about = f"called {wanted!r}" if wanted else "to choose from, and none is set"
                words = f"{connection}: there are {len(found)} inboxes {about}; set the inbox to the id of one"
                raise ConnectorError(words, connection=connection)
            self._known[wanted] = found.pop()
        return self._known[wanted]
