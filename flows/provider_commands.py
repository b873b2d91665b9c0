"""The commands about providers: log in to one, serve all in memory, see which promises connectors keep, begin a new one."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from flows import certify as certificate
from flows import connect as login
from flows import demonstration, new_connector, output
from flows.new_connector import Role
from flows.settings import load_gateway

app = typer.Typer()
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout; logs go to stderr.")]


@app.command()
def connect(
    connection: Annotated[str, typer.Argument(metavar="CONNECTION", help="A connection's name, such as documine.")],
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address and ask for the one you are sent to.")
    ] = False,
) -> None:
    """Log a connection in through a browser and keep the login, encrypted with DOCFERRY_KEYS."""
    gateway = load_gateway()

    def say(text: str) -> None:
        output.out.print(escape(text), soft_wrap=True)

    def ask() -> str:
        return str(typer.prompt("Address", hide_input=True))  # it carries a code

    pasted = ask if no_browser else None
    say(asyncio.run(login.connect(gateway, connection, say=say, ask=pasted, browser=not no_browser)))


@app.command()
def sandbox(
    documents: Annotated[int, typer.Option(min=0, max=100_000, help="How many sample documents.")] = 200,
    hypatos_port: Annotated[int, typer.Option(min=0, max=65535, help="0 picks a free port.")] = 8701,
    zefort_port: Annotated[int, typer.Option(min=0, max=65535, help="0 picks a free port.")] = 8702,
    contractfit_port: Annotated[int, typer.Option(min=0, max=65535, help="0 picks a free port.")] = 8703,
    documine_port: Annotated[int, typer.Option(min=0, max=65535, help="0 picks a free port.")] = 8704,
) -> None:
    """Serve the providers in memory on loopback until Ctrl-C, and print the settings that point at them."""
    ports = {
        "hypatos": hypatos_port,
        "zefort": zefort_port,
        "contractfit": contractfit_port,
        "documine": documine_port,
    }
    demonstration.serve_sandboxes(documents, ports)


@app.command()
def certify(
    connector: Annotated[
        str | None, typer.Argument(metavar="[CONNECTOR]", help="A provider, or provider.stream.role; all if left out.")
    ] = None,
    json_: Json = False,
) -> None:
    """Run the contract suite against the sandboxes and show which promises each connector keeps."""
    scores = asyncio.run(certificate.certify(connector))
    if json_:
        output.print_json(certificate.as_json(scores))
    else:
        output.show_scores(scores)
    raise typer.Exit(int(any(score.having("broken") for score in scores)))


@app.command("new-connector")
def begin_connector(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The provider's name in small letters, such as acme_erp.")
    ],
    role: Annotated[Role, typer.Option(help="What it plays.")] = Role.BOTH,
    json_: Json = False,
) -> None:
    """Lay out a new connector in this source tree: a copy of the example under its name, which works at once."""
    done = new_connector.lay_out(name, role)
    if json_:
        output.print_json(asdict(done))
        return
    for path in done.written:
        output.out.print(f"[green]new[/]      {escape(path)}", soft_wrap=True)
    for path in done.changed:
        output.out.print(f"[yellow]changed[/]  {escape(path)}", soft_wrap=True)
    output.out.print("Next:")
    for step in done.next:
        output.out.print(f"  {escape(step)}", soft_wrap=True)
