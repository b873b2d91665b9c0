"""The login server of the DocuMine sandbox: a login page for people, and tokens that rotate."""

from __future__ import annotations

import base64
import hashlib
import html
import math
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qsl, urlencode

from connectors.sandbox_http import Call, Reply, json_reply

if TYPE_CHECKING:
    from connectors.documine.sandbox import DocumineSandbox

_PAGE = """<!doctype html><html><head><title>Sign in</title></head><body><h1>Sign in to {workspace}</h1><p>{words}</p>
<form method="post" action="{action}"><input name="username"><input name="password" type="password"><button>Sign in</button></form>
</body></html>"""
_HTML = ("content-type", "text/html; charset=utf-8")


@dataclass(slots=True, eq=False)
class Session:
    """What one login has brought: one access token and one refresh token are the latest; `ends` is its very end."""

    began: float
    number: int
    latest: str = ""
    refreshes: int = 0


class Login:
    """Codes, sessions and tokens. `log` keeps what the token endpoint was asked, as (grant, outcome)."""

    client_id: ClassVar[str] = "docferry-client"
    client_secret: ClassVar[str] = "dm-sandbox-secret-71c2"  # noqa: S105 -- opens nothing but this sandbox
    username: ClassVar[str] = "svc-docferry"
    password: ClassVar[str] = "dm-sandbox-password-e3a9"  # noqa: S105 -- the same

    def __init__(self, app: DocumineSandbox) -> None:
        self.app = app
        self.sessions: list[Session] = []
        self.access: dict[str, float] = {}
        self.refresh: dict[str, tuple[Session, float]] = {}
        self.codes: dict[str, tuple[str, str, float]] = {}
        self.log: list[tuple[str, str]] = []

    def admits(self, token: str) -> bool:
        """Say whether an access token is valid now."""
        return self.access.get(token, 0.0) > self.app.clock.now() and not self.app.switches.credentials_dead

    async def page(self, call: Call) -> Reply:
        """Show the login page, or what is wrong with the address that led here."""
        problem = self._wrong(call)
        if problem is not None:
            return Reply(400, html.escape(problem).encode(), [_HTML])
        return self._page(call, "")

    async def submit(self, call: Call) -> Reply:
        """Take user and password and send the browser back with a code."""
        problem = self._wrong(call)
        if problem is not None:
            return Reply(400, html.escape(problem).encode(), [_HTML])
        form = dict(parse_qsl((await call.body()).decode("utf-8", "replace")))
        redirect, state = call.one("redirect_uri") or "", call.one("state")
        back = {"state": state} if state is not None else {}
        if form.get("deny"):
            back |= {"error": "access_denied", "error_description": "The user said no"}
        elif (form.get("username"), form.get("password")) != (self.username, self.password):
            return self._page(call, "Invalid username or password.")
        else:
            code = f"dm-code-{secrets.token_urlsafe(16)}"
            self.codes[code] = (redirect, call.one("code_challenge") or "", self.app.clock.now() + 60)
            back |= {"session_state": secrets.token_hex(8), "code": code}
        return Reply(302, b"", [("location", f"{redirect}{'&' if '?' in redirect else '?'}{urlencode(back)}")])

    async def token(self, call: Call) -> Reply:
        """Answer the three grants."""
        form = dict(parse_qsl((await call.body()).decode("utf-8", "replace")))
        grant = form.get("grant_type", "")
        reply = self._answer(call, grant, form)
        self.log.append((grant, str(reply.status)))
        return reply

    def _answer(self, call: Call, grant: str, form: dict[str, str]) -> Reply:
        if call.media_type != "application/x-www-form-urlencoded":
            return _refusal(400, "invalid_request", "Send a form")
        secret = form.get("client_secret")
        wrong_secret = secret != self.client_secret if self.app.switches.secret_needed else secret is not None
        if form.get("client_id") != self.client_id or wrong_secret:
            return _refusal(401, "unauthorized_client", "Invalid client or Invalid client credentials")
        match grant:
            case "password":
                return self._by_password(form)
            case "authorization_code":
                return self._by_code(form)
            case "refresh_token":
                return self._by_refresh(form)
            case _:
                return _refusal(400, "unsupported_grant_type", "Unsupported grant_type")

    def _by_password(self, form: dict[str, str]) -> Reply:
        if not self.app.switches.password_grant:
            return _refusal(400, "unauthorized_client", "Client not allowed for direct access grants")
        right = (form.get("username"), form.get("password")) == (self.username, self.password)
        if not right or self.app.switches.credentials_dead:
            return _refusal(401, "invalid_grant", "Invalid user credentials")
        return self._tokens(self._session())

    def _by_code(self, form: dict[str, str]) -> Reply:
        redirect, challenge, until = self.codes.pop(form.get("code", ""), ("", "", 0.0))
        verifier = form.get("code_verifier", "")
        proof = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        if until <= self.app.clock.now() or form.get("redirect_uri") != redirect:
            return _refusal(400, "invalid_grant", "Code not valid")
        if (challenge and proof != challenge) or (verifier and not challenge):
            return _refusal(400, "invalid_grant", "PKCE verification failed")
        return self._tokens(self._session())

    def _by_refresh(self, form: dict[str, str]) -> Reply:
        now = self.app.clock.now()
        session, until = self.refresh.get(form.get("refresh_token", ""), (None, 0.0))
        over = session is None or until <= now or session.began + self.app.switches.session_life <= now
        if session is None or over or self.app.switches.credentials_dead:
            return _refusal(400, "invalid_grant", "Token is not active")
        session.refreshes += 1
        if self.app.switches.rotation == "rotate":
            del self.refresh[form["refresh_token"]]
        elif self.app.switches.rotation == "not_returned":
            self.refresh[form["refresh_token"]] = (session, now + self.app.switches.refresh_life)
            return self._tokens(session, new_refresh=False)
        return self._tokens(session)

    def _session(self) -> Session:
        session = Session(self.app.clock.now(), len(self.sessions) + 1)
        self.sessions.append(session)
        return session

    def _tokens(self, session: Session, *, new_refresh: bool = True) -> Reply:
        switches, now = self.app.switches, self.app.clock.now()
        access = f"dm-access-{secrets.token_urlsafe(16)}"
        self.access[access] = now + switches.access_life
        answer: dict[str, object] = {
            "access_token": access,
            "expires_in": math.ceil(switches.access_life),
            "token_type": "Bearer",
            "not-before-policy": 0,
            "scope": "openid",
        }
        if new_refresh:
            session.latest = f"dm-refresh-{secrets.token_urlsafe(16)}"
            self.refresh[session.latest] = (session, now + switches.refresh_life)
            answer["refresh_token"] = session.latest
            if switches.refresh_field != "omitted":
                answer[switches.refresh_field] = math.ceil(switches.refresh_life)
        return json_reply(200, answer, {"cache-control": "no-store"})

    def _wrong(self, call: Call) -> str | None:
        """Say what is wrong with an address of the login page."""
        redirect = call.one("redirect_uri") or ""
        challenged = call.one("code_challenge") is not None
        if call.one("client_id") != self.client_id:
            return "Client not found."
        if not redirect.startswith(("http://127.0.0.1", "http://localhost", "https://")):
            return "Invalid parameter: redirect_uri"
        if call.one("response_type") != "code" or "openid" not in (call.one("scope") or "").split():
            return "Invalid parameter: response_type or scope"
        if challenged and (call.one("code_challenge_method") != "S256" or self.app.switches.pkce == "refused"):
            return "Invalid parameter: code_challenge_method"
        if not challenged and self.app.switches.pkce == "required":
            return "Missing parameter: code_challenge"
        return None

    def _page(self, call: Call, words: str) -> Reply:
        action = html.escape(f"?{urlencode(call.params)}")
        page = _PAGE.format(workspace=self.app.workspace, words=words, action=action)
        return Reply(200, page.encode(), [_HTML])


def _refusal(status: int, error: str, words: str) -> Reply:
    return json_reply(status, {"error": error, "error_description": words})
