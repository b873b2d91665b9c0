"""Ways to log in: HTTP Basic (RFC 7617) and OAuth2 client credentials (RFC 6749 section 4.4). See oauth.py for more."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, cast
from urllib.parse import urlsplit

from connectors.errors import AccessError, ConnectorError, GoneError, RejectedError, TransientError
from connectors.secrets import hide
from connectors.sharing import shared
from connectors.wire import Outgoing

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    from connectors.wire import Wire

_VISIBLE: Final = re.compile(r"[\x20-\x7e]+")
LIFETIME: Final = 3600.0
"""Seconds a token is taken to live if its answer does not say (RFC 6749 leaves that to documentation)."""


class Auth(Protocol):
    """Credentials of one connection."""

    async def headers(self, wire: Wire) -> Mapping[str, str]:
        """Return the headers that prove who asks. Raises AccessError, or TransientError (arrived: no)."""
        ...

    async def renew(self, wire: Wire, stale: Mapping[str, str]) -> bool:
        """Replace credentials that were answered with 401. False if there is nothing to replace them with."""
        ...


class TokenStore(Protocol):
    """Where a token outlives the process. The text is secret: whoever keeps it encrypts it."""

    async def load(self) -> str | None:
        """Return what was saved last, None if there is nothing or it cannot be read."""
        ...

    async def save(self, text: str) -> None:
        """Keep this instead of what was there."""
        ...

    def exclusive(self) -> AbstractAsyncContextManager[None]:
        """Be the only one, in this process or any other, who is inside: for tokens that can be used only once.

        Raises TransientError (arrived: no) if somebody else is inside for too long.
        """
        ...


def basic(user: str, password: str) -> dict[str, str]:
    """Return the header of HTTP Basic and mask it everywhere from now on."""
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    hide(token)
    return {"authorization": f"Basic {token}"}


class Basic:
    """User and password. An API key sent as the user, with an empty password, is as secret as a password."""

    def __init__(self, user: str, password: str) -> None:
        hide(password or user)
        self._headers = basic(user, password)

    async def headers(self, wire: Wire) -> Mapping[str, str]:  # noqa: ARG002 -- part of the protocol
        """Return the same header every time."""
        return self._headers

    async def renew(self, wire: Wire, stale: Mapping[str, str]) -> bool:  # noqa: ARG002 -- part of the protocol
        """Nothing can replace a wrong password but a person."""
        return False


class ClientCredentials:
    """An OAuth2 token per process, fetched when it is first needed and again shortly before it expires.

    `other_url` is where the token endpoint may be instead, where the provider's papers disagree.
    `early` is how many seconds before the end a token is replaced. Callers who come while one is fetched share it,
    or the error. `now` returns seconds since the epoch, since a stored token outlives the process.
    """

    def __init__(
        self,
        token_url: str,
        client_id: str,
        client_secret: str,
        *,
        other_url: str | None = None,
        early: float = 30.0,
        store: TokenStore | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        hide(client_secret)
        headers = basic(client_id, client_secret) | {"content-type": "application/x-www-form-urlencoded"}
        body = b"grant_type=client_credentials"
        # repeatable only makes a garbled answer an error; a token that got lost on its way hurts nobody
        self._requests = [
            Outgoing("POST", url, urlsplit(url).path, headers, body, repeatable=True)
            for url in dict.fromkeys((token_url, other_url or token_url))
        ]
        self._owner = hashlib.sha256(f"{token_url}\n{client_id}\n{client_secret}".encode()).hexdigest()
        self._early = early
        self._store = store
        self._now = now
        self._headers: dict[str, str] | None = None
        self._until = 0.0
        self._under_way: dict[str, asyncio.Task[dict[str, str]]] = {}
        self._looked = store is None

    async def headers(self, wire: Wire) -> Mapping[str, str]:
        """Return the bearer header, with a new token if there is none or it is about to expire."""
        if self._headers is not None and self._now() < self._until:
            return self._headers
        return await shared(self._under_way, "", partial(self._fetch, wire))

    async def renew(self, wire: Wire, stale: Mapping[str, str]) -> bool:
        """Fetch a new token unless somebody has done so since `stale` was sent."""
        self._looked = True  # what is stored is what was refused
        if self._headers == stale:
            self._headers = None
        await self.headers(wire)
        return True

    async def _fetch(self, wire: Wire) -> dict[str, str]:
        if not self._looked and await self._load() and self._headers is not None:
            return self._headers
        try:
            answer = await self._ask(wire)
        except TransientError as error:
            # what the caller wanted to send has not left
            raise error.not_left() from error
        except RejectedError as error:
            kind = AccessError if error.status == 400 else ConnectorError  # noqa: PLR2004 -- RFC 6749 section 5.2
            raise kind(str(error), connection=error.connection, status=error.status) from error
        token = token_in(answer, "access_token", wire, self._requests[0].path)
        lifetime = seconds(answer.get("expires_in") if isinstance(answer, dict) else None)
        # a token that lives less than `early` is used for half of its life
        headers = self._use(token, self._now() + max(lifetime - self._early, lifetime / 2))
        if self._store:
            await self._store.save(json.dumps({"token": token, "until": self._until, "owner": self._owner}))
        return headers

    async def _ask(self, wire: Wire) -> object:
        """Ask for a token; where nothing answers at the first address, at the other one, and there from then on."""
        await wire.quota.turn()
        try:
            return (await wire.ask(self._requests[0], {})).json()
        except GoneError:
            if len(self._requests) == 1:
                raise
        del self._requests[0]
        await wire.quota.turn()
        return (await wire.ask(self._requests[0], {})).json()

    async def _load(self) -> bool:
        self._looked = True
        text = await self._store.load() if self._store else None
        try:
            saved = json.loads(text or "{}")
            token, until = str(saved["token"]), float(saved["until"])
            usable = saved["owner"] == self._owner and self._now() < until
        except (ValueError, KeyError, TypeError):
            return False
        if usable:
            self._use(token, until)
        return usable

    def _use(self, token: str, until: float) -> dict[str, str]:
        hide(token)
        self._until = until
        self._headers = {"authorization": f"Bearer {token}"}
        return self._headers


def token_in(answer: object, member: str, wire: Wire, path: str) -> str:
    """Return the token in the answer of a login, without blanks and line ends around it.

    ConnectorError: there is none, or one with signs that no header may carry (RFC 6749 appendix A.12). It is refused here,
    before it is kept, since every request that bears it would fail in a way that says nothing about the login.
    """
    token = cast("Mapping[str, object]", answer).get(member) if isinstance(answer, dict) else None
    found = token.strip() if isinstance(token, str) else ""
    if not _VISIBLE.fullmatch(found):
        hide(found)
        words = "with a token that no header can carry" if found else "without a token"
        raise ConnectorError(f"{wire.connection}: {path} answered {words}", connection=wire.connection)
    return found


def seconds(value: object, default: float = LIFETIME) -> float:
    """Read a lifetime in seconds; whatever is none, or less than a second, is the default: each call would fetch a token."""
    try:
        read = float(str(value))
    except ValueError:
        return default
    return read if 1 <= read < float("inf") else default
