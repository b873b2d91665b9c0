"""A Hypatos account as a destination: what goes there, and a transport that kills the process at a request."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta

import httpx

from connectors.contract import Attachment, Delivery, Download, File
from connectors.errors import (
    TransientError,
)

PROJECT = "63e6663823b4c1f5287398b1"
KEY = "zefort_to_hypatos:ct_1"


def attachment(file_id="f1", name="lease.pdf", content=None, *, main=True, media_type="application/pdf", failure=None):
    body = f"%PDF-1.7 {file_id}".encode() if content is None else content

    @asynccontextmanager
    async def open_it():
        async def chunks():
            if failure:
                raise failure
            yield body

        yield Download(chunks(), len(body), None, media_type)

    return Attachment(File(file_id, name, media_type, main=main), open_it)


def delivery(*files, replaces=None, key=KEY, **payload):
    return Delivery(key, {"project": PROJECT, **payload}, files or (attachment(),), replaces)


class KilledError(BaseException):
    """The process died here."""


class Killing(httpx.AsyncBaseTransport):
    """The way to the sandbox, on which the process dies before or after the n-th request (from 1)."""

    def __init__(self, app):
        self.inner = httpx.ASGITransport(app)
        self.count, self.before, self.after = 0, None, None

    async def handle_async_request(self, request):
        self.count += 1
        if self.count == self.before:
            raise KilledError
        response = await self.inner.handle_async_request(request)
        if self.count == self.after:
            raise KilledError
        return response


class Desk:
    """An account at the sandbox with no documents in it yet."""

    def __init__(self, app, connection):
        self.app = app
        self.documents = connection.destinations["documents"]

    @property
    def held(self):
        return self.app.state()["documents"]

    @property
    def only(self):
        (document,) = self.held.values()
        return document

    def asked(self, endpoint):
        return self.app.requests[endpoint]


async def persist(push, journal, times=5):
    """Push as the engine does: again after what may pass, some minutes later."""
    for _ in range(times):
        try:
            return await push()
        except TransientError:
            journal.now += timedelta(minutes=5)
    return await push()


FILES = (
    attachment("f1", "lease.pdf"),
    attachment("f2", "terms.pdf", main=False),
    attachment("f3", "plan.pdf", main=False),
)
