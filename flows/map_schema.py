"""`docferry map schema`: writes the JSON Schemas by which editors complete, explain and check route files."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from flows import output
from flows.editor_schemas import State, left_over, prepare, write
from flows.routes import chosen_routes
from flows.settings import load_gateway

app = typer.Typer()
FINDINGS, USAGE = 1, 2
_COLOURS = {State.CURRENT: "dim", State.WRITTEN: "green", State.STALE: "yellow", State.UNUSABLE: "red"}


@app.command("schema")
def schemas(
    routes: Annotated[
        list[str] | None, typer.Argument(metavar="[ROUTE]…", help="Routes; all if left out.", show_default=False)
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit code 1 if a schema is missing or not up to date.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout; logs go to stderr.")] = False,
) -> None:
    """Write a JSON Schema per route, by which editors complete, explain and check the route file.

    It has all keys with their help, the destination's fields, the source's paths, and what the source can be told.

    Commit the schemas. They change with the route's source and destination, with what docferry learn finds, and with docferry.

    An editor finds a route's schema by the route file's first line:

    # yaml-language-server: $schema=schemas/ROUTE.schema.json
    """
    gateway = load_gateway()
    results = [prepare(gateway.mappings, name) for name in chosen_routes(gateway, routes or ())]
    if not check:
        results = [write(result) for result in results]
    others = [] if routes else left_over(gateway.mappings, [result.route for result in results])
    if json_:
        output.print_json(
            {"schemas": [asdict(result) for result in results], "left_over": [str(path) for path in others]}
        )
    else:
        for result in results:
            _show(result.state, str(result.path), result.says)
        for path in others:
            _show(State.STALE, str(path), "there is no such route; delete the file")
        if any(result.state is State.STALE for result in results):
            output.out.print("Next: docferry map schema")
    stale = others or any(result.state is State.STALE for result in results)
    unusable = any(result.state is State.UNUSABLE for result in results)
    raise typer.Exit(USAGE if unusable else FINDINGS if check and stale else 0)


def _show(state: State, path: str, says: str) -> None:
    colour = _COLOURS[state]
    output.out.print(f"[{colour}]{state:8}[/] {escape(path)}{escape(f': {says}' if says else '')}", soft_wrap=True)
