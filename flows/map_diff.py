"""`docferry map diff`: what an edit of a mapping would do to the documents that runs have judged last."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connectors.settings import SettingsError
from flows import map_diff_output, output
from flows.fitting import travelling
from flows.output import instant
from flows.recorded import unpack
from flows.routes import read_route
from flows.running import open_ledger
from flows.schemas import checker
from flows.settings import load_gateway
from mappings.language import load_bundle, load_route
from mappings.workbench.replaying import Blast, Judged, judged

if TYPE_CHECKING:
    from connectors.contract import Document
    from flows.settings import Gateway
    from mappings.language import Route
    from mappings.workbench.outcome import Check
    from state.archive import Snapshot

app = typer.Typer()
DEPLOYED = "deployed"
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)\s*%")


@dataclass(frozen=True, slots=True)
class Compared:
    """Two versions of a route on recorded documents. `unreadable` of them no key opens any more."""

    before: Route
    after: Route
    before_is: str
    blast: Blast
    unreadable: int


@app.command("diff")
def diff(
    route: Annotated[str, typer.Argument(metavar="ROUTE", help="A route's name: its file in mappings/ without .yaml.")],
    against: Annotated[
        str,
        typer.Option(metavar="deployed|FILE", help="What to compare with: what the last run used, or a route file."),
    ] = DEPLOYED,
    last: Annotated[
        int, typer.Option(min=1, metavar="N", help="How many recorded documents, the latest first.")
    ] = 1000,
    fail_over: Annotated[
        str | None,
        typer.Option(metavar="5%", help="Exit with 1 if more of the documents than that come out otherwise."),
    ] = None,
    values: Annotated[
        bool, typer.Option("--values", help="Show values as they are, not their shapes: documents' contents.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout; logs go to stderr.")] = False,
) -> None:
    """Show what the edited mapping does to recorded documents: which fields change, who newly fails, passes or is skipped.

    Documents are replayed as runs have judged them last (with DOCFERRY_KEYS; DOCFERRY_SNAPSHOTS says how many are kept).
    Nobody is asked for anything and nothing is sent. Those that were rejected before and pass now count as no harm.
    """
    limit = _limit(fail_over)
    gateway = load_gateway()
    found = asyncio.run(compare(gateway, route, against, last, values=values))
    over = limit is not None and Decimal(100 * found.blast.otherwise) > limit * found.blast.documents
    code = int(over)
    if json_:
        output.print_json({**map_diff_output.as_json(found), "fail_over": fail_over, "over": over, "exit_code": code})
    else:
        map_diff_output.show(found)
        if over:
            output.complain(f"more than {fail_over} of the documents come out otherwise")
    raise typer.Exit(code)


def _limit(text: str | None) -> Decimal | None:
    if text is None:
        return None
    found = _PERCENT.fullmatch(text.strip())
    if found is None:
        raise typer.BadParameter("write a share of the documents, such as --fail-over 5%")
    return Decimal(found[1])


async def compare(gateway: Gateway, name: str, against: str, last: int, *, values: bool) -> Compared:
    """Replay the last recorded documents of a route. Raises SettingsError if there is nothing to compare with, RouteError."""
    after = read_route(gateway, name)
    async with open_ledger(gateway) as ledger:
        deployed = await ledger.archive.mapping(name) if against == DEPLOYED else None
        snapshots = await ledger.archive.snapshots(name, last)
        recording = ledger.archive.recording
    if against != DEPLOYED:
        before, what = load_route(Path(against)), against
    elif deployed is not None:
        before, what = load_bundle(name, deployed.bundle), f"what a run used last, at {instant(deployed.last_used_at)}"
    else:
        words = (
            f"No run has used {name} yet, so there is nothing to compare with; run it, or name a file: --against FILE"
        )
        raise SettingsError(words)
    if not snapshots:
        why = (
            "run it, and what it judges is recorded"
            if recording
            else "documents are recorded only with DOCFERRY_KEYS, unless DOCFERRY_SNAPSHOTS is 0 (see docs/state.md)"
        )
        raise SettingsError(f"No document of {name} is recorded; {why}")
    blast = Blast(values=values)
    unreadable = _replay(gateway, before, after, snapshots, blast)
    if not blast.documents:
        # zero changes of zero documents would let any edit pass in CI
        raise SettingsError(
            f"None of DOCFERRY_KEYS opens any of the {unreadable} recorded documents of {name}; add the key"
        )
    return Compared(before, after, what, blast, unreadable)


def _replay(gateway: Gateway, before: Route, after: Route, snapshots: list[Snapshot], blast: Blast) -> int:
    """Judge every document by both versions; return how many could not be read."""
    sides = [(route, checker(gateway, route)[0]) for route in (before, after)]
    unreadable = 0
    for snapshot in snapshots:
        if snapshot.content is None:
            unreadable += 1
            continue
        document = unpack(snapshot.content)
        one, other = (_judged(route, check, document) for route, check in sides)
        blast.add(snapshot.document_id, one, other)
    return unreadable


def _judged(route: Route, check: Check | None, document: Document) -> Judged:
    files = tuple(f"{file.id} {file.version}".strip() for file in travelling(route, document.files))
    return judged(route, document.fields, check, files)
