"""Puts credentials on requests and stops everything once they are refused, so that a dead login is not hammered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeVar

from connectors.errors import AccessError, ConnectorError, TransientError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from connectors.auth import Auth
    from connectors.wire import Wire

T = TypeVar("T")
UNAUTHORIZED: Final = 401


class _Mending:
    """Somebody is renewing the credentials; `failure` is why it did not work, for those who waited."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.failure: TransientError | None = None


class Gate:
    """Everybody passes until an answer is 401. Then one caller renews and tries again while the others wait.

    If its second answer is 401 too, or the credentials cannot be renewed, the connection is dead:
    every call fails with AccessError and nothing leaves any more.
    """

    def __init__(self, auth: Auth, wire: Wire) -> None:
        self._auth = auth
        self._wire = wire
        self._dead: AccessError | None = None
        self._mending: _Mending | None = None
        self._owed: tuple[Mapping[str, str], AccessError] | None = None  # what was refused and is not yet renewed
        self._doubtful = False  # renewed, but no answer has shown yet that the new credentials work

    async def carry(self, send: Callable[[Mapping[str, str]], Awaitable[T]]) -> T:
        """Wait for the turn, send with credentials, and deal with a 401."""
        headers = await self._enter()
        if self._doubtful:
            return await self._mend(send)
        if await self._wire.quota.turn():
            try:
                headers = await self._enter()  # much may have happened while it waited
            except BaseException:
                self._wire.quota.settled(None, self._wire.clock.now())
                raise
        try:
            return await send(headers)
        except AccessError as refused:
            if refused.status != UNAUTHORIZED:
                raise
            return await self._again(send, headers, refused)

    async def _enter(self) -> Mapping[str, str]:
        while True:
            if self._dead:
                raise AccessError(str(self._dead), connection=self._dead.connection, status=self._dead.status)
            if self._mending:
                mending = self._mending
                await mending.over.wait()
                if failure := mending.failure:
                    raise TransientError(
                        str(failure), connection=failure.connection, arrived="no", retry_after=failure.retry_after
                    )
                continue
            try:
                headers = await self._auth.headers(self._wire)
            except AccessError as error:
                self._dead = error
                raise
            if not (self._dead or self._mending):
                return headers

    async def _again(
        self, send: Callable[[Mapping[str, str]], Awaitable[T]], stale: Mapping[str, str], refused: AccessError
    ) -> T:
        headers = await self._enter()
        if headers == stale:
            self._owed = self._owed or (stale, refused)
        if self._owed or self._doubtful:
            return await self._mend(send)
        await self._wire.quota.turn()  # somebody else has renewed them, and they work
        try:
            return await send(headers)
        except AccessError as error:
            if error.status == UNAUTHORIZED:
                self._dead = error
            raise

    async def _mend(self, send: Callable[[Mapping[str, str]], Awaitable[T]]) -> T:
        """Renew if that is owed, and let one request show whether the credentials work."""
        mending = self._mending = _Mending()
        self._doubtful = True
        try:
            headers = await self._renewed(mending)
            try:
                result = await send(headers)
            except TransientError:
                raise  # nothing shown: the next caller tries
            except ConnectorError as error:
                self._doubtful = False
                if error.status == UNAUTHORIZED and isinstance(error, AccessError):
                    self._dead = error
                raise
            self._doubtful = False
            return result
        finally:
            self._mending = None
            mending.over.set()

    async def _renewed(self, mending: _Mending) -> Mapping[str, str]:
        try:
            if self._owed:
                stale, refused = self._owed
                if not await self._auth.renew(self._wire, stale):
                    raise refused
                self._owed = None
            headers = await self._auth.headers(self._wire)
            await self._wire.quota.turn()
        except AccessError as error:
            self._dead = error
            raise
        except TransientError as error:
            mending.failure = error
            raise
        return headers
