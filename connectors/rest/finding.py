"""Looks an object up by its key, and proves first that the look-up can tell one key from another."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from connectors.errors import ConnectorError, GoneError
from connectors.http import quote
from connectors.rest.paths import as_id, parse, values

if TYPE_CHECKING:
    from connectors.http import Api
    from connectors.rest.declared import Find


class Finder:
    """The look-up of one stream."""

    def __init__(self, api: Api, declared: Find) -> None:
        self._api = api
        self._declared = declared
        self._proven = declared.key is not None

    async def find(self, key: str) -> str | None:
        """Return the id of the object with exactly this key, None if it is not found (yet)."""
        if not self._proven:
            await self.prove()
        return await self._find(key)

    async def prove(self) -> None:
        """Look for a key that nobody has. Raises ConnectorError if something is found: any object would be taken for any.

        An API may well ignore a parameter that it does not know, and list everything.
        """
        if await self._find(f"docferry-{uuid.uuid4()}") is not None:
            raise ConnectorError(
                f"{self._api.connection}: the look-up of {self._declared.path} finds something for a key that nobody has; "
                "correct its params, or declare find.key so that the right item can be told",
                connection=self._api.connection,
            )
        self._proven = True

    async def _find(self, key: str) -> str | None:
        declared = self._declared
        params = [(name, text.replace("{key}", key)) for name, text in declared.params.items()]
        try:
            answer = await self._api.call("GET", declared.path.replace("{key}", quote(key)), params=params or None)
        except GoneError as error:
            if "{key}" in declared.path:
                return None
            # A list has its address whatever is in it: this one is wrong, and "not there" would double the object.
            raise ConnectorError(
                f"{error}; correct find.path, or put {{key}} into it if the API says so where nothing is found",
                connection=self._api.connection,
                status=error.status,
            ) from error
        found = answer.json()
        ids = values(found, parse(declared.id))
        if declared.key is None:
            return next((text for value in ids if (text := as_id(value)) is not None), None)
        pairs = zip(ids, values(found, parse(declared.key)), strict=False)
        return next((text for value, its in pairs if its == key and (text := as_id(value)) is not None), None)
