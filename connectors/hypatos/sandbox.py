"""The Hypatos sandbox: its front door (token, scopes, quota). What is behind it is in the modules beside this one."""

from __future__ import annotations

import math
import secrets
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qsl

from connectors.hypatos import sandbox_control, sandbox_enrichment, sandbox_reading, sandbox_writing
from connectors.hypatos.sandbox_documents import DemoDocuments
from connectors.hypatos.sandbox_store import Record, Store
from connectors.hypatos.sandbox_switches import Switches
from connectors.sandbox_app import SandboxApp
from connectors.sandbox_http import Call, RefusedError, Reply, json_reply

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HypatosSandbox", "Switches", "sandbox"]


class HypatosSandbox(SandboxApp):
    """Hypatos REST API v2 in memory, as an ASGI app with a quota and tokens that run out."""

    base_path: ClassVar[str] = "/v2"
    prefix: ClassVar[str] = "/v2"
    bare_paths: ClassVar[frozenset[str]] = frozenset({"/auth/token"})  # the introduction prints it without /v2

    client_id: ClassVar[str] = "sandbox-client"
    client_secret: ClassVar[str] = "hy-sandbox-secret-4f1d"  # noqa: S105 -- opens nothing but this sandbox

    def __init__(self, documents: int = 200, seed: int = 7, switches: Switches | None = None) -> None:
        self.switches = switches or Switches()
        self._documents, self._seed = documents, seed
        super().__init__(self.switches)
        self.reset()
        self.route("POST", "/auth/token", self._token)
        sandbox_reading.add_routes(self)
        sandbox_writing.add_routes(self)
        sandbox_enrichment.add_routes(self)
        self._scopes: Mapping[str, str] = {
            "documents": "documents", "files": "files", "projects": "projects", "companies": "companies",
            "cases": "documents", "enrichment": "enrichment",
        }  # fmt: skip

    @property
    def credentials(self) -> dict[str, str]:
        """Return what the token endpoint accepts."""
        return {"client_id": self.client_id, "client_secret": self.client_secret}

    def reset(self, documents: int | None = None, seed: int | None = None) -> None:
        """Start over with a fresh demo set, no tokens, no time passed. Switches stay."""
        self._start_over()
        self._documents = self._documents if documents is None else documents
        self._seed = self._seed if seed is None else seed
        self.tokens: dict[str, tuple[float, frozenset[str]]] = {}
        self._used, self._window_end = 0, 0.0
        self.pages_served = 0
        self.salt = 0
        self.store = Store(self.switches, self.clock, DemoDocuments(self._seed, self._documents))
        self.store.fill()

    def state(self) -> dict[str, object]:
        """Show every document with the feedback it received, and the requests."""
        return sandbox_control.show(self)

    def act(self, what: dict[str, object]) -> object:
        """Do what a person or the provider would do; see `sandbox_control.act` for the list."""
        return sandbox_control.act(self, what)

    def error(self, status: int, detail: str, title: str | None = None) -> Reply:
        """Word an error as title, detail and status."""
        return json_reply(status, {"title": title or "Request refused", "detail": detail, "status": status})

    def refused(self, status: int, title: str, detail: str) -> RefusedError:
        """Make an error that ends the request."""
        return RefusedError(self.error(status, detail, title))

    # The front door

    def admit(self, call: Call) -> None:
        """Count the request against the quota, then look at the token and at what it may do."""
        now = self.clock.now()
        if now >= self._window_end:
            self._used, self._window_end = 0, now + self.switches.window
        self._used += 1
        if self.switches.quota and self._used > self.switches.quota:
            if self.switches.over_quota_body == "json":
                raise self.refused(429, "Too many requests", "The quota is used up")
            raise RefusedError(Reply(429))
        if call.path == "/auth/token":
            return
        kind, _, text = (call.header("authorization") or "").partition(" ")
        until, scopes = (
            self.tokens.get(text, (0.0, frozenset[str]())) if kind.lower() == "bearer" else (0.0, frozenset())
        )
        if until <= now or self.switches.credentials_dead:
            raise self.refused(401, "Unauthorized", "No valid credentials were provided")
        part = call.path.split("/")[1]
        deletes = call.method == "DELETE" and part == "enrichment"  # only there deleting has a scope of its own
        right = "read" if call.method == "GET" else "delete" if deletes else "write"
        scope = f"{self._scopes.get(part, part)}.{right}"
        if part in self._scopes and scope not in scopes:
            raise self.refused(403, "Forbidden", f"The token lacks the scope {scope}")

    def extra_headers(self) -> list[tuple[str, str]]:
        """Return the quota, whose reset is in whole seconds left and not a clock time."""
        quota = self.switches.quota or 1_000_000
        return [
            ("x-ratelimit-limit", f"{quota}, {quota};w={math.ceil(self.switches.window)}"),
            ("x-ratelimit-remaining", str(max(0, quota - self._used))),
            ("x-ratelimit-reset", str(max(0, math.ceil(self._window_end - self.clock.now())))),
        ]

    async def _token(self, call: Call) -> Reply:
        form = dict(parse_qsl((await call.body()).decode("latin-1")))
        if call.media_type != "application/x-www-form-urlencoded" or form.get("grant_type") != "client_credentials":
            raise self.refused(400, "Request validation error", "grant_type=client_credentials is needed, as a form")
        if self.switches.credentials_dead or call.basic() != (self.client_id, self.client_secret):
            raise self.refused(401, "Invalid client credentials", "Client id or secret is wrong")
        token = f"hy-token-{secrets.token_urlsafe(24)}"
        life = self.switches.token_life
        self.tokens[token] = (self.clock.now() + life, frozenset(self.switches.scopes.split()))
        answer = {
            "access_token": token,
            "expires_in": math.ceil(life),
            "scope": self.switches.scopes,
            "token_type": "Bearer",
        }
        return json_reply(200, answer, {"cache-control": "no-store", "pragma": "no-cache"})

    def record(self, document_id: str) -> Record:
        """Return a document. Raises RefusedError (404)."""
        record = self.store.records.get(document_id)
        if record is None:
            raise self.refused(404, "Document does not exist", "No document has this id")
        return record


def sandbox(documents: int, seed: int, latency: float) -> HypatosSandbox:
    """Build the sandbox that `python -m connectors.sandbox` serves: a quota that a demo does not notice."""
    return HypatosSandbox(documents, seed, Switches(quota=5000, latency=latency))
