"""The `docferry` command: run a route, ask where a document is and why, try it all out against sandboxes."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.markup import escape

from connectors.errors import ConnectorError
from connectors.secrets import mask
from connectors.settings import SettingsError
from flows import (
    checks,
    demonstration,
    explain_command,
    learn,
    map_commands,
    output,
    provider_commands,
    state_commands,
    streams,
)
from flows.progress import following
from flows.routes import read_route, route_names
from flows.running import interruptible, open_ledger, run_route, telling_of_a_lock
from flows.settings import load_gateway
from flows.standing import as_json, show_standings, standing_of
from flows.streams import OutputError
from flows.tally import Tally
from mappings.language import RouteError
from state import records
from state.errors import SettingError, StateError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from flows.standing import Standing
    from flows.tally import Report

app = typer.Typer(
    name="docferry",
    help="Carries documents between providers on a schedule and tells the source what became of each.",
    epilog="Exit codes: 0 all accounted for · 1 finished, but some documents were rejected, failed or are owed · "
    "2 wrong usage or settings · 3 stopped (access, provider or state) · 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
    rich_markup_mode="rich",
)
app.add_typer(explain_command.app)
app.add_typer(state_commands.app)
app.add_typer(provider_commands.app)
app.add_typer(learn.app)
app.add_typer(map_commands.app)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout; logs go to stderr.")]
RouteName = Annotated[str, typer.Argument(metavar="ROUTE", help="A route's name: its file in mappings/ without .yaml.")]
T = TypeVar("T")
USAGE, STOPPED, INTERRUPTED = 2, 3, 130
_AT_ONCE = "stopped at once; nothing is lost, the next run goes on from here"


@app.callback()
def _options(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more, to stderr.")] = False,
) -> None:
    output.start_logging(verbose=verbose)


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
            return [await standing_of(ledger, name) for name in ([route] if route else known)]

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

    async def work() -> int:
        async with open_ledger(gateway) as ledger:
            statuses = (*records.SETTLED,) if document else (records.REJECTED, records.FAILED)
            with telling_of_a_lock():
                return await ledger.retry(
                    route, document_ids=document or None, statuses=statuses, at=datetime.now(UTC), note="docferry retry"
                )

    count = _run(work())
    if json_:
        output.print_json({"route": route, "due": count})
    elif count:
        output.out.print(f"{count} documents are due again. Next: docferry run {route}")
    if document and count < len(set(document)):
        _stop(f"{len(set(document)) - count} of them are not known on this route.", 1)
    if not count and not json_:
        output.out.print("Nothing to retry: no document of this route is rejected or failed.")


@app.command()
def check(
    route: Annotated[str | None, typer.Argument(metavar="[ROUTE]", help="One route; all if left out.")] = None,
    json_: Json = False,
) -> None:
    """Say whether settings are complete, credentials work, the state opens and the routes load."""
    gateway = load_gateway()
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


def main() -> None:
    """Run the command; every foreseeable error becomes one sentence and an exit code. Always raises SystemExit."""
    sys.argv[1:] = streams.words(sys.argv[1:])
    if sys.stdout is None and "--json" in sys.argv:
        output.complain("stdout is closed, and --json prints there; nothing was done")
        sys.exit(STOPPED)
    try:
        code = _ended()
        if sys.stdout is not None:
            sys.stdout.flush()
    except OutputError as error:
        output.complain(f"the output cannot be written ({error.strerror})")
        code = STOPPED
    sys.exit(code)


def _ended() -> int:
    """Run the command and return its exit code."""
    try:
        app()
    except SystemExit as ended:
        return _code(ended)
    except (SettingsError, RouteError, SettingError) as error:
        return _say(str(error), USAGE)
    except (ConnectorError, StateError) as error:
        return _say(str(error), STOPPED)
    except (asyncio.CancelledError, KeyboardInterrupt):
        return _say(_AT_ONCE, INTERRUPTED)
    except OutputError:
        raise
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        return _say(f"{error.strerror or type(error).__name__}{where}", STOPPED)
    return 0


def _code(ended: SystemExit) -> int:
    if ended.__context__ is not None and isinstance(ended.__context__.__cause__, KeyboardInterrupt):
        return _say(_AT_ONCE, INTERRUPTED)  # Typer only leaves the number of it
    code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    if code == USAGE and "--json" in sys.argv and not output.json_printed():
        output.print_json({"error": "the command was called wrongly; see stderr", "exit_code": USAGE})
    return code


def _say(message: str, code: int) -> int:
    """Tell why the command ended, in the form that was asked for, and return the code."""
    if "--json" in sys.argv:
        output.print_json({"error": mask(message), "exit_code": code})
    output.complain(message)
    return code


if __name__ == "__main__":
    main()
