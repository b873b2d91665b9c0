"""Where the document comes from that a mapping is tried on: the source, the state, a file, or the route's first test."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.errors import GoneError, RejectedError
from connectors.secrets import mask
from connectors.settings import SettingsError
from flows.accounts import open_account
from flows.output import instant
from flows.recorded import unpack
from flows.routes import stream_of
from flows.running import open_ledger
from mappings.language import Problem, RouteError
from mappings.workbench.documents import DocumentError, document_of, read_document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from connectors.contract import Source
    from flows.settings import Gateway
    from mappings.language import Route
    from mappings.workbench.documents import Document
    from state.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Chosen:
    """A document, what it is in words, and why a run would not take it now (empty if it would)."""

    document: Document
    what: str
    not_ready: str = ""


class NoDocumentError(ValueError):
    """There is no document of the id that was asked for; the message says what to do."""


def choose(gateway: Gateway, route: Route, asked: str | None, *, recorded: bool) -> Chosen:
    """Find the document that was asked for: a file's, or one by its id; without a word that of the first test.

    A relative name of a JSON file may be meant from here or from the route's folder, as in its tests.
    `recorded` takes the document as a run has judged it last, instead of fetching it. Nothing is written to a provider.
    Raises NoDocumentError, RouteError (the test's document), SettingsError (a file that cannot be used, no test), ConnectorError,
    StateError.
    """
    if asked is None:
        return _of_first_test(route)
    if not recorded and (asked.endswith(".json") or Path(asked).is_file()):
        beside = route.path.parent / asked
        return _of_file(beside if beside.is_file() and not Path(asked).exists() else Path(asked))
    return asyncio.run(_recorded(gateway, route, asked) if recorded else _live(gateway, route, asked))


def _of_first_test(route: Route) -> Chosen:
    tests = route.draft.tests
    if not tests:
        words = f"{route.name} has no tests yet; name a document's id or a JSON file"
        raise SettingsError(words)
    try:
        return Chosen(document_of(tests[0], route.path), f"the document of test '{tests[0].name}'")
    except DocumentError as error:
        mark = tests[0].marks.get(error.key, tests[0].mark)
        problem = Problem(route.path, mark.line, mark.column, f"{error.key}: {error}")
        raise RouteError([problem]) from None


def _of_file(file: Path) -> Chosen:
    try:
        return Chosen(read_document(file.read_text(encoding="utf-8-sig"), str(file)), str(file))
    except FileNotFoundError:
        raise SettingsError(f"there is no file {file}, neither here nor beside the route") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{file} is not UTF-8") from None
    except DocumentError as error:
        raise SettingsError(str(error)) from None


async def _live(gateway: Gateway, route: Route, document_id: str) -> Chosen:
    async with open_ledger(gateway) as ledger, open_source(gateway, route, ledger) as source:
        try:
            document = await source.fetch(document_id)
        except (GoneError, RejectedError) as error:
            words = f"{route.source} does not give '{document_id}': {mask(str(error))}. If a run has seen it, try --recorded"
            raise NoDocumentError(words) from None
    return Chosen(document.fields, f"{document_id} as it is at {route.source} now", document.not_ready or "")


async def _recorded(gateway: Gateway, route: Route, asked: str) -> Chosen:
    async with open_ledger(gateway) as ledger:
        found = [transfer for transfer in await ledger.find(asked) if transfer.route == route.name]
        snapshots = [await ledger.archive.snapshot(transfer.id) for transfer in found]
        recording = ledger.archive.recording
    for snapshot in snapshots:
        if snapshot is not None and snapshot.content is not None:
            taken = f"{snapshot.document_id} as a run judged it at {instant(snapshot.taken_at)}"
            return Chosen(unpack(snapshot.content).fields, taken)
    why = "it was judged before documents were recorded, or is no longer kept (DOCFERRY_SNAPSHOTS)"
    if any(snapshots):
        why = "none of DOCFERRY_KEYS opens it any more"
    elif not found:
        why = f"no run of {route.name} has seen it"
    elif not recording:
        why = "documents are recorded only with DOCFERRY_KEYS"
    raise NoDocumentError(f"'{asked}' is not recorded: {why}. Without --recorded it is fetched from {route.source}")


@asynccontextmanager
async def open_source(gateway: Gateway, route: Route, ledger: Ledger) -> AsyncIterator[Source]:
    """Open the connection that documents come from, and only that."""
    name, _, stream = route.source.partition(".")
    connection = await open_account(gateway, ledger, name)
    try:
        yield stream_of(route, "source", stream, name, connection.sources)
    finally:
        await connection.close()
