"""Looks an object up by its key, and proves first that the look-up can tell one key from another."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from connectors.errors import ConnectorError, GoneError, TransientError
from connectors.http import quote
from connectors.lists import fault_in
from connectors.rest.paths import as_id, parse, values

if TYPE_CHECKING:
    from connectors.http import Api
    from connectors.rest.declared import Find


class Finder:
    """The look-up of one stream."""

    def __init__(self, api: Api, declared: Find) -> None:
        self._api = api
        self._declared = declared

    async def find(self, key: str) -> str | None:
        """Return the id of the object with exactly this key, None if it is not found (yet)."""
        if self._declared.key is None:
            # Each time, since what is listed first is taken, and a list that was empty has proven nothing.
            await self.prove()
        found = await self._listed(key)
        return next((id_ for id_, its in found if self._declared.key is None or its == key), None)

    async def lists_others(self) -> bool:
        """Say whether something is listed for a key that nobody has.

        Then the list is that of all objects, perhaps only a page of it, and who is not on it may be there all the same.
        """
        return bool(await self._listed(f"docferry-{uuid.uuid4()}"))

    async def prove(self) -> None:
        """Look for a key that nobody has. Raises ConnectorError if something is found: any object would be taken for any.

        An API may well ignore a parameter that it does not know, and list everything.
        """
        if await self.lists_others() and self._declared.key is None:
            raise ConnectorError(
                f"{self._api.connection}: the look-up of {self._declared.path} finds something for a key that nobody has; "
                "correct its params, or declare find.key so that the right item can be told",
                connection=self._api.connection,
            )

    async def _listed(self, key: str) -> list[tuple[str, object]]:
        """Return id and key of what the look-up lists for a key; None for the key where no place for it is declared."""
        declared = self._declared
        params = [(name, text.replace("{key}", key)) for name, text in declared.params.items()]
        try:
            answer = await self._api.call("GET", declared.path.replace("{key}", quote(key)), params=params or None)
        except GoneError as error:
            if "{key}" in declared.path:
                return []
            # A list has its address whatever is in it: this one is wrong, and "not there" would double the object.
            raise ConnectorError(
                f"{error}; correct find.path, or put {{key}} into it if the API says so where nothing is found",
                connection=self._api.connection,
                status=error.status,
            ) from error
        found = answer.json()
        if fault_in(found) is not None:
            # An error that comes as a success shows nothing, and that would pass for "not there".
            raise TransientError(f"{answer.asked} answered with an error", connection=answer.connection, arrived="no")
        ids = [as_id(value) for value in values(found, parse(declared.id))]
        keys = [None] * len(ids) if declared.key is None else values(found, parse(declared.key))
        return [(id_, its) for id_, its in zip(ids, keys, strict=False) if id_ is not None]
