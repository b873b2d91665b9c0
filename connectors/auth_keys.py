"""Two more ways to log in: an API key in a header of its own, and a login that answers with a JSON Web Token (RFC 7519)."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from functools import partial
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlsplit

from connectors.answer import encode_json
from connectors.auth import token_in
from connectors.errors import AccessError, ConnectorError, RejectedError, TransientError
from connectors.secrets import hide
from connectors.sharing import shared
from connectors.wire import Outgoing

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping

    from connectors.auth import TokenStore
    from connectors.wire import Wire

USED: Final = 0.8
"""The part of its life for which a token is used: servers' clocks differ, and calls take time."""
_BAD_REQUEST: Final = 400


class ApiKey:
    """A key that is sent in a header with each call. It is never put into an address, which ends up in access logs."""

    def __init__(self, header: str, key: str) -> None:
        hide(key)
        self._headers = {header: key}

    async def headers(self, wire: Wire) -> Mapping[str, str]:  # noqa: ARG002 -- part of the protocol
        """Return the same header every time."""
        return self._headers

    async def renew(self, wire: Wire, stale: Mapping[str, str]) -> bool:  # noqa: ARG002 -- part of the protocol
        """Nothing can replace a key that is refused but a person."""
        return False


class JsonLogin:
    """User and password, exchanged as JSON for a bearer token whose life the answer does not state.

    A token that says itself when it ends (`exp`) is used for 80 % of its life; any other one until it is answered
    with 401. Everybody waits for one login. `answers` is the member of the answer that holds the token.
    """

    def __init__(
        self,
        url: str,
        username: str,
        password: str,
        *,
        answers: str,
        store: TokenStore | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        hide(password)
        body = encode_json({"username": username, "password": password})
        headers = {"content-type": "application/json"}
        # repeatable only makes a garbled answer an error; a token that got lost on its way hurts nobody
        self._request = Outgoing("POST", url, urlsplit(url).path, headers, body, repeatable=True)
        self._owner = hashlib.sha256(f"{url}\n{username}\n{password}".encode()).hexdigest()
        self._answers = answers
        self._store = store
        self._now = now
        self._headers: dict[str, str] | None = None
        self._until: float | None = None
        self._under_way: dict[str, asyncio.Task[dict[str, str]]] = {}
        self._looked = store is None

    async def headers(self, wire: Wire) -> Mapping[str, str]:
        """Return the bearer header, with a new token if there is none or it is about to end."""
        if self._headers is not None and (self._until is None or self._now() < self._until):
            return self._headers
        return await shared(self._under_way, "", partial(self._log_in, wire))

    async def renew(self, wire: Wire, stale: Mapping[str, str]) -> bool:
        """Log in again unless somebody has done so since `stale` was sent."""
        self._looked = True  # what is stored is what was refused
        if self._headers == stale:
            self._headers = None
        await self.headers(wire)
        return True

    async def _log_in(self, wire: Wire) -> dict[str, str]:
        if not self._looked and (headers := await self._load()) is not None:
            return headers
        await wire.quota.turn()
        try:
            answer = (await wire.ask(self._request, {})).json()
        except TransientError as error:
            # what the caller wanted to send has not left
            raise error.not_left() from error
        except RejectedError as error:
            kind = AccessError if error.status == _BAD_REQUEST else ConnectorError
            raise kind(str(error), connection=error.connection, status=error.status) from error
        token = token_in(answer, self._answers, wire, self._request.path)
        life = _life(token, self._now())
        headers = self._use(token, None if life is None else self._now() + life * USED)
        if self._store:
            await self._store.save(json.dumps({"token": token, "until": self._until, "owner": self._owner}))
        return headers

    async def _load(self) -> dict[str, str] | None:
        self._looked = True
        text = await self._store.load() if self._store else None
        try:
            saved = json.loads(text or "{}")
            token, until = str(saved["token"]), None if saved["until"] is None else float(saved["until"])
            usable = saved["owner"] == self._owner and (until is None or self._now() < until)
        except (ValueError, KeyError, TypeError):
            return None
        return self._use(token, until) if usable else None

    def _use(self, token: str, until: float | None) -> dict[str, str]:
        hide(token)
        self._until = until
        self._headers = {"authorization": f"Bearer {token}"}
        return self._headers


def _life(token: str, now: float) -> float | None:
    """Return for how many seconds a token just issued lives, None if it does not say so. Its signature is not our business."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        ends, begins = claims.get("exp"), claims.get("iat")
        # from `iat` on, where it is stated: the server's clock may be another one than ours
        life = float(cast("float", ends)) - float(now if begins is None else begins)
    except (IndexError, ValueError, AttributeError, TypeError, OverflowError, RecursionError):
        return None
    return life if 0 < life < float("inf") else None
