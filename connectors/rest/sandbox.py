"""A stand-in for an ERP with a REST API: invoices with files, looked up by an external key. It belongs to no provider."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal
from urllib.parse import parse_qsl

from connectors.sandbox_app import SandboxApp
from connectors.sandbox_control import CannotActError
from connectors.sandbox_http import Call, RefusedError, Reply, json_reply
from connectors.sandbox_switches import SharedSwitches
from connectors.sandbox_upload import BadFormError, FileTooLargeError, Form, Part

if TYPE_CHECKING:
    from collections.abc import Iterable

_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_KEPT = 1 << 16


@dataclass
class Switches(SharedSwitches):
    """What differs from one API to the next. The default comes first in every list of choices."""

    login: Literal["bearer", "basic", "api_key", "oauth"] = "bearer"
    body: Literal["json", "form"] = "json"
    id_in: Literal["body", "location"] = "body"
    """Where the answer to a creation tells the id."""
    search: Literal["exact", "prefix", "ignored", "absent"] = "exact"
    """Whether `externalKey` finds equal keys, those that begin alike, everything, or there is no list at all."""
    index_lag: float = 0.0
    """Seconds that a new invoice stays out of the list."""
    unique_keys: bool = False
    """Whether a second invoice with the same key is a 409."""
    idempotency: bool = False
    """Whether the header Idempotency-Key is known: the same answer again, 422 if the body is another."""
    largest_file: int = 1 << 28
    """Bytes; larger files are refused (413)."""
    token_life: float = 3600.0
    """Seconds an OAuth2 token lives."""


@dataclass
class Invoice:
    """One invoice as it stands."""

    id: str
    key: str | None
    fields: dict[str, object]
    made: float
    files: list[Part] = field(default_factory=list)
    writes: int = 1


class RestSandbox(SandboxApp):
    """The ERP in memory, as an ASGI app."""

    base_path: ClassVar[str] = "/api/v1"
    prefix: ClassVar[str] = "/api/v1"
    bare_paths: ClassVar[frozenset[str]] = frozenset({"/oauth/token"})

    token: ClassVar[str] = "erp-sandbox-token-77aa"  # noqa: S105 -- opens nothing but this sandbox
    user: ClassVar[tuple[str, str]] = ("erp-user", "erp-sandbox-password")

    def __init__(self, switches: Switches | None = None) -> None:
        self.switches = switches or Switches()
        super().__init__(self.switches)
        self.reset()
        self.route("POST", "/oauth/token", self._token)
        self.route("POST", "/invoices", self._create)
        self.route("GET", "/invoices", self._list)
        self.route("GET", "/invoices/{}", self._read)
        self.route("PUT", "/invoices/{}", self._update)
        self.route("GET", "/invoices/{}/files", self._files)
        self.route("POST", "/invoices/{}/files", self._add_file)
        self.route("PUT", "/invoices/{}/files/{}", self._set_file)

    @property
    def credentials(self) -> dict[str, str]:
        """Return the bearer token."""
        return {"token": self.token}

    def reset(self, documents: int | None = None, seed: int | None = None) -> None:
        """Start over without any invoice. Switches stay."""
        del documents, seed  # it has no demo set
        self._start_over()
        self.invoices: dict[str, Invoice] = {}
        self.remembered: dict[str, tuple[bytes, Reply]] = {}
        self.tokens: dict[str, float] = {}

    def state(self) -> dict[str, object]:
        """Show every invoice with its files, and the requests."""
        return {"invoices": {one.id: self._view(one) for one in self.invoices.values()}, "requests": self.traffic()}

    def act(self, what: dict[str, object]) -> object:
        """Delete an invoice as a person would ({"delete": id}), or let time pass ({"advance": seconds})."""
        match what:
            case {"delete": str(id_)} if id_ in self.invoices:
                del self.invoices[id_]
            case {"advance": int() | float() as seconds}:
                self.clock.advance(seconds)
            case _:
                raise CannotActError("there are delete (an id) and advance (seconds)")
        return {}

    def error(self, status: int, detail: str, title: str | None = None) -> Reply:
        """Word an error as code and message."""
        return json_reply(status, {"error": {"code": title or "refused", "message": detail}})

    def admit(self, call: Call) -> None:
        """Look at the credentials."""
        kind, _, text = (call.header("authorization") or "").partition(" ")
        known = {
            "bearer": (kind, text) == ("Bearer", self.token),
            "basic": call.basic() == self.user,
            "api_key": call.header("x-api-key") == self.token,
            "oauth": call.path == "/oauth/token" or self.tokens.get(text, 0.0) > self.clock.now(),
        }
        if not known[self.switches.login]:
            raise RefusedError(self.error(401, "Log in first", "unauthorized"))

    async def _token(self, call: Call) -> Reply:
        if dict(parse_qsl((await call.body()).decode())).get("grant_type") != "client_credentials":
            return self.error(400, "grant_type must be client_credentials", "unsupported_grant_type")
        if call.basic() != self.user:
            return self.error(401, "Client id or secret is wrong", "invalid_client")
        token = secrets.token_urlsafe(24)
        self.tokens[token] = self.clock.now() + self.switches.token_life
        return json_reply(200, {"access_token": token, "token_type": "Bearer", "expires_in": self.switches.token_life})

    async def _create(self, call: Call) -> Reply:
        fields, text = await self._body(call)
        once = call.header("idempotency-key") if self.switches.idempotency else None
        if once is not None and once in self.remembered:
            before, reply = self.remembered[once]
            if before != text:
                return self.error(422, "This Idempotency-Key was used with another body", "idempotency_mismatch")
            return Reply(reply.status, reply.body, list(reply.headers))
        key = fields.pop("externalKey", None) or call.header("x-external-key")
        if self.switches.unique_keys and any(one.key == key for one in self.invoices.values()):
            return self.error(409, "There is an invoice with this externalKey", "conflict")
        made = Invoice(f"inv/{secrets.token_hex(6)}", None if key is None else str(key), fields, self.clock.now())
        self.invoices[made.id] = made
        location = ("location", f"{self.prefix}/invoices/{made.id.replace('/', '%2F')}")
        if self.switches.id_in == "location":
            reply = Reply(201, b"", [location])
        else:
            reply = json_reply(201, {"data": {"id": made.id}})
        if once is not None:
            self.remembered[once] = (text, Reply(reply.status, reply.body, list(reply.headers)))
        return reply

    async def _list(self, call: Call) -> Reply:
        if self.switches.search == "absent":
            return self.error(405, "There is no list", "not_allowed")
        asked, now = call.one("externalKey"), self.clock.now()
        listed: Iterable[Invoice] = (one for one in self.invoices.values() if one.made + self.switches.index_lag <= now)
        if asked is not None and self.switches.search != "ignored":
            exact = self.switches.search == "exact"
            beginning = asked[:8]
            listed = (
                one for one in listed if one.key == asked or (not exact and (one.key or "").startswith(beginning))
            )
        return json_reply(200, {"items": [self._view(one) for one in listed]})

    async def _read(self, call: Call) -> Reply:
        return json_reply(200, {"data": self._view(self._invoice(call))})

    async def _update(self, call: Call) -> Reply:
        invoice = self._invoice(call)
        fields, _ = await self._body(call)
        fields.pop("externalKey", None)
        invoice.fields, invoice.writes = fields, invoice.writes + 1
        return json_reply(200, {"data": self._view(invoice)})

    async def _files(self, call: Call) -> Reply:
        return json_reply(200, {"items": [self._file(part) for part in self._invoice(call).files]})

    async def _add_file(self, call: Call) -> Reply:
        invoice = self._invoice(call)
        part = await self._part(call)
        invoice.files.append(part)
        return json_reply(201, self._file(part))

    async def _set_file(self, call: Call) -> Reply:
        invoice = self._invoice(call)
        part = await self._part(call)
        part.filename = call.ids[1]
        invoice.files = [one for one in invoice.files if one.filename != part.filename] + [part]
        return json_reply(200, self._file(part))

    async def _body(self, call: Call) -> tuple[dict[str, object], bytes]:
        """Read an invoice. Raises RefusedError: the wrong media type, or no number."""
        if call.media_type != (_JSON if self.switches.body == "json" else _FORM):
            raise RefusedError(self.error(415, f"{call.media_type or 'nothing'} is not taken here", "media_type"))
        if self.switches.body == "json":
            fields = await call.json()
            text = repr(fields).encode()
        else:
            text = await call.body()
            fields = dict(parse_qsl(text.decode(), keep_blank_values=True))
        if not isinstance(fields.get("number"), str) or not fields["number"]:
            raise RefusedError(self.error(422, "number must be a text", "invalid"))
        return fields, text

    async def _part(self, call: Call) -> Part:
        try:
            parts = await Form(call.header("content-type") or "", _KEPT, self.switches.largest_file).read(call)
        except BadFormError as error:
            raise RefusedError(self.error(400, f"The form cannot be read: {error}", "bad_form")) from error
        except FileTooLargeError as error:
            raise RefusedError(self.error(413, "The file is too large", "too_large")) from error
        files = [part for part in parts if part.name == "file" and part.filename]
        if len(files) != 1:
            raise RefusedError(self.error(400, "Exactly one part called file is wanted", "bad_form"))
        return files[0]

    def _invoice(self, call: Call) -> Invoice:
        if call.ids[0] not in self.invoices:
            raise RefusedError(self.error(404, "There is no such invoice", "not_found"))
        return self.invoices[call.ids[0]]

    def _view(self, one: Invoice) -> dict[str, object]:
        files = [self._file(part) for part in one.files]
        return {"id": one.id, "externalKey": one.key, "fields": one.fields, "files": files, "writes": one.writes}

    def _file(self, part: Part) -> dict[str, object]:
        return {"name": part.filename, "size": part.size, "sha256": part.digest, "media_type": part.media_type}


def sandbox(documents: int, seed: int, latency: float) -> RestSandbox:
    """Build the sandbox that `python -m connectors.sandbox` serves. It has no demo set to be sized."""
    del documents, seed
    return RestSandbox(Switches(latency=latency))
