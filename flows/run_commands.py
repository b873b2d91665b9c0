"""`docferry demo`, `run`, `status`, `retry` and `check`: what is done with routes as they are."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.markup import escape

from connectors.settings import SettingsError
from flows import checks, demonstration, output
from flows.progress import following
from flows.routes import read_route, route_names
from flows.running import interruptible, open_ledger, run_route, telling_of_a_lock
from flows.settings import load_gateway
from flows.standing import as_json, show_standings, standing_of
from flows.tally import Tally
from flows.watch_commands import check_freshness
from state import records

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from flows.standing import Standing
    from flows.tally import Report

app = typer.Typer()
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout; logs go to stderr.")]
RouteName = Annotated[str, typer.Argument(metavar="ROUTE", help="A route's name: its file in mappings/ without .yaml.")]
T = TypeVar("T")


@app.command()
def demo(
    documents: Annotated[int, typer.Option(min=1, max=5000, help="How many sample documents.")] = 200,
    json_: Json = False,
) -> None:
    """Show the whole thing: both providers as sandboxes on loopback, 200 documents, one Prefect flow run."""
    report = _run(demonstration.demonstrate(documents, quiet=json_))
    _finish(report, json_=json_)


@app.command()
def run(
    route: RouteName,
    limit: Annotated[int | None, typer.Option(min=1, help="Begin at most this many documents.")] = None,
    document: Annotated[
        list[str] | None, typer.Option(help="Only this source id, due or not; may be repeated.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and map; write nothing to a provider and no document to the ledger.")
    ] = False,
    json_: Json = False,
) -> None:
    """Run a route once, now: collect, deliver, follow, report."""
    # A script's variable that is not set; the ledger would know a document without an id for ever.
    if not all(document or ()):
        raise SettingsError("--document is empty; give it an id at the source.")
    gateway = load_gateway()
    tally = Tally()

    async def work() -> Report:
        async with following(tally, route, quiet=json_):
            return await interruptible(
                lambda stop: asyncio.ensure_future(
                    run_route(
                        gateway, route, limit=limit, documents=document or (), dry_run=dry_run, tally=tally, stop=stop
                    )
                ),
                gateway.policy.grace,
            )

    _finish(_run(work()), json_=json_)


@app.command()
def status(
    route: Annotated[str | None, typer.Argument(metavar="[ROUTE]", help="One route; all if left out.")] = None,
    json_: Json = False,
) -> None:
    """Show how routes stand: documents by status, what is owed to the source, the last runs, what was rejected and why.

    Reasons show values as shapes only; docferry explain DOCUMENT tells everything about one.
    """
    gateway = load_gateway()

    async def work() -> list[Standing]:
        async with open_ledger(gateway) as ledger:
            used = await ledger.routes()
            known = [*used, *(name for name in route_names(gateway.mappings) if name not in used)]
            if route is not None and route not in known:
                read_route(gateway, route)  # raises with what there is
            return [await standing_of(ledger, name, gateway.mappings) for name in ([route] if route else known)]

    standings = _run(work())
    if json_:
        output.print_json({"routes": [as_json(standing) for standing in standings]})
    elif standings:
        show_standings(standings)
    else:
        output.out.print(f"There are no routes in {gateway.mappings}.")


@app.command()
def retry(
    route: RouteName,
    document: Annotated[
        list[str] | None, typer.Argument(help="Source ids; all rejected and failed if left out.")
    ] = None,
    json_: Json = False,
) -> None:
    """Make documents due again; the next run takes them, and what is already at the destination is updated."""
    gateway = load_gateway()
    read_route(gateway, route)

    asked = list(dict.fromkeys(document or ()))

    async def work() -> tuple[int, list[str], list[str]]:
        async with open_ledger(gateway) as ledger:
            known = await ledger.lookup(route, asked)
            waiting = [name for name, transfer in known.items() if transfer.status == records.PENDING]
            statuses = (*records.SETTLED,) if asked else (records.REJECTED, records.FAILED)
            with telling_of_a_lock():
                count = await ledger.retry(
                    route, document_ids=asked or None, statuses=statuses, at=datetime.now(UTC), note="docferry retry"
                )
            return count, [name for name in asked if name not in known], waiting

    count, unknown, waiting = _run(work())
    if json_:
        output.print_json({"route": route, "due": count, "waiting": waiting, "unknown": unknown})
    elif count:
        due = "1 document is" if count == 1 else f"{count} documents are"
        output.out.print(f"{due} due again. Next: docferry run {route}")
    if waiting and not json_:
        output.out.print(
            escape(f"To be delivered anyway: {', '.join(waiting)}. At once: docferry run {route} --document ID"),
            soft_wrap=True,
        )
    if unknown:
        _stop(f"Not known on this route: {', '.join(unknown)}. Ids are those at the source, compared exactly.", 1)
    if not count and not waiting and not json_:
        output.out.print("Nothing to retry: no document of this route is rejected or failed.")


@app.command()
def check(
    route: Annotated[str | None, typer.Argument(metavar="[ROUTE]", help="One route; all if left out.")] = None,
    freshness: Annotated[
        bool, typer.Option("--freshness", help="Look only at whether routes ran complete in time; exit code 1 if not.")
    ] = False,
    json_: Json = False,
) -> None:
    """Say whether settings are complete, credentials work, the state opens and the routes load."""
    gateway = load_gateway()
    if freshness:
        check_freshness(gateway, [route] if route else [], json_=json_)
    if route is not None and route not in route_names(gateway.mappings):
        read_route(gateway, route)
    routes = [route] if route else route_names(gateway.mappings)
    findings = asyncio.run(checks.check(gateway, routes, all_of_them=route is None))
    if json_:
        output.print_json({"ok": all(item.ok for item in findings), "checks": [asdict(item) for item in findings]})
    else:
        for item in findings:
            mark = "[green]ok[/]    " if item.ok else "[red]wrong[/] "
            output.out.print(f"{mark} {escape(item.what)}: {escape(item.says)}", soft_wrap=True)
    raise typer.Exit(max((item.exit_code for item in findings), default=0))


def _finish(report: Report, *, json_: bool) -> None:
    if json_:
        output.print_json(report.as_json())
    else:
        output.show_report(report)
    raise typer.Exit(report.exit_code)


def _run(work: Coroutine[object, object, T]) -> T:
    return asyncio.run(work)


def _stop(message: str, code: int) -> None:
    output.complain(message)
    raise typer.Exit(code)
