"""Logging in with one header that never changes: a bearer token or an API key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.secrets import hide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.wire import Wire


class Header:
    """Sends the same header with every request."""

    def __init__(self, name: str, value: str) -> None:
        hide(value.removeprefix("Bearer "))
        self._headers = {name.lower(): value}

    async def headers(self, wire: Wire) -> Mapping[str, str]:  # noqa: ARG002 -- part of the protocol
        """Return the header."""
        return self._headers

    async def renew(self, wire: Wire, stale: Mapping[str, str]) -> bool:  # noqa: ARG002 -- part of the protocol
        """Nothing can replace a wrong key but a person."""
        return False
