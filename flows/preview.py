"""A dry run: lists, reads and maps what a run would carry; writes nothing to a provider and no document to the ledger."""

from __future__ import annotations

import asyncio
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors.errors import ConnectorError, GoneError, RejectedError
from connectors.secrets import mask
from flows.fitting import fit
from flows.redact import redact, unnamed
from flows.selection import ALL_DUE
from flows.tally import Fate, Report, Tally
from flows.verdicts import ended_by_us
from mappings.language import MappingError
from state.records import PENDING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from flows.policy import Policy
    from flows.routes import OpenRoute
    from flows.selection import Selection
    from state.ledger import Ledger
    from state.records import Transfer


async def preview(
    opened: OpenRoute,
    ledger: Ledger,
    *,
    policy: Policy,
    tally: Tally | None = None,
    asked: Selection = ALL_DUE,
) -> Report:
    """Say what a run would do: counts and reasons as in a real run's report, with `dry_run` set."""
    tally, limit = tally or Tally(), asked.limit
    began, started = time.monotonic(), datetime.now(UTC)
    requests, waited = opened.requests(), opened.waited()
    numbers: dict[str, int] = {}
    stopped: str | None = None
    gate = asyncio.Semaphore(policy.in_flight)

    async def consider(document_id: str, known: Transfer | None) -> None:
        async with gate:
            fate, reason = await _would(opened, document_id, known, asked=not asked.listing)
        tally.decide(numbers[document_id], fate)
        if reason:
            tally.explain(document_id, fate, reason)

    try:
        async for ids in _listed(opened, ledger, asked):
            fresh = [id_ for id_ in ids if id_ not in numbers]
            known = await ledger.lookup(opened.route.name, fresh)
            todo: list[tuple[str, Transfer | None]] = []
            for id_ in fresh:
                if limit is not None and len(todo) + tally.settled >= limit:
                    break
                numbers[id_] = len(numbers)
                tally.list([numbers[id_]], Fate.WAITING)
                todo.append((id_, known.get(id_)))
            async with asyncio.TaskGroup() as group:
                for id_, transfer in todo:
                    group.create_task(consider(id_, transfer))
            if limit is not None and len(numbers) >= limit:
                break
    except* ConnectorError as errors:
        stopped = mask("; ".join(str(error) for error in errors.exceptions))
    counts = tally.counts()
    return Report(
        route=opened.route.name,
        run_id=f"dry-{uuid.uuid4().hex[:8]}",
        started=started,
        listed=tally.listed,
        delivered=counts[Fate.DELIVERED],
        updated=counts[Fate.UPDATED],
        unchanged=counts[Fate.UNCHANGED],
        rejected=counts[Fate.REJECTED],
        failed=counts[Fate.FAILED],
        skipped=counts[Fate.SKIPPED],
        waiting=counts[Fate.WAITING],
        requests=opened.requests() - requests,
        quota_wait=opened.waited() - waited,
        seconds=time.monotonic() - began,
        complete=stopped is None and limit is None,
        limited=limit is not None,
        dry_run=True,
        stopped=stopped,
        notes=("dry run: nothing was written, neither here nor at a provider", *await _beyond(opened, ledger)),
        problems=tuple(tally.problems.values()),
        source=opened.source_connection.name,
        destination=opened.destination_connection.name,
        pages=opened.pages(),
    )


async def _beyond(opened: OpenRoute, ledger: Ledger) -> list[str]:
    """Say what a run would carry besides what the source lists, since that is all that a dry run tries."""
    name, said = opened.route.name, []
    if pending := (await ledger.summary(name)).statuses.get(PENDING):
        said.append(
            f"{pending} documents are due from earlier runs; those that the source does not list are not counted here"
        )
    last = await ledger.archive.mapping(name)
    if last is not None and last.version != opened.route.version:
        said.append(f"the mapping has changed; whom that wakes is not counted here, docferry map diff {name} shows it")
    return said


async def _listed(opened: OpenRoute, ledger: Ledger, asked: Selection) -> AsyncIterator[list[str]]:
    name = opened.route.name
    if not asked.listing:
        yield await ledger.refused_documents(name, asked.since) if asked.rejected else list(asked.documents)
        return
    cursor = await ledger.cursor(name, opened.source_stream)
    if asked.sweep:
        cursor = opened.source.rewind(cursor, asked.since)
    async for page in opened.source.changes(cursor):
        yield [change.document_id for change in page.changes]


async def _would(opened: OpenRoute, document_id: str, known: Transfer | None, *, asked: bool) -> tuple[Fate, str]:
    """Return what a run would make of one document; `asked` if a person wants it carried although the source let go of it."""
    values: list[object] = []
    try:
        try:
            document = await opened.source.fetch(document_id)
        except GoneError as error:
            # One that was listed has left since, as they do; one that was asked for by name was never there.
            return (Fate.FAILED if asked else Fate.SKIPPED), f"not at the source: {mask(str(error))}"
        values.append(unnamed(document.fields))
        ended = asked and known is not None and ended_by_us(known, document)
        if document.not_ready is not None and not ended:
            return Fate.SKIPPED, document.not_ready
        mapped = fit(opened, document, values)
        if mapped.skipped is not None:
            return Fate.SKIPPED, mapped.skipped
    except (MappingError, RejectedError) as error:
        return Fate.REJECTED, redact(mask(str(error)), values)
    return (Fate.DELIVERED if known is None or known.external_id is None else Fate.UPDATED), ""
