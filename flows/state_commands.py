"""`docferry state …`: what an operator does to the state database itself."""

from __future__ import annotations

import asyncio
import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from connectors.settings import SettingsError
from flows import output, state_doctor, state_files
from flows.confirming import confirm
from flows.progress import counting
from flows.running import care_of
from flows.settings import load_gateway
from flows.tokens import vault
from state.ledger import Ledger

if TYPE_CHECKING:
    from state.pruning import Pruned

app = typer.Typer(
    name="state",
    help="Look after the state database, in a SQLite file or in PostgreSQL (see docs/state.md): bring it to this release's form, "
    "drop old history, carry it elsewhere, and see whether it is sound.",
    epilog="Exit codes: 0 ok · 1 findings (doctor), or an upgrade is due (upgrade --check) · 2 wrong usage or settings · "
    "3 stopped (the database, or a run is active) · 130 interrupted.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
app.add_typer(state_files.app)
app.add_typer(state_doctor.app)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout; logs go to stderr.")]
_UPGRADE_IS_DUE = 1


@app.command()
def rekey(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before the key is replaced.")] = False,
    json_: Json = False,
) -> None:
    """Replace the key of the state's fingerprints when it is lost for good (see docs/state.md). There is no way back.

    Every document that was begun is compared with the far end before anything more is done to it, so nothing is doubled.
    A state whose key can be used is left as it is.
    """
    gateway = load_gateway()
    loss = asyncio.run(Ledger.loss(gateway.state_url, vault=vault(gateway)))
    if loss and not yes:
        confirm(
            f"{loss.why}. Only if it is gone for good: a new key cannot be undone, {loss.documents} documents are compared with the far "
            f"end anew and {loss.recorded} recorded documents that no key here opens are dropped. Go on?"
        )
    count = asyncio.run(Ledger.rekey(gateway.state_url, vault=vault(gateway))) if loss else 0
    if json_:
        output.print_json({"rekeyed": count, "changed": loss is not None})
    elif loss:
        output.out.print(f"The state has a new key; {count} documents will be compared with the far end anew.")
    else:
        output.out.print(
            "The state can use its key, or has none yet and gets one from the next run; nothing was changed."
        )


@app.command()
def restored(json_: Json = False) -> None:
    """Say that the state was put back from a backup that may be older than the last run, before anything is run on it.

    `docferry state import` does so by itself; after another way of restoring (a copied file, pg_restore) a person must. Until a run of each
    route has ended complete, documents of which the state knows no delivery are looked for at the destination before they are made.
    """
    count = asyncio.run(care_of(load_gateway()).restored())
    if json_:
        output.print_json({"looked_for": count})
    else:
        output.out.print(
            f"{count} known documents, and all that are new to the state until a run of their route is complete, are looked for at the "
            "destination before they are made. Next: docferry run ROUTE",
            soft_wrap=True,
        )


@app.command()
def upgrade(
    check: Annotated[
        bool,
        typer.Option("--check", help="Only say whether the tables are in this release's form: exit code 1 if not."),
    ] = False,
    json_: Json = False,
) -> None:
    """Bring the tables to this release's form. Nothing is changed while a run is active.

    A SQLite file is upgraded by whatever opens it first. Tables in PostgreSQL are shared: there a new release stops until this
    was called, and workers of the earlier release stop afterwards. So let all runs end, call this once, start the new workers.
    """
    care = care_of(load_gateway())
    form = asyncio.run(care.form() if check else care.upgrade())
    due = check and not form.current
    if json_:
        output.print_json({"found": form.found, "needed": form.needed, "upgraded": not check and not form.current})
    elif form.current:
        output.out.print(f"The tables are in this release's form ({form.needed}).")
    elif check:
        found = f"at {form.found}" if form.found else "not made yet"
        output.out.print(f"The tables are {found}, this release needs {form.needed}. Next: docferry state upgrade")
    else:
        output.out.print(
            f"The tables were {'at ' + form.found if form.found else 'made'}, and are at {form.needed} now."
        )
    raise typer.Exit(_UPGRADE_IS_DUE if due else 0)


@app.command()
def prune(
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="90d", help="How old history must be to go: days (90d).")
    ],
    route: Annotated[str | None, typer.Option(help="Only this route's; all if left out.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    compact: Annotated[
        bool,
        typer.Option(
            "--compact", help="SQLite: give the freed space back to the disk (takes as much again meanwhile)."
        ),
    ] = False,
    json_: Json = False,
) -> None:
    """Drop old history: events, messages the source has taken, ended runs. What guards against doubles stays for ever.

    Of every document its ids, versions, journal, latest event and last message stay, of every route its last thirty runs. Runs may
    go on meanwhile; Ctrl-C ends it after the batch at hand, and the next call goes on.
    """
    care = care_of(load_gateway())
    before = datetime.now(UTC) - _days(older_than)

    async def work() -> tuple[Pruned | None, int | None]:
        done = None
        with counting("prune", quiet=json_) as tell:
            async for done in care.prune(before=before, route=route, dry_run=dry_run):
                tell(done.documents, done.of)
        if compact and not dry_run:
            await care.compact()
        return done, await care.unused()

    done, unused = asyncio.run(work())
    if json_:
        output.print_json(
            {**(asdict(done) if done else {}), "before": before, "dry_run": dry_run, "unused_bytes": unused}
        )
    elif done is not None:
        would = "would go" if dry_run else "dropped"
        output.out.print(
            f"{done.documents} documents looked at; {would}: {done.events} events, {done.messages} messages with {done.steps} steps, "
            f"{done.runs} runs"
        )
        if unused:
            output.out.print(
                f"{unused / 1e6:,.1f} MB of the file are free and used again first; --compact gives them back."
            )


def _days(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,5})d", text.strip())
    if not found:
        raise SettingsError(f"--older-than {escape(text)!r}: write a number of days, such as 90d")
    return timedelta(days=int(found[1]))
