"""`docferry state …`: what an operator does to the state database itself."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from flows import output
from flows.settings import load_gateway
from flows.tokens import vault
from state.ledger import Ledger

app = typer.Typer(name="state", help="Care for the state database.", no_args_is_help=True, rich_markup_mode="rich")


@app.command()
def rekey(
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout; logs go to stderr.")] = False,
) -> None:
    """Replace the key of the state's fingerprints when it is lost for good (see docs/state.md).

    Every document that was begun is compared with the far end before anything more is done to it, so nothing is doubled.
    """
    gateway = load_gateway()
    count = asyncio.run(Ledger.rekey(gateway.state_url, vault=vault(gateway)))
    if json_:
        output.print_json({"rekeyed": count})
    else:
        output.out.print(f"The state has a new key; {count} documents will be compared with the far end anew.")
