"""`docferry explain`: where a document is, and why every field of it is what it is."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from flows import explain_output, output
from flows.explaining import NoSuchFieldError
from flows.explaining import explain as account_of
from flows.on_paper import search
from flows.running import open_ledger
from flows.settings import load_gateway

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flows.explaining import Account
    from flows.on_paper import Search
    from state.ledger import Ledger
    from state.records import Transfer

app = typer.Typer()
_FINDINGS = 1
_ALL_ABOUT = 3
"""Up to so many documents that show what was asked for are explained; of more there is a list."""


@app.command()
def explain(
    document: Annotated[
        str,
        typer.Argument(
            help="A source document's id, its id at the destination, or its key; or what stands on it, such as an invoice's "
            "number, where documents are recorded (DOCFERRY_KEYS)."
        ),
    ],
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

    async def work() -> tuple[list[Account], Search | None]:
        async with open_ledger(gateway) as ledger:
            known = await ledger.find(document)
            if known:
                return await _accounts(ledger, known, field), None
            looked = await search(ledger, document)
            for shown in looked.found if len(looked.found) <= _ALL_ABOUT else ():
                known += (await ledger.lookup(shown.route, [shown.document_id])).values()
            return await _accounts(ledger, known, field), looked

    try:
        found, looked = asyncio.run(work())
    except NoSuchFieldError as error:
        _stop(str(error), json_=json_)
    if json_:
        data: dict[str, object] = {
            "document": document,
            "found": [explain_output.as_json(account) for account in found],
            "shown_by": [asdict(shown) for shown in looked.found] if looked else [],
        }
        output.print_exact(data)
    elif looked and looked.found:
        explain_output.show_search(document, looked)
    for account in () if json_ else found:
        (explain_output.show if field is None else explain_output.show_field)(account)
    if looked and not looked.found:
        output.complain(_nothing(document, looked))
        raise typer.Exit(_FINDINGS)


def _nothing(document: str, looked: Search) -> str:
    words = (
        f"Nothing is known about '{document}'. Ids are compared exactly; try the id at the source or at the destination"
    )
    if looked.among:
        words += f" (none of the {looked.among} recorded documents shows it either)"
    elif not looked.recording:
        words += " (with DOCFERRY_KEYS documents are recorded, and found by what stands on them)"
    return (
        f"{words}, or run the route first so that the source is listed. What it does not list yet is not ready there."
    )


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
