"""The source of the task as a connector, in the folder that `gateway.py` adds to docferry's connectors."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from connectors.answer import decode_json
from connectors.contract import Change, Connection, Document, File, Page
from connectors.errors import TransientError
from connectors.http import Api, quote
from connectors.settings import ConnectionSettings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping
    from datetime import datetime

    from connectors.contract import Download, Feedback, Journal

_ROOM, _MOST = 32 * 2**20, 20_000
"""Bytes, and number, of listed documents that are kept until they are fetched; what does not fit is read by itself."""
_READINGS = 20


class Settings(ConnectionSettings):
    """One account."""

    page_size: int = 100


class _Row(msgspec.Struct):
    id: str
    updatedAt: str  # noqa: N815 -- the source's name


class _Listed(msgspec.Struct):
    total: int
    pages: int
    items: list[msgspec.Raw]


class _NoLogin:
    """The servers of a benchmark ask for none."""

    async def headers(self, wire: object) -> Mapping[str, str]:  # noqa: ARG002 -- part of the protocol
        return {}

    async def renew(self, wire: object, stale: object) -> bool:  # noqa: ARG002 -- part of the protocol
        return False


class Documents:
    """The stream `documents`: whole documents by pages with numbers, the latest change last."""

    schema: Mapping[str, Any] = {"type": "object"}
    feedback_actions: Mapping[str, str] = {"transferred": "its id at the destination"}
    drains: Collection[str] = frozenset()

    def __init__(self, api: Api, page_size: int) -> None:
        self._api = api
        self._page_size = page_size
        self._kept: dict[str, bytes] = {}
        self._size = 0

    def check_feedback(self, actions: Mapping[str, object]) -> None:
        """Take any id."""

    def rewind(self, cursor: str | None, to: datetime | None) -> str | None:  # noqa: ARG002 -- the whole list is read each time
        """Return the cursor: every listing is a whole one."""
        return cursor

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        """List everything since the cursor, again and again while the list loses documents between its pages."""
        for _ in range(_READINGS):
            totals, latest = [], cursor
            number, pages = 1, 1
            while number <= pages:
                listed = await self._page(number, cursor)
                rows = [msgspec.json.decode(item, type=_Row) for item in listed.items]
                self._keep(rows, listed.items)
                pages, latest = listed.pages, max([latest or "", *(row.updatedAt for row in rows)])
                totals.append(listed.total)
                yield Page([Change(row.id, row.updatedAt) for row in rows], None, listed.total)
                number += 1
            if min(totals) >= totals[0]:
                yield Page([], latest, totals[-1])  # only a list that stood still moves the cursor
                return

    async def _page(self, number: int, cursor: str | None) -> _Listed:
        params = {"page": str(number), "page_size": str(self._page_size)} | (
            {"updated_since": cursor} if cursor else {}
        )
        return msgspec.json.decode((await self._api.call("GET", "/documents", params=params)).body, type=_Listed)

    def _keep(self, rows: list[_Row], items: list[msgspec.Raw]) -> None:
        for row, item in zip(rows, items, strict=True):
            fits = self._size + len(item) <= _ROOM and len(self._kept) < _MOST
            if fits and row.id not in self._kept:
                self._kept[row.id] = bytes(item)
                self._size += len(item)

    async def fetch(self, document_id: str) -> Document:
        """Take the document from the list where that has shown it just now, once; else read it."""
        body = self._kept.pop(document_id, None)
        if body is None:
            body = (await self._api.call("GET", f"/documents/{quote(document_id)}")).body
        else:
            self._size -= len(body)
        fields: Any = decode_json(body)
        files = [File(file["id"], file["name"], "application/pdf", file["size"], main=True) for file in fields["files"]]
        return Document(document_id, fields["updatedAt"], fields, files)

    @asynccontextmanager
    async def open(self, file: File) -> AsyncGenerator[Download, None]:
        """Stream one file."""
        async with self._api.stream(f"/files/{quote(file.id)}") as download:
            yield download

    async def report(self, feedback: Feedback, journal: Journal) -> None:
        """Say that it was transferred; the answer shows it."""
        wanted = feedback.actions.get("transferred")
        if wanted is None:
            return

        path = f"/documents/{quote(feedback.document_id)}"

        async def send() -> str:
            answer: Any = (await self._api.call("POST", f"{path}/transferred", json={"externalId": wanted})).json()
            if answer["transferred"] != wanted:
                raise TransientError("it does not show what was told", connection="shop", arrived="maybe")
            return "sent"

        async def find() -> str | None:
            shown: Any = (await self._api.call("GET", path)).json()
            return "seen" if shown["transferred"] == wanted else None

        await journal.once(f"feedback:{feedback.seq}", send, find)


async def connect(name: str, settings: Settings, **_: object) -> Connection:
    """Open the account."""
    api = Api(name, settings.base_url, _NoLogin(), limits=settings.limits())

    async def check() -> str:
        return f"{name}: nothing to check"

    return Connection(name, {"documents": Documents(api, settings.page_size)}, {}, check, api.close, api)
