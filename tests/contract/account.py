"""An account at a provider's sandbox, opened the way a user's is, and what one does with it as the engine would."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal

from connectors.contract import Attachment, Delivery, Download, Feedback, File, Result
from connectors.errors import TransientError, UnsettledError
from connectors.sandbox import serve
from connectors.sandbox_faults import Fault
from tests.connectors.memory_journal import MemoryJournal
from tests.contract.between import Between
from tests.contract.subject import Wanted

LONGEST = 1.0
"""Seconds of real time that a settle time may take; subjects set it far shorter."""
DAY = 86_400.0
QUICKLY = {"retry-after": "0"}
"""Headers that let a client try again at once."""


@dataclass
class Account:
    """A sandbox, what stands in front of it, and an opened connection."""

    subject: object
    app: object
    between: Between
    url: str
    connection: object

    @property
    def source(self):
        return self.connection.sources[self.subject.stream]

    @property
    def destination(self):
        return self.connection.destinations[self.subject.stream]

    def strike(self, kind, endpoint, **more):
        """Let a fault hit an endpoint (`GET /documents/{}`, or `* *` for every one) and return it."""
        method, path = endpoint.split(" ")
        fault = Fault(kind, method, path.replace("{}", "*"), **more)
        self.app.shared.faults.append(fault)
        return fault

    def heal(self):
        self.app.shared.faults.clear()
        self.between.changes.clear()

    def asked(self, endpoint):
        return self.app.requests[endpoint]

    def writes(self):
        """Return the endpoints that were written to so far, in the order of their first call; no log-ins."""
        calls = [endpoint for _, endpoint, _, _ in self.app.log if not endpoint.startswith(("GET ", "HEAD "))]
        return [one for one in dict.fromkeys(calls) if "token" not in one and "/auth" not in one and "login" not in one]

    # What a source is asked for

    def add(self, count=1, days_ago=0.0, **wanted):
        """Put documents at the source, each with bytes of its own, as if it were so many days ago, and return their ids."""
        made = [Wanted(**{"content": f"%PDF-1.7 document {number}".encode(), **wanted}) for number in range(count)]
        self.app.act({"advance": -days_ago * DAY})
        ids = [self.subject.add(self.app, one) for one in made]
        self.app.act({"advance": days_ago * DAY})
        return ids

    async def listing(self, cursor=None):
        """Read a listing to its end, once."""
        seen = Listing(cursor=cursor)
        async for page in self.source.changes(cursor):
            seen.changes += page.changes
            seen.pages += 1
            seen.total = page.total if page.total is not None else seen.total
            seen.cursor = page.cursor if page.cursor is not None else seen.cursor
        return seen

    async def everything(self, cursor=None, passes=8):
        """Read as the engine does: again while something new shows, or the stated total says that more is there."""
        whole = await self.listing(cursor)
        for _ in range(passes):
            known = set(whole.ids)
            more = await self.listing(whole.cursor)
            whole.changes += more.changes
            whole.cursor, whole.total = more.cursor, more.total
            if set(more.ids) <= known and (more.total is None or more.total <= len(set(whole.ids))):
                break
        return whole

    async def bytes_of(self, file):
        async with self.source.open(file) as download:
            return b"".join([chunk async for chunk in download.chunks])

    def feedback(self, document_id, actions, result=Result.DELIVERED, seq=1):
        return Feedback(document_id, result, "far-1", "no such supplier", actions, seq)

    async def tell(self, feedback, journal):
        """Report until it is done, as the engine would over hours."""
        await patiently(lambda: self.source.report(feedback, journal), journal, self.app)

    async def held_back(self, document_id):
        """Say whether a document that must not be exported now is kept from it, and the reason is given."""
        try:
            return (await self.source.fetch(document_id)).not_ready and not self.subject.puts_off
        except TransientError as error:
            return self.subject.puts_off and str(error)

    # What a destination is asked for

    def delivery(self, key="route:1", *, title="Acme 4711", amount=None, files=None, replaces=None, **changes):
        payload = self.subject.addressed({**self.subject.payload(title, amount or Wanted().amount), **changes}, key)
        files = files if files is not None else [Sent(f"%PDF-1.7 {key}".encode())]
        carried = [file.attachment() for file in files] if self.subject.files else []
        return Delivery(key, payload, carried, replaces)

    def correction(self, files):
        """Say what an update brings: another title and amount for the same files, or other bytes under the same title."""
        if self.subject.renames:
            return {"title": "Acme 4712", "amount": Decimal("99.99"), "files": files}
        if not self.subject.amends:
            return {"title": "Acme 4711", "files": files}
        return {"title": "Acme 4711", "files": [replace(one, content=one.content + b" corrected") for one in files]}

    async def deliver(self, delivery, journal):
        """Push until it is done, as the engine would over hours."""
        return await patiently(lambda: self.destination.push(delivery, journal), journal, self.app)

    @property
    def held(self):
        return self.subject.held(self.app)

    @property
    def only(self):
        (record,) = self.held
        return record


@dataclass
class Listing:
    """What listings have brought so far."""

    changes: list = field(default_factory=list)
    pages: int = 0
    total: int | None = None
    cursor: str | None = None

    @property
    def ids(self):
        return [change.document_id for change in self.changes]

    @property
    def versions(self):
        return {change.document_id: change.version for change in self.changes}


@dataclass
class Sent:
    """A file on its way to a destination. `announced` lets its source lie about the size."""

    content: bytes
    name: str = "invoice.pdf"
    id: str = "f1"
    main: bool = True
    media_type: str = "application/pdf"
    announced: int | None = -1
    breaks: Exception | None = None

    @property
    def sha256(self):
        return hashlib.sha256(self.content).hexdigest()

    def attachment(self):
        @asynccontextmanager
        async def opened():
            size = len(self.content) if self.announced == -1 else self.announced
            yield Download(self._chunks(), size, self.name, self.media_type)

        return Attachment(File(self.id, self.name, self.media_type, main=self.main), opened)

    async def _chunks(self):
        step = max(1, len(self.content) // 5)
        for start in range(0, len(self.content), step):
            if self.breaks and start > len(self.content) // 2:
                raise self.breaks
            yield self.content[start : start + step]


async def patiently(act, journal, app, most=12):
    """Do it again after whatever passes; a settle time passes at once, here and at the provider."""
    for _ in range(most):
        try:
            return await act()
        except UnsettledError as error:
            wait = (error.look_again_at - journal.now).total_seconds()
            app.act({"advance": max(1.0, wait)})
            journal.now = max(journal.now, error.look_again_at)
            # What a connector remembers for its whole account goes by the real clock.
            await asyncio.sleep(min(max(0.0, (error.look_again_at - datetime.now(UTC)).total_seconds()), LONGEST))
        except TransientError:
            await asyncio.sleep(0)
    raise AssertionError(f"it did not come to an end in {most} attempts")


@asynccontextmanager
async def opened(subject, settings=None, **switches):
    """Serve a fresh sandbox on loopback and connect to it; `switches` are the sandbox's."""
    app = subject.sandbox()
    for name, value in switches.items():
        if not hasattr(app.shared, name):
            raise AssertionError(f"the sandbox has no switch {name}")
        setattr(app.shared, name, value)
    between = Between(app)
    async with serve({subject.provider: between}) as urls:
        url = urls[subject.provider]
        account = Account(subject, app, between, url, await connected(subject, app, url, settings))
        try:
            yield account
        finally:
            await account.connection.close()


async def connected(subject, app, url, settings=None, **more):
    """Open a connection to a sandbox that is being served."""
    module = importlib.import_module(f"connectors.{subject.provider}")
    chosen = {"base_url": url, **app.credentials, **subject.settings, **(settings or {})}
    return await module.connect(subject.provider, module.Settings(**chosen), **more)


def journal():
    """Return a journal that survives crashes."""
    made = MemoryJournal()
    made.now = datetime.now(UTC)
    return made
