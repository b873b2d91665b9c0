"""Zefort's signing requests as a read-only source, with the signed files of those that are completed."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from connectors.contract import Change, Document, File, Page
from connectors.errors import RejectedError
from connectors.zefort import client as paths
from connectors.zefort import models
from connectors.zefort.contents import digest, entries
from connectors.zefort.downloads import Downloads
from connectors.zefort.listing import Reading
from connectors.zefort.position import MIDNIGHT, OVERLAP
from connectors.zefort.schemas import ESIGN

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence

    from connectors.contract import Download, Feedback, Fields, Journal
    from connectors.zefort.client import ZefortClient

_SIGNED = "completed"


class Esigns:
    """The stream `esigns`: every signing request, and again whenever its status was saved."""

    schema = ESIGN
    feedback_actions: Mapping[str, str] = MappingProxyType({})
    drains: Collection[str] = frozenset()

    def __init__(self, client: ZefortClient) -> None:
        self._client = client
        self._downloads = Downloads(
            client.api, "signed_download_path", "{id} for the document and, where needed, {esign}", late=True
        )

    def check_feedback(self, actions: Mapping[str, object]) -> None:
        """Raise RejectedError for any action: there is nothing to be told."""
        refuse(actions)

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        """List what changed its status since the day in the cursor, newest first: the one list that can be asked so."""
        since = _day(cursor)
        # Newest first: a request whose status changes meanwhile jumps to the front and is seen in the next run.
        params = {"status_saved_at": f"{since or date(1970, 1, 1):%Y%m%d}-", "sort": "-status_saved_at"}
        reading = Reading(self._client, paths.ESIGNS, params)
        seen: dict[str, str] = {}
        newest: datetime | None = None
        async for rows in reading.rows():
            fresh: list[Change] = []
            for row in rows:
                esign_id, saved = models.identity(row), models.instant(row.get("status_saved_at"))
                newest = max((moment for moment in (newest, saved) if moment), default=None)
                hint = f"{row.get('status')}|{row.get('status_saved_at')}"
                if esign_id and seen.get(esign_id) != hint:
                    seen[esign_id] = hint
                    fresh.append(Change(esign_id, hint))
            if fresh:
                yield Page(fresh, None)
        if reading.missing:
            yield Page([], None, len(seen) + reading.missing)
            return
        day = (min(newest, datetime.now(UTC)) - OVERLAP).date() if newest else since
        if day is not None:
            yield Page([], (max(day, since) if since else day).isoformat())

    def rewind(self, cursor: str | None, to: datetime | None) -> str | None:
        """Go back to the day on which statuses were saved."""
        since = _day(cursor)
        return min(since, (to - MIDNIGHT).date()).isoformat() if since and to else None

    async def fetch(self, document_id: str) -> Document:
        """Read one signing request."""
        body = await self._client.esign(document_id)
        content = {name: value for name, value in body.items() if name not in _PASSING}
        files = _files(document_id, body)
        return Document(document_id, digest(content), body, files, _not_ready(body, files))

    @asynccontextmanager
    async def open(self, file: File) -> AsyncGenerator[Download, None]:
        """Stream a signed file. Its address is inferred: a wrong one stops the connection and is named."""
        esign_id, _, document_id = file.id.partition("/")
        path = self._client.signed_path(esign_id, document_id)

        async def listed() -> bool:
            return any(each.id == file.id for each in _files(esign_id, await self._client.esign(esign_id)))

        # GET {base}esigns/{esign_id}/documents/{id}/download/?type=signed
        async with self._downloads.stream(file, path, listed, {"type": "signed"}) as download:
            yield replace(download, name=download.name or file.name, media_type=file.media_type)

    async def report(self, feedback: Feedback, journal: Journal) -> None:
        """Do nothing, for nothing can be told: RejectedError if there is anything."""
        del journal
        refuse(feedback.actions)


_PASSING = frozenset({"contract_binders", "owner"})
"""What says more about the reader's rights than about the request."""


def refuse(actions: Mapping[str, object]) -> None:
    """Raise RejectedError if a read-only stream is to be told anything."""
    for action in actions:
        raise RejectedError(f"`{action}` cannot be told: this stream of zefort is only read")


def _files(esign_id: str, body: Fields) -> Sequence[File]:
    if body.get("status") != _SIGNED:
        return []
    found: list[File] = []
    for entry in entries(body.get("documents")):
        document_id = models.identity(entry)
        if document_id is not None:
            named = (models.text(entry.get(key)) for key in ("filename", "name", "title"))
            name = next((each for each in named if each), f"signed {document_id}.pdf")
            media_type = models.text(entry.get("content_type")) or "application/pdf"
            found.append(File(f"{esign_id}/{document_id}", name, media_type, None, main=not found))
    return found


def _not_ready(body: Fields, files: Sequence[File]) -> str | None:
    """Say why a completed request must wait: its documents are not published, so they may be listed in any way."""
    listed = body.get("documents")
    if body.get("status") != _SIGNED or not listed:
        return None
    if not isinstance(listed, list) or len(files) < len(listed):
        return "it lists its signed documents in a way that docferry does not understand"
    return None


def _day(cursor: str | None) -> date | None:
    moment = models.instant(cursor)
    return moment.date() if moment else None
