"""`docferry explain`: where a document is, and why every field of it is what it is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from flows import explain_output, output
from flows.explaining import NoSuchFieldError
from flows.explaining import explain as account_of
from flows.running import open_ledger
from flows.settings import load_gateway

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flows.explaining import Account
    from state.ledger import Ledger
    from state.records import Transfer

app = typer.Typer()
_FINDINGS = 1


@app.command()
def explain(
    document: Annotated[str, typer.Argument(help="A source document's id, its id at the destination, or its key.")],
    field: Annotated[
        str | None,
        typer.Option(
            metavar="PATH", help="Only this field of what was sent, such as parties[0].name, with all about it."
        ),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout; logs go to stderr.")] = False,
) -> None:
    """Show where a document is and why: its timeline with the ids on both sides, and the rule behind every field.

    Fields are made again by the mapping that was used then, from the document as it was judged, and compared with what
    was sent. Values are shown where documents are recorded (DOCFERRY_KEYS); else only rules and paths.
    """
    gateway = load_gateway()

    async def work() -> list[Account]:
        async with open_ledger(gateway) as ledger:
            return await _accounts(ledger, await ledger.find(document), field)

    try:
        found = asyncio.run(work())
    except NoSuchFieldError as error:
        _stop(str(error), json_=json_)
    if json_:
        output.print_exact({"document": document, "found": [explain_output.as_json(account) for account in found]})
    for account in () if json_ else found:
        (explain_output.show if field is None else explain_output.show_field)(account)
    if not found:
        words = (
            f"Nothing is known about '{document}'. Ids are compared exactly; try the id at the source or at the "
            "destination, or run the route first so that the source is listed."
        )
        output.complain(words)
        raise typer.Exit(_FINDINGS)


async def _accounts(ledger: Ledger, found: Sequence[Transfer], field: str | None) -> list[Account]:
    """Explain a document on each of its routes. One that does not make the field is left out if another does."""
    accounts: list[Account] = []
    missing: list[NoSuchFieldError] = []
    for transfer in found:
        try:
            accounts.append(await account_of(ledger, transfer, field))
        except NoSuchFieldError as error:
            missing.append(error)
    if missing and not accounts:
        raise missing[0]
    return accounts


def _stop(words: str, *, json_: bool) -> NoReturn:
    if json_:
        output.print_json({"error": words, "exit_code": _FINDINGS})
    output.complain(words)
    raise typer.Exit(_FINDINGS)
