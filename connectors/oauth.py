"""OAuth2 tokens that a password or a person begins and refresh tokens carry on (RFC 6749 sections 4.1, 4.3 and 6).

A refresh token may work only once, so it is replaced by one process at a time, and what replaces it is kept before it is used.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlencode, urlsplit

from connectors.auth import seconds, token_in
from connectors.errors import AccessError, ConnectorError, RejectedError, TransientError
from connectors.memory import Forgetful
from connectors.secrets import hide
from connectors.sharing import shared
from connectors.wire import Outgoing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from connectors.auth import TokenStore
    from connectors.memory import Memory
    from connectors.wire import Wire

EARLY: Final = 60.0
"""Seconds before its end at which an access token is replaced."""
HELD_BACK: Final = 3600.0
"""Seconds for which a password that was refused is not sent again: accounts are locked after some failures."""
_ACCESS_LIFE, _REFRESH_LIFE = 300.0, 1800.0
_NOT_THE_TOKEN = ("invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_request", "invalid_scope")
_FORM = {"content-type": "application/x-www-form-urlencoded"}
BAD_REQUEST: Final = 400
UNAUTHORIZED: Final = 401


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept between processes. Instants are seconds since the epoch; `refresh_until` 0 means no known end."""

    owner: str = ""
    access: str = ""
    until: float = 0.0
    refresh: str = ""
    refresh_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks for tokens and where. `secret` is None for a public client."""

    token_url: str
    id: str
    secret: str | None = None

    async def grant(self, wire: Wire, grant_type: str, **fields: str) -> Mapping[str, object]:
        """Ask for tokens. Raises TransientError (arrived: no, as seen from the call that needs them) and the error tree."""
        form = {"grant_type": grant_type, "client_id": self.id}
        if self.secret is not None:
            form["client_secret"] = self.secret
        # not repeatable: an answer that got lost may have used the token up
        path = urlsplit(self.token_url).path
        out = Outgoing("POST", self.token_url, path, _FORM, urlencode(form | fields).encode())
        await wire.quota.turn()
        try:
            answer = (await wire.ask(out, {})).json()
        except TransientError as error:
            raise error.not_left() from error
        token = token_in(answer, "access_token", wire, path)
        return {**cast("Mapping[str, object]", answer), "access_token": token}


class ProcessStore:
    """Keeps a token as long as the process lives: what is used where there is no ledger or no key."""

    def __init__(self) -> None:
        self._text: str | None = None
        self._inside = asyncio.Lock()

    async def load(self) -> str | None:
        """Return what was saved last."""
        return self._text

    async def save(self, text: str) -> None:
        """Keep this instead."""
        self._text = text

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """Be the only one inside in this process."""
        async with self._inside:
            yield


class TokenChain:
    """An access token, replaced shortly before it ends by means of the refresh token that came with it.

    With `user` (name and password) a dead refresh token is followed by one new login; without, a person must log in:
    AccessError with `advice`, and nobody asks the provider again until that was done. `store` keeps tokens; `memory`,
    which needs no key, keeps when a login was refused. `always` are headers that every call carries. `now` returns
    seconds since the epoch, since what is kept outlives the process.
    """

    def __init__(
        self,
        client: Client,
        *,
        user: tuple[str, str] | None,
        advice: str,
        store: TokenStore | None = None,
        memory: Memory | None = None,
        always: Mapping[str, str] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        for secret in (client.secret, user[1] if user else None):
            hide(secret or "")
        self.client = client
        self._user = user
        self._advice = advice
        self._store: TokenStore = store or ProcessStore()
        self._memory: Memory = memory or Forgetful()
        self._always = dict(always or {})
        self._now = now
        self._owner = _digest(client.token_url, client.id, user[0] if user else "")
        self._headers: dict[str, str] | None = None
        self._until = 0.0
        self._refused = ""
        self._under_way: dict[str, asyncio.Task[dict[str, str]]] = {}

    async def headers(self, wire: Wire) -> Mapping[str, str]:
        """Return the bearer header, with a new token if there is none or it is about to end."""
        if self._headers is not None and self._now() < self._until:
            return self._headers
        return await shared(self._under_way, "", partial(self._obtain, wire))

    async def renew(self, wire: Wire, stale: Mapping[str, str]) -> bool:
        """Replace the token that was answered with 401, unless somebody has done so already."""
        if self._headers == stale:
            self._refused = stale.get("authorization", "").removeprefix("Bearer ")
            self._headers = None
        await self.headers(wire)
        return True

    async def adopt(self, answer: Mapping[str, object]) -> None:
        """Keep the tokens that a person's login has brought, in place of whatever there was."""
        async with self._store.exclusive():
            await self._save(self._read(answer, Kept(owner=self._owner)))

    async def _obtain(self, wire: Wire) -> dict[str, str]:
        async with self._store.exclusive():
            kept = await self._load()
            if not self._usable(kept):
                kept = await self._replace(wire, kept)
                # Before the access token is used: from now on the old refresh token may be dead.
                await self._save(kept)
        hide(kept.access)
        self._until = kept.until
        self._headers = {**self._always, "authorization": f"Bearer {kept.access}"}
        return self._headers

    def _usable(self, kept: Kept) -> bool:
        return bool(kept.access) and kept.access != self._refused and self._now() < kept.until

    async def _replace(self, wire: Wire, kept: Kept) -> Kept:
        ended = 0 < kept.refresh_until <= self._now()
        if kept.refresh and not (ended and self._user):
            hide(kept.refresh)
            try:
                return self._read(await self.client.grant(wire, "refresh_token", refresh_token=kept.refresh), kept)
            except (AccessError, RejectedError) as error:
                if not _is_dead(error):
                    raise self._refusal(error) from error
            other = await self._load()
            if other.refresh != kept.refresh:  # somebody who was thought dead, or a person's login, was faster
                return other if self._usable(other) else await self._replace(wire, other)
        if self._user is None:
            if kept.refresh:
                await self._save(Kept(owner=self._owner))  # whoever comes next need not ask the provider to know
            raise AccessError(f"{wire.connection}: {self._advice}", connection=wire.connection)
        return await self._log_in(wire, kept, *self._user)

    async def _log_in(self, wire: Wire, kept: Kept, name: str, password: str) -> Kept:
        # The name is made of the credentials, and as all names of a memory it is kept as a keyed fingerprint only.
        login = f"refused login {_digest(self._owner, self.client.secret or '', name, password)}"
        if self._now() - seconds(await self._memory.recall(login), 0.0) < HELD_BACK:
            raise AccessError(
                f"{wire.connection}: this user and password were refused; they are not sent again for "
                f"{HELD_BACK / 60:.0f} minutes so that the account is not locked. Correct them, and it goes on at once",
                connection=wire.connection,
            )
        try:
            return self._read(
                await self.client.grant(wire, "password", username=name, password=password), Kept(owner=self._owner)
            )
        except (AccessError, RejectedError) as error:
            # An address that is not there (404) or takes no form (415) has not looked at the password.
            if isinstance(error, AccessError) or error.status == BAD_REQUEST:
                await self._memory.keep(login, str(self._now()))
                await self._save(replace(kept, owner=self._owner, refresh=""))
            raise self._refusal(error) from error

    def _refusal(self, error: ConnectorError) -> ConnectorError:
        """Turn a refusal into what it means here; no document is to blame for it."""
        kind = AccessError if isinstance(error, AccessError) or error.status == BAD_REQUEST else ConnectorError
        return kind(str(error), connection=error.connection, status=error.status)

    def _read(self, answer: Mapping[str, object], before: Kept) -> Kept:
        """Read a token answer. Without a new refresh token the old one goes on."""
        now = self._now()
        life = seconds(answer.get("expires_in"), _ACCESS_LIFE)
        refresh = answer.get("refresh_token")
        # The provider's own page misspells the name.
        told = answer.get("refresh_expires_in", answer.get("refresh_expries_in"))
        fresh = isinstance(refresh, str) and bool(refresh)
        # 0 is how Keycloak says that a refresh token has no end of its own
        ends = 0.0 if told in (0, "0") else now + seconds(told, _REFRESH_LIFE)
        if not fresh and told is None:
            ends = before.refresh_until
        # a token that lives less than `EARLY` is used for half of its life
        until = now + max(life - EARLY, life / 2)
        return Kept(
            owner=self._owner,
            access=str(answer["access_token"]),
            until=until,
            refresh=str(refresh) if fresh else before.refresh,
            refresh_until=ends,
        )

    async def _load(self) -> Kept:
        try:
            kept = Kept(**json.loads(await self._store.load() or "{}"))
        except (ValueError, TypeError):  # another release's form
            kept = Kept()
        return kept if kept.owner == self._owner else Kept(owner=self._owner)

    async def _save(self, kept: Kept) -> None:
        for secret in (kept.access, kept.refresh):
            hide(secret)
        await self._store.save(json.dumps(asdict(kept)))


def _is_dead(error: ConnectorError) -> bool:
    """Tell whether a refused refresh means the token: a 400 (RFC 6749 section 5.2), or a 401 that says so itself."""
    if error.status == UNAUTHORIZED:
        return "invalid_grant" in str(error)
    return error.status == BAD_REQUEST and not any(word in str(error) for word in _NOT_THE_TOKEN)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
