"""`docferry learn`: writes down what is an account's own in the schemas of its streams, beside the routes, for git to show."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from connectors.learning import learn, widened
from connectors.registry import provider_of
from connectors.schemas import stored, stored_at
from flows import output
from flows.accounts import open_account
from flows.running import open_ledger
from flows.settings import load_gateway
from mappings.language import read_draft
from mappings.workbench import saving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from connectors.learning import Learned
    from flows.settings import Gateway

app = typer.Typer()
_SIGNS = {"added": "[green]+[/]", "removed": "[red]-[/]", "changed": "[yellow]~[/]"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is learned anew: a field by its path, or a name that is in use, in brackets. `kinds` are JSON types."""

    path: str
    change: str
    kinds: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.path}{': ' if self.kinds else ''}{' or '.join(self.kinds)}"


@app.command("learn")
def command(
    connection: Annotated[str, typer.Argument(metavar="CONNECTION", help="A connection's name, such as hypatos.")],
    documents: Annotated[
        int, typer.Option(min=0, max=1000, help="How many documents of each stream are looked at for names of fields.")
    ] = 50,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change and write nothing; exit code 1 if anything would.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout; logs go to stderr.")] = False,
) -> None:
    """Ask an account for its own fields and names (attributes, entities, tags …) and keep them beside the routes.

    They go to schemas/CONNECTION.json in the folder of the routes: for editors, lint, and the check of payloads before
    they are sent. Only names and kinds are kept, never what a document says. What was learned before stays; remove the
    file to begin anew.
    """
    gateway = load_gateway()
    before = dict(stored(connection, gateway.mappings).get("learned", {}))
    learned = asyncio.run(_asked(gateway, connection, documents))
    after = {**before, **{name: widened(before.get(name, {}), one) for name, one in learned.names.items()}}
    found = [one for name in sorted(after) for one in differences(name, before.get(name, {}), after[name])]
    file = stored_at(connection, gateway.mappings)
    changed = after != before  # a description may be all that is another
    written = changed and not dry_run
    if written:
        write(file, connection, learned, after)
    if json_:
        changes = [asdict(one) for one in found]
        told = {"connection": connection, "file": str(file), "written": written, "from": list(learned.origin)}
        output.print_json({**told, "changes": changes})
    else:
        for one in found:
            output.out.print(f"{_SIGNS[one.change]} {escape(str(one))}", soft_wrap=True)
        output.out.print(escape(_summary(file, learned, changed=changed, written=written)), soft_wrap=True)
        if written:
            output.out.print("Next: docferry map schema, for editors to know it too")
    raise typer.Exit(int(dry_run and changed))


async def _asked(gateway: Gateway, name: str, documents: int) -> Learned:
    async with open_ledger(gateway) as ledger:
        connection = await open_account(gateway, ledger, name)
        try:
            return await learn(connection, _streams(gateway.mappings, name), documents)
        finally:
            await connection.close()


def _streams(folder: Path, connection: str) -> list[str]:
    """Return the streams of a connection that routes use, whether or not those routes have mistakes."""
    drafts = [read_draft(path) for path in sorted(folder.glob("*.yaml"))]
    used = [endpoint.partition(".") for draft in drafts for endpoint in (draft.source, draft.destination)]
    return list(dict.fromkeys(stream for name, _, stream in used if name == connection and stream))


def differences(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield every field and every name in use that only one of two schemas has, and fields that are of another kind now."""
    for name in sorted({*(old := _fields(before)), *(new := _fields(after))}):
        place = f"{path}{'' if name == '[]' else '.'}{name}"
        kinds = tuple(kind for kind in new.get(name, {}).get("type", ()) if kind != "null")
        if name not in new:
            yield Difference(place, "removed")
        elif name not in old and name != "[]":
            yield Difference(place, "added", kinds)
        elif new[name].get("type") != old.get(name, {}).get("type"):
            yield Difference(place, "changed", kinds)
        yield from differences(place, old.get(name, {}), new.get(name, {}))
    was, now = (set(schema.get("x-extensible-enum", ())) for schema in (before, after))
    yield from (Difference(f"{path}[{value}]", "removed") for value in sorted(was - now))
    yield from (Difference(f"{path}[{value}]", "added") for value in sorted(now - was))


def _fields(schema: Mapping[str, Any]) -> dict[str, Any]:
    items = {"[]": schema["items"]} if isinstance(schema.get("items"), dict) else {}
    return {**schema.get("properties", {}), **items}


def write(file: Path, connection: str, learned: Learned, names: Mapping[str, Any]) -> None:
    """Write what was learned, sorted, in one step: whoever reads it sees the old file or the new one."""
    content = {
        "connection": connection,
        "provider": provider_of(connection).__name__.rpartition(".")[2],
        "learned_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "from": list(learned.origin),
        "learned": names,
    }
    file.parent.mkdir(exist_ok=True)
    saving.write(file, (json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode())


def _summary(file: Path, learned: Learned, *, changed: bool, written: bool) -> str:
    if not learned.origin:
        return "This connection has nothing of its own to learn: its streams are the same in every account."
    origin = f"learned from {', '.join(learned.origin)}"
    if not changed:
        return f"Nothing new: {origin}."
    return f"{file} is {'written' if written else 'not written (--dry-run)'}: {origin}."
