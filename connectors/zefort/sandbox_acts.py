"""What people put into the Zefort sandbox behind its API: contracts, tags, notes, deadlines and signing requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from connectors.sandbox_control import CannotActError
from connectors.zefort import sandbox_demo
from connectors.zefort.sandbox_records import Activity, Contract, Esign, Note

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from connectors.zefort.sandbox import ZefortSandbox

    Act = Callable[[ZefortSandbox, object, dict[str, object]], object]

_DAY = 86_400.0


def _fill(app: ZefortSandbox, count: object, _what: dict[str, object]) -> list[str]:
    return sandbox_demo.fill(app, int(cast("int", count)))


def _add(app: ZefortSandbox, fields: object, _what: dict[str, object]) -> str:
    return sandbox_demo.add(app, cast("dict[str, object]", fields))


def _tag(app: ZefortSandbox, contract_id: object, what: dict[str, object]) -> str:
    contract = _contract(app, contract_id)
    sandbox_demo.tag(app.store, contract, str(what.get("name")))
    app.store.touch_beside(contract)
    return contract.id


def _note(app: ZefortSandbox, contract_id: object, what: dict[str, object]) -> str:
    contract = _contract(app, contract_id)
    note = Note(app.store.new_id("note"), str(what.get("text")), app.clock.now())
    contract.notes.append(note)
    app.store.touch_beside(contract)
    return note.id


def _unnote(app: ZefortSandbox, contract_id: object, _what: dict[str, object]) -> str:
    contract = _contract(app, contract_id)
    contract.notes.clear()
    app.store.touch_beside(contract)
    return contract.id


def _deadline(app: ZefortSandbox, contract_id: object, what: dict[str, object]) -> str:
    contract = _contract(app, contract_id)
    due = app.clock.now() + _DAY * float(cast("float", what.get("days", 3)))
    activity = Activity(app.store.new_id("act"), str(what.get("title", "Renewal")), "", due)
    contract.activities.append(activity)
    app.store.touch_beside(contract)
    return activity.id


def _complete(app: ZefortSandbox, activity_id: object, _what: dict[str, object]) -> str:
    for contract in app.store.contracts.values():
        for activity in contract.activities:
            if activity.id == activity_id:
                activity.completed, activity.reason = True, "done"
                app.store.touch_beside(contract)
                return activity.id
    raise CannotActError("there is no such activity")


def _esign(app: ZefortSandbox, contract_id: object, what: dict[str, object]) -> str:
    store, now = app.store, app.clock.now()
    numbered = app.switches.esign_ids == "number"
    esign_id = str(len(store.esigns) + 1) if numbered else store.new_id("esgn")
    esign = Esign(esign_id, str(what.get("title", "Please sign")), _contract(app, contract_id), now, activated=now)
    store.esigns[esign_id] = esign
    _sign(app, esign, "pending")
    if "signed_after" in what:
        app.clock.after(float(cast("float", what["signed_after"])), lambda: _sign(app, esign, "completed"))
    return esign_id


def _esign_status(app: ZefortSandbox, esign_id: object, what: dict[str, object]) -> str:
    esign = app.store.esigns.get(str(esign_id))
    if esign is None:
        raise CannotActError("there is no such signing request")
    _sign(app, esign, str(what.get("to")))
    return esign.id


def _sign(app: ZefortSandbox, esign: Esign, status: str) -> None:
    esign.status, esign.saved = status, app.clock.now()
    app.store.touch_beside(esign.contract)


def _contract(app: ZefortSandbox, contract_id: object) -> Contract:
    contract = app.store.contracts.get(str(contract_id))
    if contract is None:
        raise CannotActError(f"there is no contract {contract_id}")
    return contract


ACTS: Mapping[str, Act] = {
    "fill": _fill, "add": _add, "tag": _tag, "note": _note, "remove_notes": _unnote, "deadline": _deadline,
    "complete": _complete, "esign": _esign, "esign_status": _esign_status,
}  # fmt: skip
"""What can be done, by the key that asks for it."""
