"""What the Contract.fit sandbox lets clients read: inboxes, listings in pages, documents, versions and files."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from connectors.contractfit import sandbox_control, sandbox_mask, sandbox_views
from connectors.contractfit.sandbox_documents import INBOXES, PROJECT
from connectors.contractfit.sandbox_store import USER
from connectors.sandbox_http import Reply, json_reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.contractfit.sandbox import ContractfitSandbox
    from connectors.contractfit.sandbox_store import Record
    from connectors.sandbox_http import Call

_RECEIVED = frozenset({"timings.receive_time", "-timings.receive_time"})


def add_routes(app: ContractfitSandbox) -> None:
    """Serve the calls that change nothing."""
    desk = _Desk(app)
    app.route("GET", "/about/version", desk.about)
    app.route("GET", "/users/me", desk.me)
    app.route("GET", "/inboxes", desk.inboxes)
    app.route("GET", "/inboxes/{}", desk.inbox)
    app.route("GET", "/inboxes/{}/paginated", desk.listing)
    app.route("GET", "/documents/{}", desk.document)
    app.route("GET", "/documents/{}/last_version", desk.last_version)
    app.route("GET", "/documents/{}/original_file", desk.original)
    app.route("GET", "/documents/{}/custom_output", desk.custom_output)


class _Desk:
    """Shows what clients ask for."""

    def __init__(self, app: ContractfitSandbox) -> None:
        self.app = app

    async def about(self, _call: Call) -> Reply:
        return json_reply(200, {"version": "sandbox"})

    async def me(self, _call: Call) -> Reply:
        return json_reply(200, {"id": USER, "username": self.app.username, "active": True, "roles": []})

    async def inboxes(self, _call: Call) -> Reply:
        return json_reply(200, [{"id": inbox, "name": name, "project": PROJECT} for inbox, name in INBOXES])

    async def inbox(self, call: Call) -> Reply:
        self.app.allow("view_list")
        inbox, name = self.app.inbox(call.ids[0])
        return json_reply(200, {"id": inbox, "name": name, "project": PROJECT})

    async def listing(self, call: Call) -> Reply:
        """Show a page of an inbox. Parameters that are not known are ignored, as the framework does."""
        app, switches = self.app, self.app.switches
        app.allow("view_list")
        inbox, _ = app.inbox(call.ids[0])
        mask = self._mask(call)
        number, size = self._whole(call, "page", 1), self._size(call)
        found = [one for one in app.store.listing(inbox, app.salt) if self._within(call, one)]
        found = self._ordered(call, found)
        start = (number - 1) * size
        if number > 1 and start >= len(found) and switches.past_end == "404":
            raise app.refused(404, "The requested URL was not found on the server.")
        app.pages_served += 1
        if switches.repeat_page == app.pages_served:
            start = max(0, start - size)
        rows = found[start : start + size]
        results: list[object] = [sandbox_views.document(record, switches) for record in rows]
        page: dict[str, object] = {
            "page": number,
            "per_page": size,
            "total": len(found) + switches.phantoms,
            "results": results,
        }
        if switches.total == "page":
            page["total"] = len(rows)
        elif switches.total == "low":
            page["total"] = len(found) // 2
        elif switches.total == "omitted":
            del page["total"]
        shown: object = page
        if mask is not None:
            try:
                shown = sandbox_mask.apply(mask, page)
            except sandbox_mask.MaskError as error:
                raise app.refused(400, str(error)) from None
        sandbox_control.drift(app, rows)
        return json_reply(200, [shown] if switches.envelope == "array" else shown)

    async def document(self, call: Call) -> Reply:
        self.app.allow("review")
        return json_reply(200, sandbox_views.detail(self.app.record(call.ids[0]), self.app.switches))

    async def last_version(self, call: Call) -> Reply:
        self.app.allow("review")
        if not self.app.switches.last_version_call:
            raise self.app.refused(405, "The method is not allowed for the requested URL.")
        record = self.app.record(call.ids[0])
        name, source = call.one("name"), call.one("source")
        for version in reversed(record.versions):
            if name in (None, version.name) and source in (None, version.source):
                return json_reply(200, sandbox_views.version(version, self.app.switches))
        raise self.app.refused(404, "Version not found.")

    async def original(self, call: Call) -> Reply:
        self.app.allow("review")
        record = self.app.record(call.ids[0])
        content = record.content
        if record.number is not None:
            content = self.app.store.demo.content(record.number)
        if content is None or record.archived:
            raise self.app.refused(404, "The file was removed.")
        name = record.name
        disposition = (
            f'attachment; filename="{name}"' if name.isascii() else f"attachment; filename*=UTF-8''{quote(name)}"
        )
        return self.app.file(content, [("content-type", record.media_type), ("content-disposition", disposition)])

    async def custom_output(self, call: Call) -> Reply:
        self.app.allow("review")
        record = self.app.record(call.ids[0])
        if not self.app.switches.custom_output or record.prediction is None:
            raise self.app.refused(404, "No custom output is configured.")
        headers = [("content-type", "text/xml; charset=utf-8")]
        return Reply(200, f'<document id="{record.id}"/>'.encode(), headers)

    # Parameters

    def _mask(self, call: Call) -> sandbox_mask.Mask | None:
        text = call.header("x-fields")
        if text is None or self.app.switches.mask == "ignored":
            return None
        if self.app.switches.mask == "refused":
            raise self.app.refused(400, "Mask parse error: masks are switched off")
        try:
            return sandbox_mask.parse(text)
        except sandbox_mask.MaskError as error:
            raise self.app.refused(400, str(error)) from None

    def _size(self, call: Call) -> int:
        switches = self.app.switches
        size = self._whole(call, "per_page", 20)
        if size > switches.largest_page and switches.over_limit != "cut":
            raise self.app.refused(int(switches.over_limit), "per_page is too large")
        size = min(size, switches.largest_page)
        return max(1, size // 2) if switches.short_pages else size

    def _whole(self, call: Call, name: str, default: int) -> int:
        text = call.one(name)
        if text is None:
            return default
        if not text.isdecimal() or int(text) < 1:
            raise self.app.invalid(name, f"invalid literal for int() with base 10: '{text}'")
        return int(text)

    def _within(self, call: Call, record: Record) -> bool:
        start, end = self._moment(call, "start_receive_date"), self._moment(call, "end_receive_date")
        return (start is None or record.received >= start) and (end is None or record.received < end)

    def _moment(self, call: Call, name: str) -> float | None:
        text = call.one(name)
        if text is None:
            return None
        try:
            when = datetime.fromisoformat(text)
        except ValueError:
            raise self.app.invalid(name, f"{text} is not a valid date") from None
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()

    def _ordered(self, call: Call, found: list[Record]) -> list[Record]:
        order, way = call.one("order_by"), self.app.switches.order_by
        if order is None or way == "ignored":
            return found
        if way == "500":
            raise self.app.refused(500, "Internal Server Error")
        if way == "400" or order not in _RECEIVED:
            raise self.app.refused(400, f"Cannot order by {order}")
        if self.app.salt:
            return found
        key: Callable[[Record], float] = lambda one: one.received  # noqa: E731 -- shorter than a function for one sort
        return sorted(found, key=key, reverse=order.startswith("-"))
