"""What the Zefort sandbox lets clients read beside contracts: signing requests, their signed files, and deadlines."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from connectors.sandbox_clock import stamp
from connectors.sandbox_http import Call, Reply, json_reply
from connectors.zefort import sandbox_views
from connectors.zefort.sandbox_intake import Intake
from connectors.zefort.sandbox_records import Esign

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.zefort.sandbox import ZefortSandbox
    from connectors.zefort.sandbox_records import Activity

ESIGN_STATUSES = frozenset({"canceled", "completed", "declined", "draft", "expired", "pending", "processing_signing"})
_MOMENTS = {"activated_at": "activated", "created_at": "created", "status_saved_at": "saved"}
_RANGE = re.compile(r"(\d{8}|today|)-(\d{8}|today|)")
"""A third time grammar, without offsets: both ends may be empty."""
_SORTS = ("activated_at", "created_at", "status", "status_saved_at", "title")
_ACTIVITY_SORTS = frozenset({"time", "-time", "title", "-title"})


def add_routes(app: ZefortSandbox) -> None:
    """Serve signing requests and activities."""
    desk = _Desk(app)
    app.route("GET", "/esigns/", desk.esigns)
    app.route("GET", "/esigns/{}/", desk.esign)
    app.route("GET", "/esigns/{}/documents/{}/download/", desk.signed_file)
    app.route("GET", "/contracts/{}/activities/", desk.activities)


class _Desk:
    """Shows what clients ask for."""

    def __init__(self, app: ZefortSandbox) -> None:
        self.app = app
        self.intake = Intake(app)

    async def esigns(self, call: Call) -> Reply:
        found = [one for one in self.app.store.esigns.values() if not one.hidden and self._fits(one, call)]
        sort = call.one("sort") or "-created_at"
        name = sort.removeprefix("-")
        if name not in (*_SORTS, "deadline"):
            raise self.app.invalid("sort", f"Select a valid choice. {sort} is not one of the available choices.")
        found.sort(key=lambda one: str(getattr(one, _MOMENTS.get(name, name), "")), reverse=sort.startswith("-"))
        self.app.pages_served += 1
        repeat = self.app.switches.repeat_page == self.app.pages_served
        reply, page = self.app.page(call, found, self._shown, repeat=repeat)
        self._drift(page)
        return reply

    def _drift(self, page: Sequence[Esign]) -> None:
        """Let the list change after a page of it was served: some leave it, or as many new ones come in."""
        store = self.app.store
        served = self.app.drifting([one.id for one in page])
        for esign_id in served:
            if self.app.switches.drift == "leave":
                store.esigns[esign_id].hidden = True
            elif self.app.switches.drift == "enter":
                now = self.app.clock.now()
                new = Esign(store.new_id("esgn"), "Entered", store.esigns[esign_id].contract, now, "pending", now, now)
                store.esigns[new.id] = new

    def _fits(self, one: Esign, call: Call) -> bool:
        status = call.one("status")
        if status is not None and status not in ESIGN_STATUSES:
            raise self.app.invalid("status", f"Select a valid choice. {status} is not one of the available choices.")
        if status not in (None, one.status):
            return False
        for name, field in _MOMENTS.items():
            text = call.one(name)
            if text is not None and not self._within(name, text, getattr(one, field)):
                return False
        return True

    def _within(self, name: str, text: str, moment: float | None) -> bool:
        found = _RANGE.fullmatch(text)
        if found is None or text == "-":
            raise self.app.invalid(name, "Enter a valid date range.")
        if moment is None:
            return False
        day = datetime.fromtimestamp(moment, UTC).date()
        today = datetime.fromtimestamp(self.app.clock.now(), UTC).date()
        first, last = (
            today if end == "today" else datetime.strptime(end, "%Y%m%d").replace(tzinfo=UTC).date() if end else None
            for end in found.groups()
        )
        return (first is None or first <= day) and (last is None or day <= last)

    def _esign(self, esign_id: str) -> Esign:
        one = self.app.store.esigns.get(esign_id)
        if one is None:
            raise self.app.refused(404, "Not found.")
        return one

    async def esign(self, call: Call) -> Reply:
        return json_reply(200, self._shown(self._esign(call.ids[0])))

    async def signed_file(self, call: Call) -> Reply:
        one = self._esign(call.ids[0])
        kind = call.one("type", "current")
        if kind not in ("current", "presigned", "signed"):
            raise self.app.invalid("type", "This is not a valid choice.")
        if kind == "signed" and one.status != "completed":
            raise self.app.refused(404, "Not found.")
        for place, file in enumerate(one.contract.files, 1):
            if call.ids[1] == str(place) and file.content is not None:
                signed = self.app.switches.signed_mark.encode() if kind == "signed" else b""
                return Reply(200, file.content + signed, [("content-type", file.media_type)])
        raise self.app.refused(404, "Not found.")

    def _shown(self, one: Esign) -> dict[str, object]:
        own_id: object = int(one.id) if one.id.isdecimal() else one.id
        documents = [{"id": str(place), "filename": file.name} for place, file in enumerate(one.contract.files, 1)]
        view: dict[str, object] = {
            "id": own_id,
            "title": one.title,
            "contract": one.contract.id,
            "status": one.status,
            "status_saved_at": None if one.saved is None else stamp(one.saved),
            "activated": one.activated is not None,
            "activated_at": None if one.activated is None else stamp(one.activated),
            "created_at": stamp(one.created),
            "deadline": stamp(one.created + timedelta(days=14).total_seconds()),
            "documents": documents,
            "owner": sandbox_views.USER,
            "parties": [
                {"id": "1", "name": "Päivi Signer", "email": "p@example.com", "role": "signer", "token": one.secret}
            ],
            "signed": one.status == "completed",
            "sign_order": "parallel",
            "merge_documents": False,
            "greetings": None,
        }
        if self.app.switches.novelties:
            view["wallet"] = {"kind": "eIDAS", "level": None}
        return view

    async def activities(self, call: Call) -> Reply:
        contract = self.intake.contract(call.ids[0], to_write=False)
        sort, completed = call.one("sort", "time") or "time", call.one("completed")
        if sort not in _ACTIVITY_SORTS:
            raise self.app.invalid("sort", "This is not a valid choice.")
        found = [one for one in contract.activities if completed in (None, str(one.completed).lower())]
        by_title = sort.endswith("title")
        found.sort(key=lambda one: one.title if by_title else stamp(one.time), reverse=sort.startswith("-"))
        reply, _ = self.app.page(call, found, activity)
        return reply


def activity(one: Activity) -> dict[str, object]:
    """Show a deadline."""
    return {
        "id": one.id,
        "title": one.title,
        "description": one.description,
        "time": stamp(one.time),
        "completed": one.completed,
        "complete_reason": one.reason,
    }
