"""The Zefort sandbox: its front door (Basic auth), listings and control plane. Writing is in the modules beside it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, TypeVar

from connectors.sandbox_app import SandboxApp
from connectors.sandbox_http import Call, RefusedError, Reply, json_reply
from connectors.zefort import (
    sandbox_contracts,
    sandbox_control,
    sandbox_people,
    sandbox_registers,
    sandbox_signing,
    sandbox_views,
)
from connectors.zefort.sandbox_records import Contract, Named, Party
from connectors.zefort.sandbox_search import BadFilterError, Filters
from connectors.zefort.sandbox_store import Store
from connectors.zefort.sandbox_switches import Switches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Switches", "ZefortSandbox", "sandbox"]

_T = TypeVar("_T")

_PAGE_SIZE = 24
_BINDERS = ("Invoices", "Credit notes", "Contracts")
_TAGS = ("invoice", "contract", "imported")
_PARTIES = (
    {"name": "Acme Oy", "org_id": "FI12345678", "country": "FI"},
    {"name": "Acme Oyj", "org_id": "FI99999999", "country": "FI"},
    {"name": "Müller & Söhne GmbH", "org_id": "DE811907980", "country": "DE"},
)


class ZefortSandbox(SandboxApp):
    """Zefort REST API 1.0.0 in memory, as an ASGI app: every path ends in a slash, every contract passes the AI."""

    base_path: ClassVar[str] = "/api/"
    prefix: ClassVar[str] = "/api"

    api_key: ClassVar[str] = "zf-sandbox-key-93ab"

    def __init__(self, switches: Switches | None = None) -> None:
        self.switches = switches or Switches()
        super().__init__(self.switches)
        self.reset()
        self.route("GET", "/contracts/", self._list)
        self.route("GET", "/contracts/trash/", self._trash)
        sandbox_contracts.add_routes(self)
        sandbox_people.add_routes(self)
        sandbox_registers.add_routes(self)
        sandbox_signing.add_routes(self)

    @property
    def credentials(self) -> dict[str, str]:
        """Return the key that works (as the user name, with an empty password)."""
        return {"api_key": self.api_key}

    def reset(self, documents: int | None = None, seed: int | None = None) -> None:
        """Start over with a few binders, tags and parties and no contract. Switches stay; there is no demo set."""
        del documents, seed
        self._start_over()
        self.pages_served = 0
        self.salt = 0
        self._cached: tuple[object, list[Contract]] = (None, [])
        self.store = store = Store(self.switches, self.clock)
        for name in _BINDERS:
            binder = Named(store.new_id("bnd"), name)
            store.binders[binder.id] = binder
        for name in _TAGS:
            tag = Named(store.new_id("tag"), name)
            store.tags[tag.id] = tag
        for fields in _PARTIES:
            party = Party(store.new_id("pty"), dict(fields))
            store.parties[party.id] = party

    def state(self) -> dict[str, object]:
        """Show every contract with all that hangs on it, the registers, and the requests."""
        return sandbox_control.show(self)

    def act(self, what: dict[str, object]) -> object:
        """Do what a person or the provider would do; see `sandbox_control.act` for the list."""
        return sandbox_control.act(self, what)

    # The front door

    def error(self, status: int, detail: str, title: str | None = None) -> Reply:
        """Word an error as a detail; a 401 says which kind of credentials it wants."""
        del title  # this provider has none
        headers = {"www-authenticate": 'Basic realm="api"'} if status == 401 else None  # noqa: PLR2004 -- HTTP's number
        return json_reply(status, {"detail": detail}, headers)

    def refused(self, status: int, detail: str) -> RefusedError:
        """Make an error that ends the request."""
        return RefusedError(self.error(status, detail))

    def invalid(self, field: str, message: str) -> RefusedError:
        """Make the 400 that names a field."""
        return RefusedError(json_reply(400, {field: [message]}))

    def admit(self, call: Call) -> None:
        """Look at the key."""
        if call.basic() != (self.api_key, ""):
            raise self.refused(401, "Invalid username/password.")

    def nowhere(self, call: Call) -> Reply:
        """Answer a path that nothing serves; one that only lacks its slash gets what a redirecting framework does."""
        if not call.path.endswith("/"):
            call_with = Call(call.scope, self._nothing, call.path + "/")
            if self._find(call_with) is not None:
                if call.method in ("GET", "HEAD"):
                    return Reply(301, b"", [("location", f"{self.prefix}{call.path}/")])
                if self.switches.no_slash == "500":
                    return Reply(500, b"<h1>Server Error (500)</h1>", [("content-type", "text/html")])
        return self.error(404, "Not found.")

    @staticmethod
    async def _nothing() -> dict[str, object]:
        return {"type": "http.disconnect"}

    # Listings

    def filters(self, params: Sequence[tuple[str, str]]) -> Filters:
        """Read the parameters of a listing or search. Raises RefusedError (400)."""
        today = datetime.fromtimestamp(self.clock.now(), UTC).date()
        try:
            return Filters(params, today)
        except BadFilterError as error:
            raise self.invalid(*error.args) from None

    async def _list(self, call: Call) -> Reply:
        return self._contracts(call, only_trashed=False)

    async def _trash(self, call: Call) -> Reply:
        status = int(self.switches.trash_list)
        if status != 200:  # noqa: PLR2004 -- HTTP's own number
            raise self.refused(status, "You do not have permission to perform this action.")
        return self._contracts(call, only_trashed=True)

    def _contracts(self, call: Call, *, only_trashed: bool) -> Reply:
        filters = self.filters(call.params)
        asked = tuple(one for one in call.params if one[0] != "page")
        key = (self.store.version, filters.today, only_trashed, asked, self.salt)
        if self._cached[0] != key:
            found = filters.apply(self.store, only_trashed=only_trashed)
            self._cached = (key, sandbox_control.shuffled(found, self.salt))
        found = self._cached[1]

        def show(contract: Contract) -> object:
            if filters.minimal:
                return sandbox_views.trimmed(contract)
            return sandbox_views.contract(self.store, contract)

        self.pages_served += 1
        reply, page = self.page(call, found, show, repeat=self.switches.repeat_page == self.pages_served)
        if not filters.searching:
            sandbox_control.drift(self, page)
        return reply

    def page(
        self, call: Call, found: Sequence[_T], show: Callable[[_T], object], *, repeat: bool = False
    ) -> tuple[Reply, Sequence[_T]]:
        """Cut a page out of a listing and wrap it. Raises RefusedError (400, or 404 past the end)."""
        number, size = self._whole(call, "page", 1), self._whole(call, "page_size", _PAGE_SIZE)
        size = min(size, self.switches.largest_page)
        if self.switches.short_pages:  # pages are counted, so a page that held back some of its rows would hide them
            size = max(1, size // 2)
        start = (number - 1) * size
        if start and start >= len(found) and self.switches.past_end == "404":
            raise self.refused(404, "Invalid page.")
        if repeat:
            start = max(0, start - size)
        items = found[start : start + (max(1, size // 2) if self.switches.hides_rows else size)]
        host = call.header("host") or "sandbox"
        view = sandbox_views.page(
            [show(item) for item in items],
            number=number,
            size=size,
            total=len(found),
            address=f"http://{host}{self.prefix}{call.path}",
            params=call.params,
        )
        if self.switches.total == "page":
            view["count"] = len(items)
        elif self.switches.total == "low":
            view["count"] = len(found) // 2
        elif self.switches.total == "omitted":
            del view["count"]
        return json_reply(200, view), items

    def _whole(self, call: Call, name: str, default: int) -> int:
        text = call.one(name)
        if text is None:
            return default
        if not text.isdecimal() or int(text) < 1:
            if name == "page":
                raise self.refused(404, "Invalid page.")
            raise self.invalid(name, "Ensure this value is greater than or equal to 1.")
        return int(text)


def sandbox(documents: int, seed: int, latency: float) -> ZefortSandbox:
    """Build the sandbox that `python -m connectors.sandbox` serves. It has no demo set to be sized."""
    del documents, seed
    return ZefortSandbox(Switches(latency=latency))
