"""`docferry demo` and `docferry run`: one run of one route, now."""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flows import demonstration, output
from flows.progress import following
from flows.running import run_route
from flows.selection import Selection
from flows.settings import load_gateway
from flows.stopping import until_stopped
from flows.tally import Tally

if TYPE_CHECKING:
    from flows.tally import Report

app = typer.Typer()
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout; logs go to stderr.")]


@app.command()
def demo(
    documents: Annotated[int, typer.Option(min=1, max=5000, help="How many sample documents.")] = 200,
    json_: Json = False,
) -> None:
    """Show the whole thing: both providers as sandboxes on loopback, 200 documents, one Prefect flow run."""
    report = asyncio.run(demonstration.demonstrate(documents, quiet=json_))
    _finish(report, json_=json_)


@app.command()
def run(  # noqa: PLR0913, PLR0917 -- one for each thing a run can be asked
    route: Annotated[str, typer.Argument(metavar="ROUTE", help="A route's name: its file in mappings/ without .yaml.")],
    document: Annotated[
        list[str] | None, typer.Option(help="Only this source id, due or not; may be repeated.")
    ] = None,
    rejected: Annotated[
        bool, typer.Option("--rejected", help="Only what was rejected or failed, once more; --since restricts that.")
    ] = False,
    sweep: Annotated[
        bool,
        typer.Option("--sweep", help="List the source from its beginning (or --since) before carrying what is due."),
    ] = False,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], metavar="DAY", help="2026-11-26 or 2026-11-26T14:30, in UTC."
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Begin at most this many documents.")] = None,
    reason: Annotated[
        str | None, typer.Option(help="Why it is run by hand; kept with the run and shown by docferry status.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and map; write nothing to a provider and no document to the ledger.")
    ] = False,
    json_: Json = False,
) -> None:
    """Run a route once, now: collect, deliver, follow, report.

    Without options it carries what the source lists anew and what is due from earlier runs. A sweep finds what no later listing
    would show, and doubles nothing: what is known and has not changed stays as it is.
    """
    asked = Selection(
        documents=tuple(document or ()),
        rejected=rejected,
        sweep=sweep,
        since=since.replace(tzinfo=UTC) if since else None,
        limit=limit,
        reason=reason,
    )
    gateway = load_gateway()
    tally = Tally()

    async def work() -> Report:
        async with following(tally, route, quiet=json_):
            return await until_stopped(
                lambda stop: run_route(gateway, route, asked=asked, dry_run=dry_run, tally=tally, stop=stop),
                grace=gateway.policy.grace,
                signals=(signal.SIGINT, signal.SIGTERM),
                insisting=True,
            )

    _finish(asyncio.run(work()), json_=json_)


def _finish(report: Report, *, json_: bool) -> None:
    if json_:
        output.print_json(report.as_json())
    else:
        output.show_report(report)
    raise typer.Exit(report.exit_code)
