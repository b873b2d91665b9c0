"""`docferry state export` and `import`: the whole ledger in one file, and from one database into another."""

from __future__ import annotations

import asyncio
from pathlib import Path  # noqa: TC003 -- Typer reads it when the command is called
from typing import Annotated

import typer
from rich.markup import escape

from flows import output
from flows.confirming import confirm
from flows.progress import counting
from flows.running import care_of
from flows.settings import load_gateway

app = typer.Typer()
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout; logs go to stderr.")]


@app.command("export")
def export(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where to; one that is there is replaced when it is done.")
    ],
    json_: Json = False,
) -> None:
    """Write the whole ledger into one file: a backup, or the way from SQLite to PostgreSQL and back.

    The file is JSON lines in gzip, the same whatever database it comes from. It shows one moment; runs may go on, but what they
    do from then on is not in it: to move, end them first and run nothing on the old ledger again. Recorded documents, tokens
    and credentials are in it as they are kept, encrypted with DOCFERRY_KEYS. So is the key of the fingerprints; without DOCFERRY_KEYS it is in the
    file beside the database, which then belongs to the export.
    """
    care = care_of(load_gateway())
    with counting("export", quiet=json_) as tell:
        moved = asyncio.run(care.export(file, tell))
    total = sum(moved.rows.values())
    if json_:
        told = {"file": str(file), "rows": moved.rows, "key": moved.key, "running": moved.running}
        output.print_json(told)
        return
    output.out.print(f"{total} rows of {escape(care.place)} are in {escape(str(file))}.", soft_wrap=True)
    if moved.key == "beside":
        output.out.print("Keep the key file that is beside the database with it; the export does not hold the key.")
    if moved.running:
        output.out.print(
            f"In use meanwhile: {escape(', '.join(moved.running))}. This is a backup of that moment, not a move."
        )


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `docferry state export` has written.")],
    replace: Annotated[bool, typer.Option("--replace", help="Lose what the ledger holds, if it is not empty.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before anything is replaced.")] = False,
    json_: Json = False,
) -> None:
    """Fill the ledger that DOCFERRY_STATE_URL names from such a file. It must be empty, and no run active.

    It happens whole or not at all: a damaged file, an error or Ctrl-C leaves the ledger as it was. A file of an earlier release is
    brought to this one's form. DOCFERRY_KEYS must be those of the export; an export made without them needs the key file of the
    old database (state.db.key) beside the new one. Runs go on where the file ends.
    """
    care = care_of(load_gateway())
    if replace and not yes:
        confirm(f"Everything that {care.place} holds is lost for what {file} holds. Go on?")
    with counting("import", quiet=json_) as tell:
        moved = asyncio.run(care.import_(file, tell, replace=replace))
    if json_:
        output.print_json({"file": str(file), "rows": moved.rows})
        return
    output.out.print(
        f"{sum(moved.rows.values())} rows are in {escape(care.place)}. Next: docferry check", soft_wrap=True
    )
