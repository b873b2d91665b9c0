"""`docferry credentials …`: the settings of connections that are kept in the ledger, encrypted, for all who use it."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from connectors.settings import SettingsError, variable
from flows import output
from flows.accounts import VAULT, further_places
from flows.origins import DEFAULT, origins, setting_of, settings_of
from flows.routes import connections_of
from flows.running import open_ledger
from flows.settings import load_gateway

if TYPE_CHECKING:
    from datetime import datetime

    from state.ledger import Ledger

app = typer.Typer(
    name="credentials",
    help="Keep settings of connections in the state database, encrypted with DOCFERRY_KEYS (see docs/credentials.md).",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout; logs go to stderr.")]
ConnectionName = Annotated[str, typer.Argument(metavar="CONNECTION", help="A connection's name, such as hypatos.")]
SettingName = Annotated[str, typer.Argument(metavar="SETTING", help="Such as client_secret, or HYPATOS_CLIENT_SECRET.")]


@dataclass(frozen=True, slots=True)
class Listed:
    """One setting as it is listed: where it is from, which places have another one, when the vault's was set (UTC)."""

    connection: str
    name: str
    place: str
    also_in: tuple[str, ...]
    changed: datetime | None
    readable: bool


@app.command("set")
def set_(connection: ConnectionName, setting: SettingName, json_: Json = False) -> None:
    """Keep a setting, instead of what was kept. The value is asked for, or read from stdin; it is never an argument."""
    gateway = load_gateway()
    setting = setting_of(connection, setting)
    name = variable(connection, setting)
    value = _value(name)
    if wrong := settings_of(connection).complaint(connection, setting, value):
        raise SettingsError(wrong)

    async def work() -> str:
        async with open_ledger(gateway) as ledger:
            await ledger.credentials.set(connection, setting, value)
            found = origins(connection, await further_places(ledger, connection))
            return next(one.place for one in found if one.name == name)

    counts = asyncio.run(work())
    if json_:
        output.print_json({"name": name, "kept_in": VAULT, "counts": counts})
        return
    output.out.print(escape(f"{name} is in the vault."), soft_wrap=True)
    if counts != VAULT:
        output.out.print(escape(f"It does not count here: {counts} has one, and comes first."), soft_wrap=True)


@app.command("list")
def list_(json_: Json = False) -> None:
    """Show which settings there are of the connections in use and where each is from, never a value."""
    gateway = load_gateway()

    async def work() -> list[Listed]:
        async with open_ledger(gateway) as ledger:
            kept = {one.connection for one in await ledger.credentials.kept()}
            used = [*connections_of(gateway), *kept]
            return [each for name in dict.fromkeys(used) for each in await _listed(ledger, name)]

    found = asyncio.run(work())
    if json_:
        output.print_json({"settings": [asdict(one) for one in found]})
    elif found:
        _show(found)
    else:
        output.out.print("No connection has a setting. Next: docferry credentials set CONNECTION SETTING")


@app.command()
def remove(connection: ConnectionName, setting: SettingName, json_: Json = False) -> None:
    """Take a setting out of the vault. Exit code 1 if it is not there."""
    gateway = load_gateway()

    async def work() -> tuple[bool, list[str]]:
        async with open_ledger(gateway) as ledger:
            there = [one.setting for one in await ledger.credentials.kept() if one.connection == connection]
            short = setting.lower().removeprefix(variable(connection, "").lower())
            return await ledger.credentials.remove(connection, short), [one for one in there if one != short]

    done, left = asyncio.run(work())
    if json_:
        output.print_json({"connection": connection, "setting": setting, "removed": done})
    elif done:
        output.out.print(escape(f"{setting} of {connection} is no longer in the vault."), soft_wrap=True)
    else:
        there = f"It has {', '.join(left)}" if left else "It has none"
        output.complain(f"The vault has no {setting} of {connection}. {there}")
    raise typer.Exit(int(not done))


def _value(name: str) -> str:
    """Ask for a value without showing it, or read it from stdin. Raises SettingsError if there is none."""
    if sys.stdin.isatty():
        value = str(typer.prompt(name, hide_input=True, default="", show_default=False, err=True))
    else:
        value = sys.stdin.read()
    if not value.strip():
        raise SettingsError(
            f"no value of {name} was given; nothing was changed. Take one out with docferry credentials remove"
        )
    return value.strip()


async def _listed(ledger: Ledger, connection: str) -> list[Listed]:
    kept = {
        variable(one.connection, one.setting): one
        for one in await ledger.credentials.kept()
        if one.connection == connection
    }
    try:
        found = [one for one in origins(connection, await further_places(ledger, connection)) if one.place != DEFAULT]
    except SettingsError:  # of a provider that is not known here
        found = []
    named = [
        Listed(
            connection,
            one.name,
            one.place,
            one.hides,
            kept[one.name].saved_at if one.name in kept else None,
            one.name not in kept or kept[one.name].opens,
        )
        for one in found
    ]
    other = [name for name in kept if name not in {one.name for one in found}]
    return named + [Listed(connection, name, VAULT, (), kept[name].saved_at, kept[name].opens) for name in other]


def _show(found: list[Listed]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("setting", "from", "set in the vault", ""):
        table.add_column(heading, overflow="fold")
    for one in found:
        notes = [f"also in {', '.join(one.also_in)}"] if one.also_in else []
        notes += [] if one.readable else ["no key opens the vault's"]
        changed = f"{one.changed:%Y-%m-%d %H:%M} UTC" if one.changed else ""
        table.add_row(escape(one.name), escape(one.place), changed, escape("; ".join(notes)))
    output.out.print(table)
