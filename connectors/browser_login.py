"""The login in a browser: its address, and what comes back in the redirect (RFC 6749 section 4.1, PKCE of RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from connectors.client_session import aiohttp_transport
from connectors.errors import AccessError, RejectedError
from connectors.limits import CLOCK, DEFAULT_LIMITS
from connectors.secrets import hide
from connectors.wire import Wire

if TYPE_CHECKING:
    from connectors.oauth import TokenChain


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """One login that was begun. `address` is for the browser; `state` must come back; `verifier` is empty without PKCE."""

    address: str
    state: str
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class BrowserLogin:
    """How a person logs a connection in. `redirect_uri` is where the browser is sent afterwards, as registered."""

    connection: str
    chain: TokenChain
    auth_url: str
    redirect_uri: str
    pkce: bool = True
    scope: str = "openid"

    def begin(self) -> LoginRequest:
        """Make up a login that nobody can guess."""
        state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48) if self.pkce else ""
        query = {
            "client_id": self.chain.client.id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": self.scope,
            "state": state,
        }
        if verifier:
            hide(verifier)
            challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
            query |= {"code_challenge": challenge, "code_challenge_method": "S256"}
        return LoginRequest(f"{self.auth_url}?{urlencode(query, quote_via=quote)}", state, verifier)

    async def finish(self, request: LoginRequest, redirected: str) -> None:
        """Take the address that the browser was sent to, exchange its code, and keep the tokens.

        Raises AccessError if it belongs to another login or the provider refused, TransientError if it did not answer.
        """
        answer = {name: values[-1] for name, values in parse_qs(urlsplit(redirected.strip()).query).items()}
        if not secrets.compare_digest(answer.get("state", "").encode(), request.state.encode()):
            raise self._failed("the address does not belong to this login (its state is another one); begin again")
        if "error" in answer:
            raise self._failed(f"the provider refused the login: {answer.get('error_description') or answer['error']}")
        if not (code := answer.get("code")):
            raise self._failed("the address carries no code; paste the whole address the browser was sent to")
        hide(code)
        fields = {"redirect_uri": self.redirect_uri, "code": code}
        if request.verifier:
            fields["code_verifier"] = request.verifier
        client = self.chain.client
        wire = Wire(self.connection, aiohttp_transport(client.token_url), DEFAULT_LIMITS, CLOCK)
        try:
            await self.chain.adopt(await client.grant(wire, "authorization_code", **fields))
        except RejectedError as error:
            raise self._failed(f"the code was not accepted: {error}") from error
        finally:
            await wire.close()

    def _failed(self, words: str) -> AccessError:
        return AccessError(f"{self.connection}: {words}", connection=self.connection)
