"""What the Zefort sandbox lets clients add to a contract that people read: parties and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.sandbox_http import Call, Reply, json_reply
from connectors.zefort import sandbox_views
from connectors.zefort.sandbox_intake import Intake
from connectors.zefort.sandbox_records import Link, Note, Party

if TYPE_CHECKING:
    from connectors.zefort.sandbox import ZefortSandbox
    from connectors.zefort.sandbox_records import Contract

_TEXTS = {
    "name": 1024, "org_id": 128, "external_id": 1000, "country": 64, "contact": 1024, "group": 1024,
    "extra_text_field_1": 1024, "extra_text_field_2": 1024, "previous_names": 1024, "role": 128,
}  # fmt: skip
_FLAGS = ("managed", "public", "docai_value_verified")
_LONGEST_NOTE = 10_000


def add_routes(app: ZefortSandbox) -> None:
    """Serve parties and notes of a contract."""
    desk = _Desk(app)
    app.route("POST", "/contracts/{}/parties/", desk.add_party)
    app.route("PATCH", "/contracts/{}/parties/{}/", desk.change_party)
    app.route("DELETE", "/contracts/{}/parties/{}/", desk.remove_party)
    app.route("POST", "/contracts/{}/notes/", desk.add_note)


class _Desk:
    """Takes in what clients send about parties and notes."""

    def __init__(self, app: ZefortSandbox) -> None:
        self.app = app
        self.intake = Intake(app)

    async def add_party(self, call: Call) -> Reply:
        contract = self.intake.contract(call.ids[0])
        body = await self.intake.json(call, (*_TEXTS, *_FLAGS, "party"))
        for name in _FLAGS:
            if not isinstance(body.get(name, False), bool):
                raise self.app.invalid(name, "Must be a valid boolean.")
        given = {name: body[name] for name in _TEXTS if body.get(name) is not None}
        fields: dict[str, object] = {name: self.intake.text(text, name, _TEXTS[name]) for name, text in given.items()}
        role, verified = fields.pop("role", None), bool(body.get("docai_value_verified"))
        store, party_id = self.app.store, body.get("party")
        if party_id is not None:
            party = store.parties.get(str(party_id))
            if party is None:
                raise self.app.invalid("party", f'Invalid pk "{party_id}" - object does not exist.')
        elif not fields.get("name"):
            raise self.app.invalid("name", "This field is required.")
        else:
            party = self._joined(fields) or Party(store.new_id("pty"), fields)
            store.parties[party.id] = party
        contract.parties.append(Link(party, None if role is None else str(role), verified))
        store.touch(contract)
        # as documented, the answer has no id: it can be read on the contract
        return json_reply(201, {**party.fields, "role": role, "party": party_id, "docai_value_verified": verified})

    def _joined(self, fields: dict[str, object]) -> Party | None:
        """Return the entry of the register that these data belong to, as far as the provider looks for one."""
        by = self.app.switches.party_dedupe
        wanted = fields.get(by)
        if wanted is None:
            return None
        return next((party for party in self.app.store.parties.values() if party.fields.get(by) == wanted), None)

    def _link(self, call: Call, contract: Contract) -> Link:
        for link in contract.parties:
            if link.party.id == call.ids[1]:
                return link
        raise self.app.refused(404, "Not found.")

    async def change_party(self, call: Call) -> Reply:
        contract = self.intake.contract(call.ids[0])
        link = self._link(call, contract)
        body = await self.intake.json(call, ("role", "docai_value_verified"))
        verified = body.get("docai_value_verified", link.verified)
        if not isinstance(verified, bool | None):
            raise self.app.invalid("docai_value_verified", "Must be a valid boolean.")
        if body.get("role") is not None:
            link.role = self.intake.text(body["role"], "role", _TEXTS["role"])
        link.verified = bool(verified)
        self.app.store.touch(contract)
        return json_reply(200, {"role": link.role, "docai_value_verified": link.verified})

    async def remove_party(self, call: Call) -> Reply:
        contract = self.intake.contract(call.ids[0])
        contract.parties.remove(self._link(call, contract))
        self.app.store.touch(contract)
        return Reply(204)

    async def add_note(self, call: Call) -> Reply:
        contract = self.intake.contract(call.ids[0])
        body = await self.intake.json(call, ("content", "document", "highlight"))
        content = self.intake.text(body.get("content", ""), "content", _LONGEST_NOTE)
        if not content:
            raise self.app.invalid("content", "This field may not be blank.")
        note = Note(self.app.store.new_id("note"), content, self.app.clock.now())
        known = any(each.content == content for each in contract.notes)
        contract.heard(effective=not known)
        contract.notes.append(note)
        self.app.store.touch_beside(contract)
        return json_reply(201, sandbox_views.note(contract, note))
