"""The provider in memory: a strict stand-in for its API that shares no code with the client."""

from __future__ import annotations

import hmac
import random
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from connectors.example.sandbox_store import STATUSES, Store, Stored, StoredFile, Switches, show_file
from connectors.sandbox_app import SandboxApp
from connectors.sandbox_control import CannotActError
from connectors.sandbox_http import Call, RefusedError, Reply, json_reply
from connectors.sandbox_pdf import bare
from connectors.sandbox_upload import BadFormError, FileTooLargeError, Form

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST = 50
_LONGEST = 200
_KEPT, _LARGEST = 1 << 20, 64 << 20


class ExampleSandbox(SandboxApp):
    """The API as an ASGI app."""

    base_path: ClassVar[str] = "/v1"
    prefix: ClassVar[str] = "/v1"
    user: ClassVar[tuple[str, str]] = ("example-user", "example-sandbox-password")

    def __init__(self, documents: int = 0, seed: int = 7, switches: Switches | None = None) -> None:
        self.switches = switches or Switches()
        super().__init__(self.switches)
        self._size, self._seed = documents, seed
        self.reset()
        self.route("GET", "/documents", self._list)
        self.route("POST", "/documents", self._create)
        self.route("GET", "/documents/{}", self._read)
        self.route("PUT", "/documents/{}", self._update)
        self.route("POST", "/documents/{}/export", self._export)
        self.route("POST", "/documents/{}/files", self._attach)
        self.route("GET", "/files/{}", self._file)

    @property
    def credentials(self) -> dict[str, str]:
        """Return user and password."""
        return {"username": self.user[0], "password": self.user[1]}

    def reset(self, documents: int | None = None, seed: int | None = None) -> None:
        """Start over with a demo set. Switches stay."""
        self._start_over()
        self.store = Store(self.switches, self.clock)
        self._pages, self._page = 0, list[Stored]()
        self._size = self._size if documents is None else documents
        self._seed = self._seed if seed is None else seed
        draw = random.Random(self._seed)  # noqa: S311 -- repeatable on purpose, nothing secret
        for number in range(1, self._size + 1):
            title, amount = f"Invoice {number}", Decimal(draw.randrange(100, 500_000)) / 100
            made = self.store.make({"title": title, "amount": amount})
            self.store.attach(made, f"invoice-{number}.pdf", "application/pdf", bare(f"{title}: {amount}"))

    def state(self) -> dict[str, object]:
        """Show every document with what was told about it, and the requests."""
        documents = {
            one.id: {
                **self.store.show(one),
                "told": {"effective": one.told, "repeated": one.told_in_vain},
                "files": [{**show_file(file), "sha256": file.sha256} for file in one.files],
            }
            for one in self.store.documents.values()
        }
        return {"documents": documents, "requests": self.traffic()}

    def act(self, what: dict[str, object]) -> object:
        """Add a document ({"add": {title, amount}}), edit or delete one, set its status, or let time pass."""
        match what:
            case {"add": {**fields}}:
                return {"id": self.store.make({str(name): value for name, value in fields.items()}).id}
            case {"edit": str(id_), "fields": {**fields}} if id_ in self.store.documents:
                changed = {str(name): value for name, value in fields.items()}
                self.store.change(self.store.documents[id_], fields=changed)
            case {"status": str(id_), "to": str(status)} if id_ in self.store.documents and status in STATUSES:
                self.store.change(self.store.documents[id_], status=status)
            case {"delete": str(id_)} if id_ in self.store.documents:
                del self.store.documents[id_]
            case {"advance": int() | float() as seconds}:
                self.clock.advance(seconds)
            case _:
                raise CannotActError(
                    "there are add, edit with fields, status with to, delete (an id), advance (seconds)"
                )
        return {}

    def error(self, status: int, detail: str, title: str | None = None) -> Reply:
        """Word an error as code and message."""
        return json_reply(status, {"code": title or "refused", "message": detail})

    def admit(self, call: Call) -> None:
        """Look at user and password."""
        user, password = call.basic() or ("", "")
        if user != self.user[0] or not hmac.compare_digest(password.encode(), self.user[1].encode()):
            raise self._refused(401, "User or password is wrong")

    async def _list(self, call: Call) -> Reply:
        if unknown := {name for name, _ in call.params} - {"status", "reference", "after", "limit"}:
            raise self._refused(400, f"There is no parameter {min(unknown)}")
        status, limit = call.one("status"), call.one("limit", str(_MOST)) or ""
        if status is not None and status not in STATUSES:
            raise self._refused(400, f"status is one of {', '.join(STATUSES)}")
        if not limit.isdecimal() or not 1 <= int(limit) <= _MOST:
            raise self._refused(400, f"limit is a whole number from 1 to {_MOST}")
        size = max(1, int(limit) // 2) if self.switches.short_pages else int(limit)
        self._pages += 1
        if self._pages != self.switches.repeat_page:  # else the page before is shown once more
            self._page = self.store.listing(status, call.one("reference"), call.one("after") or "")[:size]
        reply = json_reply(200, {"documents": [self.store.show(one) for one in self._page]})
        if call.one("reference") is None:
            self.store.drift(self.drifting([one.id for one in self._page]))
        return reply

    async def _create(self, call: Call) -> Reply:
        body = await self._body(call, ("title", "amount", "reference"))
        reference = body.pop("reference", None)
        if not isinstance(reference, str | None):
            raise self._refused(422, "reference must be a text")
        return json_reply(201, self.store.show(self.store.make(body, reference)))

    async def _read(self, call: Call) -> Reply:
        return json_reply(200, self.store.show(self._document(call)))

    async def _update(self, call: Call) -> Reply:
        one = self._changeable(call)
        self.store.change(one, fields=await self._body(call, ("title", "amount")))
        return json_reply(200, self.store.show(one))

    async def _export(self, call: Call) -> Reply:
        one, body = self._document(call), await call.json()
        status, told = body.get("status"), body.get("external_id" if body.get("status") == "exported" else "message")
        if status not in ("exported", "refused") or not isinstance(told, str) or not 1 <= len(told) <= _LONGEST:
            raise self._refused(422, "status is exported (with external_id) or refused (with message)")
        if one.status != "ready":
            one.told_in_vain += 1
            raise self._refused(409, f"The document is {one.status}")
        one.export, one.told = body, one.told + 1
        self.store.change(one, status=str(status))
        return json_reply(200, self.store.show(one))

    async def _attach(self, call: Call) -> Reply:
        one = self._changeable(call)
        try:
            parts = await Form(call.header("content-type") or "", _KEPT, _LARGEST).read(call)
        except BadFormError as error:
            raise self._refused(400, f"The form cannot be read: {error}") from error
        except FileTooLargeError as error:
            raise self._refused(413, "The file is too large") from error
        if len(parts) != 1 or parts[0].name != "file" or not parts[0].filename:
            raise self._refused(400, "Exactly one part called file is wanted")
        (part,) = parts
        content = bytes(part.content) if part.size <= _KEPT else None
        file = StoredFile("", part.filename or "", part.media_type, part.size, part.digest, content)
        return json_reply(201, show_file(self.store.keep(one, file)))

    async def _file(self, call: Call) -> Reply:
        file = self.store.files.get(call.ids[0])
        if file is None:
            raise self._refused(404, "There is no such file")
        if file.content is None:
            raise self._refused(501, "The sandbox keeps only name, size and digest of large files")
        name = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
        return Reply(200, file.content, [("content-type", file.media_type), ("content-disposition", name)])

    async def _body(self, call: Call, known: Iterable[str]) -> dict[str, object]:
        """Read title and amount. Raises RefusedError: the wrong media type, an unknown field, or a value of no use."""
        if call.media_type != "application/json":
            raise self._refused(415, f"{call.media_type or 'nothing'} is not taken here")
        body = await call.json()
        if unknown := set(body) - set(known):
            raise self._refused(422, f"There is no field {min(unknown)}")
        title, amount = body.get("title"), body.get("amount")
        if not isinstance(title, str) or not 1 <= len(title) <= _LONGEST:
            raise self._refused(422, f"title must be a text of 1 to {_LONGEST} characters")
        if not isinstance(amount, int | Decimal | None) or isinstance(amount, bool):
            raise self._refused(422, "amount must be a number")
        return body

    def _document(self, call: Call) -> Stored:
        if call.ids[0] not in self.store.documents:
            raise self._refused(404, "There is no such document")
        return self.store.documents[call.ids[0]]

    def _changeable(self, call: Call) -> Stored:
        one = self._document(call)
        if one.status == "trashed":
            raise self._refused(409, "The document is in the trash")
        return one

    def _refused(self, status: int, detail: str) -> RefusedError:
        return RefusedError(self.error(status, detail))


def sandbox(documents: int, seed: int, latency: float) -> ExampleSandbox:
    """Build the sandbox that `python -m connectors.sandbox` serves."""
    return ExampleSandbox(documents, seed, Switches(latency=latency))
