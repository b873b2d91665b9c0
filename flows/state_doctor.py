"""`docferry state doctor`: whether the ledger is sound, and whether anything waits in it that nobody sees."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from flows import output
from flows.progress import counting
from flows.running import care_of
from flows.settings import load_gateway
from state.doctor import Finding

app = typer.Typer()
_FINDINGS = 1


@app.command()
def doctor(
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout; logs go to stderr.")] = False,
) -> None:
    """Look the ledger over: the database, its keys and rows, and what has been waiting for too long. Nothing is changed.

    Every finding says what to do next. Runs may go on meanwhile. It reads everything: a large ledger takes a minute.
    """
    care = care_of(load_gateway())

    async def work() -> list[Finding]:
        form = await care.form()
        if not form.current:
            says = (
                f"the tables are at {form.found}, this release needs {form.needed}"
                if form.found
                else "there are no tables yet"
            )
            next_step = "docferry state upgrade, then this again"
            return [Finding("form", ok=False, says=says, next_step=next_step)]
        first = Finding("form", ok=True, says=f"{care.place} is in this release's form ({form.needed})")
        with counting("doctor", quiet=json_) as tell:
            return [first, *await care.look_over(tell)]

    found = asyncio.run(work())
    sound = all(each.ok for each in found)
    if json_:
        output.print_json({"ok": sound, "findings": [asdict(each) for each in found]})
    else:
        _show(found)
    raise typer.Exit(0 if sound else _FINDINGS)


def _show(found: list[Finding]) -> None:
    for each in found:
        mark = "[green]ok[/]  " if each.ok else "[red]look[/]"
        output.out.print(f"{mark} {escape(each.what)}: {escape(each.says)}", soft_wrap=True)
        for name in each.documents:
            output.out.print(f"       {escape(name)}", soft_wrap=True)
        if each.next_step:
            output.out.print(f"       next: {escape(each.next_step)}", soft_wrap=True)
