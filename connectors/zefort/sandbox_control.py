"""What the Zefort sandbox does behind its own API: drift, what people do to contracts, and what it shows of itself."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, cast

from connectors.sandbox_clock import stamp
from connectors.sandbox_control import CannotActError
from connectors.zefort import sandbox_acts, sandbox_demo
from connectors.zefort.sandbox_records import NOVEL_STATUS, STATUSES, Contract

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.zefort.sandbox import ZefortSandbox
    from connectors.zefort.sandbox_records import Named


def shuffled(found: list[Contract], salt: int) -> list[Contract]:
    """Draw the order of a listing anew; salt 0 leaves it alone."""
    if salt:
        random.Random(salt).shuffle(found)  # noqa: S311 -- repeatable on purpose
    return found


def drift(app: ZefortSandbox, page: Sequence[Contract]) -> None:
    """Let the listing change after a page of it was served."""
    served = app.drifting([contract.id for contract in page])
    for contract in (app.store.contracts[contract_id] for contract_id in served):
        match app.switches.drift:
            case "leave":
                contract.hidden = True
            case "reopen":
                contract.status = "archived"
            case _:
                break
    if served and app.switches.drift == "enter":
        for number in range(len(served)):
            sandbox_demo.add(app, {"attributes": {"title": f"Entered meanwhile {number}"}})
    if served and app.switches.drift == "reorder":
        app.salt += 1
    app.store.version += 1


def show(app: ZefortSandbox) -> dict[str, object]:
    """Return contracts with all that hangs on them, the registers, counts, and the requests."""
    store = app.store
    return {
        "contracts": {contract.id: _shown(contract) for contract in store.contracts.values()},
        "counts": dict(Counter(contract.status for contract in store.contracts.values())),
        "parties": {party.id: party.fields for party in store.parties.values()},
        "tags": {tag.id: _named(tag) for tag in store.tags.values()},
        "binders": {binder.id: _named(binder) for binder in store.binders.values()},
        "esigns": {one.id: {"status": one.status, "contract": one.contract.id} for one in store.esigns.values()},
        "final_deletes_tried": store.purged,
        "requests": app.traffic(),
    }


def _named(one: Named) -> dict[str, object]:
    return {"name": one.name, "contracts": list(one.contracts)}


def _shown(contract: Contract) -> dict[str, object]:
    return {
        "status": contract.status,
        "attributes": contract.attributes,
        "docai_skip": contract.skip,
        "received": stamp(contract.received),
        "trashed": contract.trashed,
        "files": [
            {"id": file.id, "name": file.name, "media_type": file.media_type, "size": file.size, "sha256": file.sha256}
            for file in contract.files
        ],
        "parties": [
            {"id": link.party.id, **link.party.fields, "role": link.role, "by_ai": link.by_ai}
            for link in contract.parties
        ],
        "tags": [tag.name for tag in contract.tags],
        "notes": [note.content for note in contract.notes],
        "binders": [binder.name for binder, _ in contract.binders],
        "duplicates": contract.duplicates,
        "effective": contract.effective,
        "repeated": contract.repeated,
    }


def act(app: ZefortSandbox, what: dict[str, object]) -> object:
    """Do one of these; everything else in the object belongs to it.

    `{"trash": id}`, `{"restore": id}`, `{"purge": id}` (gone for good), `{"status": id, "to": "done"}`,
    `{"edit": id, "attributes": {…}}` (a person changes them), `{"hide": id}` (out of all lists),
    `{"advance": seconds}` (time passes), `{"fill": count}` (demo contracts), `{"add": {…}}` (one contract: attributes,
    parties, tags, notes, files, status, days_ago, owner, trashed), `{"tag": id, "name": …}` and `{"note": id, "text": …}`
    (a person adds one), `{"remove_notes": id}`, `{"deadline": id, "title": …, "days": 3}`, `{"complete": activity id}`,
    `{"esign": id, "title": …, "signed_after": seconds}` (a signing request, activated), `{"esign_status": id, "to": …}`.
    """
    if name := next((name for name in sandbox_acts.ACTS if name in what), None):
        return {"id": sandbox_acts.ACTS[name](app, what[name], what)}
    if "advance" in what:
        app.clock.advance(float(cast("float", what["advance"])))
        app.clock.settle()
        return {}
    if "trash" in what:
        contract = _contract(app, what["trash"])
        contract.trashed = True
    elif "restore" in what:
        contract = _contract(app, what["restore"])
        contract.trashed = False
    elif "hide" in what:
        contract = _contract(app, what["hide"])
        contract.hidden = True
    elif "status" in what:
        contract = _contract(app, what["status"])
        if (status := str(what.get("to"))) not in STATUSES | {NOVEL_STATUS}:
            raise CannotActError(f"{status} is not a status")
        contract.status = status
    elif "edit" in what and isinstance(what.get("attributes"), dict):
        contract = _contract(app, what["edit"])
        contract.attributes = {**contract.attributes, **cast("dict[str, object]", what["attributes"])}
    elif "purge" in what:
        app.store.purge(_contract(app, what["purge"]))
        return {}
    else:
        raise CannotActError(
            "there are trash, restore, purge, status, edit, hide, advance, fill, add, tag, note, deadline, complete, "
            "remove_notes, esign and esign_status"
        )
    app.store.touch(contract)
    return {}


def _contract(app: ZefortSandbox, contract_id: object) -> Contract:
    contract = app.store.contracts.get(str(contract_id))
    if contract is None:
        raise CannotActError(f"there is no contract {contract_id}")
    return contract
