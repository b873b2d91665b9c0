"""The Contract.fit sandbox: its front door (three ways to log in, rights). What is behind it is in the modules beside it."""

from __future__ import annotations

import base64
import json
import re
import secrets
from typing import TYPE_CHECKING, ClassVar

from connectors.contractfit import sandbox_control, sandbox_reading, sandbox_writing
from connectors.contractfit.sandbox_documents import INBOXES, DemoDocuments
from connectors.contractfit.sandbox_store import USER, Record, Store
from connectors.contractfit.sandbox_switches import Switches
from connectors.sandbox_app import SandboxApp
from connectors.sandbox_http import Call, RefusedError, Reply, json_reply

__all__ = ["ContractfitSandbox", "Switches", "sandbox"]

if TYPE_CHECKING:
    from connectors.sandbox_clock import Clock

_ID = re.compile(r"[0-9a-f]{24}")


class ContractfitSandbox(SandboxApp):
    """The Contract.fit REST API in memory, as an ASGI app."""

    base_path: ClassVar[str] = "/api"
    prefix: ClassVar[str] = "/api"

    api_key: ClassVar[str] = "cf-sandbox-key-7d21"
    username: ClassVar[str] = "gateway"
    password: ClassVar[str] = "cf-sandbox-word-9c40"  # noqa: S105 -- opens nothing but this sandbox

    def __init__(self, documents: int = 60, seed: int = 7, switches: Switches | None = None) -> None:
        self.switches = switches or Switches()
        self._documents, self._seed = documents, seed
        super().__init__(self.switches)
        self.reset()
        self.route("POST", "/auth", self._log_in)
        sandbox_reading.add_routes(self)
        sandbox_writing.add_routes(self)

    @property
    def credentials(self) -> dict[str, str]:
        """Return a key and the inbox that most demo documents lie in."""
        return {"api_key": self.api_key, "inbox": INBOXES[0][0]}

    def reset(self, documents: int | None = None, seed: int | None = None) -> None:
        """Start over with a fresh demo set, no tokens, no time passed. Switches stay."""
        self._start_over()
        self._documents = self._documents if documents is None else documents
        self._seed = self._seed if seed is None else seed
        self.tokens: dict[str, float] = {}
        self.pages_served = 0
        self.salt = 0
        self.store = Store(self.switches, self.clock, DemoDocuments(self._seed, self._documents))
        self.store.fill()

    def state(self) -> dict[str, object]:
        """Show every document with what was done to it, and the requests."""
        return sandbox_control.show(self)

    def act(self, what: dict[str, object]) -> object:
        """Do what a person or the provider would do; see `sandbox_control.act` for the list."""
        return sandbox_control.act(self, what)

    # Errors

    def error(self, status: int, detail: str, title: str | None = None) -> Reply:  # noqa: ARG002 -- there are no titles here
        """Word an error as the framework does."""
        return json_reply(status, {"message": detail})

    def refused(self, status: int, detail: str) -> RefusedError:
        """Make an error that ends the request."""
        return RefusedError(self.error(status, detail))

    def invalid(self, name: str, problem: str) -> RefusedError:
        """Make the error for a parameter that is wrong."""
        body = {"errors": {name: problem}, "message": "Input payload validation failed"}
        return RefusedError(json_reply(400, body))

    # The front door

    def admit(self, call: Call) -> None:
        """Let in whoever has a key, a token, or user and password. Raises RefusedError."""
        if call.path == "/auth":
            return
        key = call.header("x-api-key") or call.one("api_key")
        kind, _, text = (call.header("authorization") or "").partition(" ")
        known = key == self.api_key if key is not None else call.basic() == (self.username, self.password)
        if kind.lower() == "bearer":
            known = known or self.tokens.get(text, 0.0) > self.clock.now()
        if not known:
            raise self.refused(int(self.switches.bad_credentials), "Invalid credentials")

    def allow(self, right: str) -> None:
        """Raise RefusedError (403) if the account lacks a right."""
        if right not in self.switches.rights.split():
            raise self.refused(403, "Permission insufficient")

    def inbox(self, inbox_id: str) -> tuple[str, str]:
        """Return an inbox. Raises RefusedError (404)."""
        self._check(inbox_id)
        found = next((inbox for inbox in INBOXES if inbox[0] == inbox_id), None)
        if found is None:
            raise self.refused(404, "Inbox not found")
        return found

    def record(self, document_id: str) -> Record:
        """Return a document. Raises RefusedError."""
        self._check(document_id)
        record = self.store.records.get(document_id)
        if record is None or not record.visible:
            raise self.refused(int(self.switches.gone), "Document not found")
        return record

    def _check(self, some_id: str) -> None:
        if not _ID.fullmatch(some_id):
            raise self.refused(int(self.switches.bad_id), "Invalid id")

    async def _log_in(self, call: Call) -> Reply:
        body = await call.json()
        if (body.get("username"), body.get("password")) != (self.username, self.password):
            raise self.refused(401, "Bad username or password")
        token = _token(self.clock, self.switches.token_life)
        if self.switches.token == "opaque":  # noqa: S105 -- a kind of token
            token = f"cf-token-{secrets.token_urlsafe(24)}"
        self.tokens[token] = self.clock.now() + self.switches.token_life
        return json_reply(200, {"authentication_token": token})


def _token(clock: Clock, life: float) -> str:
    """Write a JSON Web Token. Its signature is drawn, since nobody checks it but the sandbox itself."""
    now = int(clock.now())
    parts: tuple[dict[str, object], ...] = (
        {"alg": "HS256", "typ": "JWT"},
        {"sub": USER, "iat": now, "exp": now + life, "jti": secrets.token_hex(4)},
    )
    written = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join((*written, secrets.token_urlsafe(32)))


def sandbox(documents: int, seed: int, latency: float) -> ContractfitSandbox:
    """Build the sandbox that `python -m connectors.sandbox` serves."""
    return ContractfitSandbox(documents, seed, Switches(latency=latency))
