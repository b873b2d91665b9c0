"""What the Zefort sandbox lets clients do to contracts: create, read, change, trash, and add files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.sandbox_http import Call, Reply, json_reply
from connectors.zefort import sandbox_views
from connectors.zefort.sandbox_intake import FORM, Intake
from connectors.zefort.sandbox_records import STATUSES

if TYPE_CHECKING:
    from connectors.zefort.sandbox import ZefortSandbox
    from connectors.zefort.sandbox_records import Contract, Named

_CREATING = ("title", "docai_skip", "binders")
_CHANGEABLE = ("attributes", "status", "trashed", "docai_skip")
"""What PATCH takes. The reference lists more, among it fields that must never be written; those are refused here."""


def add_routes(app: ZefortSandbox) -> None:
    """Serve the calls on one contract."""
    desk = _Desk(app)
    app.route("POST", "/contracts/", desk.create)
    app.route("GET", "/contracts/{}/", desk.read)
    app.route("PATCH", "/contracts/{}/", desk.change)
    app.route("DELETE", "/contracts/{}/", desk.trash)
    app.route("POST", "/contracts/{}/add_file/", desk.add_file)


class _Desk:
    """Takes in what clients send about a contract."""

    def __init__(self, app: ZefortSandbox) -> None:
        self.app = app
        self.intake = Intake(app)

    def _shown(self, status: int, contract: Contract) -> Reply:
        return json_reply(status, sandbox_views.contract(self.app.store, contract))

    async def read(self, call: Call) -> Reply:
        return self._shown(200, self.intake.contract(call.ids[0], to_write=False))

    async def create(self, call: Call) -> Reply:
        if call.media_type == FORM:
            form, blob = await self.intake.form(call)
            sent: dict[str, object] = dict(form)
            if "title" in form:
                sent["title"] = form["title"][-1]
        else:
            sent, blob = await self.intake.json(call, _CREATING), None
        self.intake.only(sent, _CREATING)
        skip = self.intake.skip(sent.get("docai_skip", []))
        binders = [self._binder(one) for one in self.intake.texts(sent.get("binders", []), "binders")]
        attributes = self.intake.attributes({"title": sent["title"]} if "title" in sent else {})
        file = None if blob is None else self.intake.stored(blob)
        contract = self.app.store.create(attributes, skip, binders)
        if file is not None:
            self.app.store.add_file(contract, file)
        return self._shown(201, contract)

    def _binder(self, binder_id: str) -> Named:
        binder = self.app.store.binders.get(binder_id)
        if binder is None:
            raise self.app.invalid("binders", f'Invalid pk "{binder_id}" - object does not exist.')
        return binder

    async def add_file(self, call: Call) -> Reply:
        self.intake.contract(call.ids[0])
        if call.media_type != FORM:
            raise self.app.refused(415, f'Unsupported media type "{call.media_type}" in request.')
        fields, blob = await self.intake.form(call)
        if blob is None:
            raise self.app.invalid("blob", "No file was submitted.")
        self.intake.only(fields, ("contract",))
        file = self.intake.stored(blob)
        contract = self.intake.contract(call.ids[0])  # again: it may have been trashed while the file was coming in
        self.app.store.add_file(contract, file)
        return self._shown(201, contract)

    async def change(self, call: Call) -> Reply:
        contract = self.intake.contract(call.ids[0], to_write=False)
        body = await self.intake.json(call, _CHANGEABLE)
        if contract.trashed and body.get("trashed") is not False:
            raise self.app.refused(404, "Not found.")
        given = self.intake.attributes(body.get("attributes", {}))
        skip = self.intake.skip(body.get("docai_skip", contract.skip))
        status, trashed = body.get("status", contract.status), body.get("trashed", contract.trashed)
        if not isinstance(trashed, bool):
            raise self.app.invalid("trashed", "Must be a valid boolean.")
        merging = self.app.switches.attributes == "merge" or "attributes" not in body
        attributes = {**contract.attributes, **given} if merging else given
        if status != contract.status:
            self._check_status(contract, status, attributes)
        before = (contract.attributes, contract.skip, contract.trashed, contract.status)
        contract.heard(effective=before != (attributes, skip, trashed, status))
        contract.attributes, contract.skip, contract.trashed = attributes, skip, trashed
        contract.status = str(status)
        self.app.store.touch(contract)
        return self._shown(200, contract)

    def _check_status(self, contract: Contract, status: object, attributes: dict[str, object]) -> None:
        if status not in STATUSES:
            raise self.app.invalid("status", f'"{status}" is not a valid choice.')
        if status not in ("review", "done", "archived") or contract.status in ("queued", "processing"):
            raise self.app.invalid("status", f"A contract that is {contract.status} cannot become {status}.")
        if status == "done" and self.app.store.incomplete(attributes):
            raise self.app.invalid("status", "A mandatory attribute is missing.")

    async def trash(self, call: Call) -> Reply:
        contract = self.intake.contract(call.ids[0])
        contract.trashed = True
        self.app.store.touch(contract)
        return Reply(204)
