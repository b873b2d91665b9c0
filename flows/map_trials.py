"""`docferry map test`, `preview` and `watch`: a route tried on sample documents, on real ones, and while it is edited."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path  # noqa: TC003 -- Typer reads the annotation
from typing import Annotated

import typer

from flows import map_output, map_preview, output
from flows.map_documents import NoDocumentError, choose
from flows.map_testing import Tested, accept, try_route, write_junit
from flows.map_watching import watch_route
from flows.routes import chosen_routes, read_route
from flows.schemas import checker
from flows.settings import load_gateway
from mappings.workbench.preview import preview

app = typer.Typer()
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout; logs go to stderr.")]
RouteName = Annotated[str, typer.Argument(metavar="ROUTE", help="A route's name: its file in mappings/ without .yaml.")]
FINDINGS, USAGE = 1, 2


@app.command("test")
def run_tests(
    routes: Annotated[
        list[str] | None, typer.Argument(metavar="ROUTE", help="Routes; all if left out.", show_default=False)
    ] = None,
    accept_: Annotated[
        bool, typer.Option("--accept", help="Write what comes out now into the files, as what failing tests expect.")
    ] = False,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the results as JUnit XML too, for a CI system.")
    ] = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="List the rules and conditions that no test shows, and used table rows.")
    ] = False,
    json_: Json = False,
) -> None:
    """Run the tests in route files: documents and what must become of them. No account and no network is needed.

    Write tests under tests: in the route file; with --accept a test without expectations gets them from what comes out.
    """
    gateway = load_gateway()
    results = [try_route(gateway, name) for name in chosen_routes(gateway, routes or ())]
    if accept_:
        results = [accept(gateway, result) for result in results]
    if junit is not None:
        write_junit(junit, results)
    if json_:
        output.print_exact(map_output.tests_json(results))
    else:
        map_output.show_tests(results, coverage=coverage)
    raise typer.Exit(max((_code(result) for result in results), default=0))


def _code(result: Tested) -> int:
    if result.problems:
        return USAGE
    return 0 if all(trial.passed for trial in result.trials) and not result.refused else FINDINGS


@app.command("preview")
def show_preview(
    route: RouteName,
    document: Annotated[
        str | None,
        typer.Argument(
            metavar="DOCUMENT|FILE",
            help="A document's id, or a JSON file; the document of the route's first test if left out.",
            show_default=False,
        ),
    ] = None,
    recorded: Annotated[
        bool, typer.Option("--recorded", help="Take the document as a run has judged it last, from the state.")
    ] = False,
    json_: Json = False,
) -> None:
    """Show what a route makes of one document: every field beside its rule, its line and what it was made of.

    A document is fetched from the source as it is now. Nothing is written there or at the destination. What is shown
    is the document's content.
    """
    gateway = load_gateway()
    mapping = read_route(gateway, route)
    if recorded and document is None:
        raise typer.BadParameter("--recorded needs a document's id")
    try:
        chosen = choose(gateway, mapping, document, recorded=recorded)
    except NoDocumentError as error:
        output.complain(str(error))
        if json_:
            output.print_json({"error": str(error), "exit_code": FINDINGS})
        raise typer.Exit(FINDINGS) from None
    check, unchecked = checker(gateway, mapping)
    made = preview(mapping, chosen.document, check)
    if json_:
        output.print_exact(map_preview.preview_json(mapping, chosen, made, unchecked))
    else:
        map_preview.show_preview(mapping, chosen, made, unchecked)
    raise typer.Exit(FINDINGS if made.outcome.problems else 0)


@app.command("watch")
def watch(route: RouteName) -> None:
    """Check, test and preview a route again on every save, and show what the save changed. Ctrl-C ends.

    Saves of the route file, its tables and its tests' documents count. A file that cannot be read is told with its
    mistakes, and the last good one stays what the next is compared with.
    """
    gateway = load_gateway()
    chosen_routes(gateway, [route])  # raises with what there is
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(watch_route(gateway, route))
