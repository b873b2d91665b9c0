"""Heal: what an earlier version of the mapping has judged is tried under the present one, and woken if that changes it.

A document that was rejected for its data wakes up when the mapping as it is now accepts it; one that the far end holds,
when the route says `resend: changed` and its payload is another one now. Trying leaves no trace on all others: no event,
no attempt, nothing to tell. A recorded document is tried as it was judged; one that is not is read from the source once.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors.errors import ConnectorError, GoneError, RejectedError
from flows.context import is_fatal, where
from flows.ends import Ends
from flows.fitting import content, fit, travelling
from flows.log_lines import about, about_its_document
from flows.pool import pool
from flows.recorded import unpack
from flows.verdicts import ended_by_us
from mappings.language import MappingError
from state.records import REJECTED

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from connectors.contract import Document
    from flows.context import Context
    from state.records import Transfer
    from state.waking import Candidate

log = logging.getLogger("docferry")
_AT_ONCE = 100
"""How many recorded documents are tried before others get their turn, and written down together."""


async def heal(context: Context) -> None:
    """Wake what the present mapping cures. Whatever is not tried in this run, for whatever reason, is left to the next."""
    route, run = context.open.route, context.run
    wanted = (False, True) if route.draft.resend == "changed" else (False,)
    missed: set[int] = set()
    for sent in wanted:
        await _recorded(context, sent=sent)
        await _unrecorded(context, missed, sent=sent)
    left = [one for sent in wanted for one in await _untried(context, 1, sent=sent)]
    if not left and not context.halted():
        await run.waking.done(route.version, datetime.now(UTC))
    woken = context.tally.woken
    if woken:
        log.info("%d documents are woken: the mapping has changed, and what it makes of them", woken)


async def _untried(context: Context, limit: int, *, sent: bool, exclude: set[int] | None = None) -> list[Candidate]:
    """Return documents that are not recorded."""
    return await context.run.waking.candidates(
        context.open.route.version, limit, sent=sent, recorded=False, exclude=exclude or ()
    )


async def _recorded(context: Context, *, sent: bool) -> None:
    version = context.open.route.version
    while not context.halted():
        some = await context.run.waking.candidates(version, _AT_ONCE, sent=sent, recorded=True)
        if not some:
            return
        woken = [
            one.transfer.id for one in some if one.recorded and _wakes(context, one.transfer, unpack(one.recorded))
        ]
        await _write(context, woken, [one.transfer.id for one in some if one.transfer.id not in woken])


async def _unrecorded(context: Context, missed: set[int], *, sent: bool) -> None:
    """Read what is not recorded: so many at a time as are delivered at a time, and no more in one run than the policy says."""

    async def take(wanted: int, busy: set[int]) -> list[tuple[int, Awaitable[None]]]:
        wanted = min(wanted, context.policy.rereads - context.reread)
        some = await _untried(context, wanted, sent=sent, exclude=busy | missed) if wanted > 0 else []
        context.reread += len(some)
        return [(one.transfer.id, _read(context, one.transfer, missed)) for one in some]

    async def idle() -> bool:
        return False

    await pool(
        context.policy.in_flight,
        take,
        idle,
        Ends(context, (context.source_name,)),
    )


@about_its_document
async def _read(context: Context, transfer: Transfer, missed: set[int]) -> None:
    """Read one document and try it. One that is gone, or at which somebody is at work, is left as it is."""
    try:
        document = await context.open.source.fetch(transfer.document_id)
        context.got_through(context.source_name)
    except (GoneError, RejectedError):
        await _write(context, [], [transfer.id])
        return
    except ConnectorError as error:
        missed.add(transfer.id)
        if is_fatal(error):
            context.halt(error)
        else:
            context.failed(error)
        return
    held_back = document.not_ready is not None and not ended_by_us(transfer, document)
    if held_back or not _wakes(context, transfer, document):
        await _write(context, [], [transfer.id])
    else:
        await _write(context, [transfer.id], [])


def _wakes(context: Context, transfer: Transfer, document: Document) -> bool:
    """Say whether the present mapping changes what became of a document."""
    opened = context.open
    try:
        mapped = fit(opened, document, [])
    except (MappingError, RejectedError):
        return False
    except Exception as error:  # noqa: BLE001 -- one document's trouble must not stop the others
        with about(document=transfer.document_id):
            log.error("document %s: unexpected %s", transfer.document_id, where(error))  # noqa: TRY400 -- see where()
        return False
    if mapped.skipped is not None or transfer.status == REJECTED:
        return mapped.skipped is None
    # What has changed at the source besides is another matter, which its listing shows.
    same = context.run.fingerprint(document.version) == transfer.content_version
    now = content(mapped.payload, travelling(opened.route, document.files, transfer.origin))
    return same and context.run.fingerprint(now) != transfer.payload_digest


async def _write(context: Context, woken: list[int], quiet: list[int]) -> None:
    version = context.open.route.version
    detail = f"the mapping is {version[:12]} now"
    await context.run.waking.tried(version, woken=woken, quiet=quiet, now=datetime.now(UTC), detail=detail)
    context.tally.woken += len(woken)
