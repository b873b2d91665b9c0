"""`docferry status`, `retry` and `check`: how routes stand, and what is to be tried again."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.markup import escape

from flows import checks, output
from flows.findings import show_findings
from flows.making_due import make_due
from flows.routes import read_route, route_names
from flows.running import open_ledger
from flows.settings import load_gateway
from flows.standing import as_json, show_standings, standing_of
from flows.watch_commands import check_freshness

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from flows.standing import Standing

app = typer.Typer()
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout; logs go to stderr.")]
RouteName = Annotated[str, typer.Argument(metavar="ROUTE", help="A route's name: its file in mappings/ without .yaml.")]
T = TypeVar("T")


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
    reason: Annotated[str | None, typer.Option(help="Why; kept in the documents' timelines.")] = None,
    json_: Json = False,
) -> None:
    """Make documents due again; the next run takes them, and what is already at the destination is updated.

    What the source is owed about them, or at all if no document is named, is told by the next run, too.
    """
    made = asyncio.run(make_due(load_gateway(), route, document or (), reason))
    count, waiting, unknown = made.count, made.waiting, made.unknown
    if json_:
        output.print_json(
            {"route": route, "due": count, "waiting": waiting, "unknown": unknown, "messages": made.messages}
        )
    elif count or made.messages:
        some = [f"{count} {'document' if count == 1 else 'documents'}"] if count else []
        some += [f"{made.messages} {'message' if made.messages == 1 else 'messages'} to the source"] * bool(
            made.messages
        )
        are = "is" if count + made.messages == 1 else "are"
        output.out.print(f"{' and '.join(some)} {are} due again. Next: docferry run {route}")
    if waiting and not json_:
        output.out.print(
            escape(f"To be delivered anyway: {', '.join(waiting)}. At once: docferry run {route} --document ID"),
            soft_wrap=True,
        )
    if unknown:
        _stop(f"Not known on this route: {', '.join(unknown)}. Ids are those at the source, compared exactly.", 1)
    if not (count or waiting or made.messages or json_):
        output.out.print("Nothing to retry: no document of this route is rejected or failed, and no message waits.")


@app.command()
def check(
    route: Annotated[str | None, typer.Argument(metavar="[ROUTE]", help="One route; all if left out.")] = None,
    defaults: Annotated[
        bool, typer.Option("--defaults", help="Name the settings that have their default, too.")
    ] = False,
    freshness: Annotated[
        bool, typer.Option("--freshness", help="Look only at whether routes ran complete in time; exit code 1 if not.")
    ] = False,
    json_: Json = False,
) -> None:
    """Say whether settings are complete, and from where; whether credentials work, the state opens and the routes load."""
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
        show_findings(findings, defaults=defaults)
    raise typer.Exit(max((item.exit_code for item in findings), default=0))


def _run(work: Coroutine[object, object, T]) -> T:
    return asyncio.run(work)


def _stop(message: str, code: int) -> None:
    output.complain(message)
    raise typer.Exit(code)
