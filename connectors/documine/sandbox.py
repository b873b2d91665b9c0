"""The DocuMine sandbox: its front door (token, tenant) and licence. What is behind it is in the modules beside this one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from connectors.documine import sandbox_control
from connectors.documine.sandbox_dossiers import Dossiers
from connectors.documine.sandbox_login import Login
from connectors.documine.sandbox_packages import Packages
from connectors.documine.sandbox_store import Store
from connectors.documine.sandbox_switches import Switches
from connectors.documine.sandbox_views import Views
from connectors.sandbox_app import SandboxApp
from connectors.sandbox_http import Call, RefusedError, Reply, json_reply

if TYPE_CHECKING:
    from connectors.sandbox_app import Handler

__all__ = ["DocumineSandbox", "Switches", "sandbox"]

_UNAUTHORIZED = 401


class DocumineSandbox(SandboxApp):
    """DocuMine in memory, as an ASGI app: one workspace, a login server, and files that pass an analysis."""

    base_path: ClassVar[str] = ""
    prefix: ClassVar[str] = ""

    workspace: ClassVar[str] = "sandbox-workspace"

    def __init__(self, documents: int = 200, seed: int = 7, switches: Switches | None = None) -> None:
        self.switches = switches or Switches()
        self._documents, self._seed = documents, seed
        super().__init__(self.switches)
        self.views = Views(self.switches)
        self.reset()
        for realms in ("/auth/realms", "/realms"):
            place = f"{realms}/{{}}/protocol/openid-connect/"
            self.route("GET", place + "auth", self._login(realms, "page"))
            self.route("POST", place + "auth", self._login(realms, "submit"))
            self.route("POST", place + "token", self._login(realms, "token"))
        self.dossiers = Dossiers(self)
        Packages(self)
        self.route("GET", "/api/users", self._users)
        self.route("GET", "/api/license/active/usage", self._licence)

    @property
    def credentials(self) -> dict[str, str]:
        """Return what a client needs, the template and the dossier to begin with among it."""
        login = self.login
        return {
            "client_id": login.client_id,
            "client_secret": login.client_secret,
            "username": login.username,
            "password": login.password,
            "workspace": self.workspace,
            "template": "DocuMine Example",
            "dossier": "Reports",
        }

    def reset(self, documents: int | None = None, seed: int | None = None) -> None:
        """Start over with a fresh demo set, nobody logged in, no time passed. Switches stay."""
        self._start_over()
        self._documents = self._documents if documents is None else documents
        self._seed = self._seed if seed is None else seed
        self.salt = 0
        self.login = Login(self)
        self.store = Store(self.switches, self.clock, self._seed)
        self.store.fill(self._documents)

    def state(self) -> dict[str, object]:
        """Show every file with its components, dossiers, packages, logins, and the requests."""
        return sandbox_control.show(self)

    def act(self, what: dict[str, object]) -> object:
        """Do what a person or the provider would do; see `sandbox_control.act` for the list."""
        return sandbox_control.act(self, what)

    def error(self, status: int, detail: str, title: str | None = None) -> Reply:
        """Word an error as a moment and a message; a 401 may say nothing at all."""
        del title  # this provider has none
        if status == _UNAUTHORIZED and self.switches.body_401 == "empty":
            return Reply(status, b"", [("www-authenticate", 'Bearer error="invalid_token"')])
        now = datetime.fromtimestamp(self.clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return json_reply(status, {"timestamp": now, "message": detail})

    def refused(self, status: int, detail: str) -> RefusedError:
        """Make an error that ends the request."""
        return RefusedError(self.error(status, detail))

    def admit(self, call: Call) -> None:
        """Look at the token and at the tenant; the login server lets everybody in."""
        if not call.path.startswith("/api/"):
            return
        kind, _, token = (call.header("authorization") or "").partition(" ")
        if kind.lower() != "bearer" or not self.login.admits(token):
            raise self.refused(401, "The token is missing or has expired")
        if self.switches.tenant == "checked" and call.header("x-tenant-id") != self.workspace:
            raise self.refused(403, "The tenant header is missing or is not the token's realm")

    def _login(self, realms: str, what: str) -> Handler:
        async def answer(call: Call) -> Reply:
            if realms != self.switches.realms or call.ids[0] != self.workspace:
                return json_reply(404, {"error": "Realm does not exist"})
            handler: Handler = getattr(self.login, what)
            return await handler(call)

        return answer

    async def _users(self, _: Call) -> Reply:
        user = {"id": "c2e33246-e50a-4c43-831c-6789a5637db6", "username": self.login.username, "isActive": True}
        return json_reply(200, {"users": [user]})

    async def _licence(self, call: Call) -> Reply:
        if not self.switches.licence:
            return self.nowhere(call)
        files = sum(len(dossier.files) for dossier in self.store.dossiers.values())
        return json_reply(200, {"numberOfAnalyzedFiles": files, "numberOfAnalyzedPages": files})


def sandbox(documents: int, seed: int, latency: float) -> DocumineSandbox:
    """Build the sandbox that `python -m connectors.sandbox` serves."""
    return DocumineSandbox(documents, seed, Switches(latency=latency))
