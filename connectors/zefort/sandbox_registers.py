"""What the Zefort sandbox has beside contracts: binders, tags, the party register, the trash, files and tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.sandbox_http import Call, Reply, json_reply
from connectors.zefort import sandbox_views
from connectors.zefort.sandbox_intake import Intake
from connectors.zefort.sandbox_records import Contract, Named, StoredFile
from connectors.zefort.sandbox_search import likeness, words_of

if TYPE_CHECKING:
    from connectors.zefort.sandbox import ZefortSandbox

_LONGEST_BINDER, _LONGEST_TAG = 512, 255


def add_routes(app: ZefortSandbox) -> None:
    """Serve the registers."""
    desk = _Desk(app)
    app.route("GET", "/contracts/{}/binders/", desk.binders_of)
    app.route("POST", "/contracts/{}/binders/", desk.put_in_binder)
    app.route("GET", "/binders/", desk.binders)
    app.route("POST", "/binders/", desk.create_binder)
    app.route("POST", "/binders/{}/contracts/", desk.fill_binder)
    app.route("GET", "/tags/", desk.tags)
    app.route("POST", "/tags/", desk.create_tag)
    app.route("POST", "/tags/{}/contracts/", desk.tag_contracts)
    app.route("GET", "/parties/", desk.parties)
    app.route("PATCH", "/contracts/trash/{}/", desk.restore)
    app.route("DELETE", "/contracts/trash/{}/", desk.never)
    app.route("POST", "/contracts/trash/empty/", desk.never)
    app.route("GET", "/documents/{}/", desk.document)
    app.route("DELETE", "/documents/{}/", desk.delete_document)
    app.route("GET", "/documents/{}/download/", desk.download)
    app.route("GET", "/contracts/{}/documents/{}/download/", desk.download_of_contract)
    app.route("GET", "/tasks/{}/", desk.task)


class _Desk:
    """Takes in what clients ask of the registers."""

    def __init__(self, app: ZefortSandbox) -> None:
        self.app = app
        self.intake = Intake(app)

    def _name(self, value: object, field: str, longest: int) -> str:
        name = self.intake.text(value, field, longest)
        if not name:
            raise self.app.invalid(field, "This field may not be blank.")
        return name

    # Binders

    async def binders_of(self, call: Call) -> Reply:
        contract = self.intake.contract(call.ids[0])
        reply, _ = self.app.page(call, contract.binders, lambda one: sandbox_views.membership(*one))
        return reply

    async def put_in_binder(self, call: Call) -> Reply:
        contract = self.intake.contract(call.ids[0])
        binder_id = (await self.intake.json(call, ("binder",))).get("binder")
        binder = self.app.store.binders.get(str(binder_id))
        if binder is None:
            raise self.app.invalid("binder", f'Invalid pk "{binder_id}" - object does not exist.')
        status = 201
        if contract.id in binder.contracts:
            status = int(self.app.switches.binder_again)
            if status == 400:  # noqa: PLR2004 -- HTTP's own number
                raise self.app.invalid("binder", "The contract is already in this binder.")
        self.app.store.put_in(contract, binder)
        moment = next(moment for one, moment in contract.binders if one is binder)
        return json_reply(status, sandbox_views.membership(binder, moment))

    async def fill_binder(self, call: Call) -> Reply:
        binder = self.app.store.binders.get(call.ids[0])
        if binder is None:
            raise self.app.refused(404, "Not found.")
        for contract in await self._selection(call):
            self.app.store.put_in(contract, binder)
        return self._task()

    async def binders(self, call: Call) -> Reply:
        text, parent = (call.one("q") or "").lower(), call.one("parent")
        found = [
            binder
            for binder in self.app.store.binders.values()
            if text in binder.name.lower() and parent in (None, binder.parent)
        ]
        reply, _ = self.app.page(call, found, sandbox_views.binder)
        return reply

    async def create_binder(self, call: Call) -> Reply:
        body = await self.intake.json(
            call,
            (
                "name",
                "parent",
                "is_esign_target",
            ),
        )
        parent = None if body.get("parent") is None else str(body["parent"])
        if parent is not None and parent not in self.app.store.binders:
            raise self.app.invalid("parent", f'Invalid pk "{parent}" - object does not exist.')
        name = self._name(body.get("name"), "name", _LONGEST_BINDER)
        binder = Named(self.app.store.new_id("bnd"), name, parent)
        self.app.store.binders[binder.id] = binder
        return json_reply(201, sandbox_views.binder(binder))

    # Tags

    async def tags(self, call: Call) -> Reply:
        text = (call.one("q") or "").lower()
        found = [tag for tag in self.app.store.tags.values() if text in tag.name.lower()]
        reply, _ = self.app.page(call, found, sandbox_views.tag)
        return reply

    async def create_tag(self, call: Call) -> Reply:
        body = await self.intake.json(
            call,
            (
                "tag_name",
                "active",
            ),
        )
        name = self._name(body.get("tag_name"), "tag_name", _LONGEST_TAG)
        active = body.get("active", True)
        if not isinstance(active, bool):
            raise self.app.invalid("active", "Must be a valid boolean.")
        store = self.app.store
        if self.app.switches.tag_names_unique and any(tag.name == name for tag in store.tags.values()):
            raise self.app.invalid("tag_name", "A tag with this name already exists.")
        tag = Named(store.new_id("tag"), name, active=active)
        store.tags[tag.id] = tag
        return json_reply(201, sandbox_views.tag(tag))

    async def tag_contracts(self, call: Call) -> Reply:
        tag = self.app.store.tags.get(call.ids[0])
        if tag is None:
            raise self.app.refused(404, "Not found.")
        for contract in await self._selection(call):
            contract.heard(effective=contract.id not in tag.contracts)
            self.app.store.tag(contract, tag)
        return self._task()

    async def _selection(self, call: Call) -> list[Contract]:
        """Read which contracts are meant. An empty selection is refused: it might mean all of them."""
        body = await self.intake.json(
            call,
            (
                "contracts",
                "search",
            ),
        )
        if not body.get("contracts") and not body.get("search"):
            raise self.app.refused(400, "Give contracts or search.")
        if search := body.get("search"):
            if not isinstance(search, dict):
                raise self.app.invalid("search", "Expected a dictionary of items.")
            return self.app.filters([(str(name), str(value)) for name, value in search.items()]).apply(self.app.store)
        ids = body["contracts"]
        if not isinstance(ids, list):
            raise self.app.invalid("contracts", "Expected a list of items.")
        found = []
        for contract_id in ids:
            contract = self.app.store.contracts.get(str(contract_id))
            if contract is None or contract.trashed:
                raise self.app.invalid("contracts", f'Invalid pk "{contract_id}" - object does not exist.')
            found.append(contract)
        return found

    def _task(self) -> Reply:
        return json_reply(200, _finished(self.app.store.new_id("task")))

    async def task(self, call: Call) -> Reply:
        if not call.ids[0].startswith("task_"):
            raise self.app.refused(404, "Not found.")
        return json_reply(200, _finished(call.ids[0]))

    # Parties, trash, files

    async def parties(self, call: Call) -> Reply:
        """Search the register by likeness, best first; with no `q` it is the whole register."""
        found = list(self.app.store.parties.values())
        if words := words_of(call.one("q") or ""):
            rated = [(likeness(party.text, words), party) for party in found]
            found = [party for score, party in sorted(rated, key=lambda one: -one[0]) if score > 0]
        reply, _ = self.app.page(call, found, sandbox_views.party)
        return reply

    async def restore(self, call: Call) -> Reply:
        contract = self.app.store.contracts.get(call.ids[0])
        if contract is None or not contract.trashed:
            raise self.app.refused(404, "Not found.")
        contract.trashed = False
        self.app.store.touch(contract)
        return json_reply(200, sandbox_views.contract(self.app.store, contract))

    async def never(self, _call: Call) -> Reply:
        """Refuse what deletes for good, and remember that somebody tried."""
        self.app.store.purged += 1
        raise self.app.refused(403, "You do not have permission to perform this action.")

    def _document(self, call: Call) -> tuple[Contract, StoredFile]:
        found = self.app.store.documents.get(call.ids[0])
        if found is None:
            raise self.app.refused(404, "Not found.")
        return found

    async def document(self, call: Call) -> Reply:
        contract, file = self._document(call)
        return json_reply(200, sandbox_views.document(file, contract.files.index(file)))

    async def delete_document(self, call: Call) -> Reply:
        if not self.app.switches.documents_deletable:
            raise self.app.refused(404, "Not found.")
        contract, file = self._document(call)
        self.app.store.drop_file(contract, file)
        return Reply(204)

    async def download(self, call: Call) -> Reply:
        if self.app.switches.download != "documents":
            raise self.app.refused(404, "Not found.")
        return self._content(self._document(call)[1])

    async def download_of_contract(self, call: Call) -> Reply:
        """Serve a file below its contract's address, where the switch `download` wants it there."""
        contract, file = self.app.store.documents.get(call.ids[1], (None, None))
        if self.app.switches.download != "contract" or file is None or contract is None or contract.id != call.ids[0]:
            raise self.app.refused(404, "Not found.")
        return self._content(file)

    def _content(self, file: StoredFile) -> Reply:
        if file.content is None:
            raise self.app.refused(501, "The sandbox keeps only name, size and digest of large files.")
        return self.app.file(file.content, [("content-type", file.media_type)])


def _finished(task_id: str) -> dict[str, object]:
    return {
        "id": task_id,
        "name": "bulk",
        "backend_status": "done",
        "frontend_status": "done",
        "progress": 1,
        "failed_contracts": [],
        "details": {},
    }
