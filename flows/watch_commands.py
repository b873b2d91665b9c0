"""`docferry watch` and `docferry check --freshness`: alarms for cron and other monitors, without Prefect."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.markup import escape

from flows import freshness, output
from flows.running import open_ledger
from flows.settings import load_gateway

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flows.freshness import Watched
    from flows.settings import Gateway
    from flows.watching import Watch

app = typer.Typer()
LATE = 1


@app.command()
def watch(
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout; logs go to stderr.")] = False,
) -> None:
    """Look once whether all goes well, and tell whom DOCFERRY_ALARM_URLS names: each alarm once, and once when it is over.

    Exit code 0: all is well; 1: alarms are open; 3: somebody could not be told, which is tried again at the next check.
    """
    from flows.receivers import receivers_of  # noqa: PLC0415 -- see there what it loads
    from flows.watching import watch as check  # noqa: PLC0415 -- not needed by check --freshness

    gateway = load_gateway()
    receivers = receivers_of(gateway)

    async def work() -> Watch:
        async with open_ledger(gateway) as ledger:
            return await check(gateway, ledger, receivers)

    ended = asyncio.run(work())
    if json_:
        output.print_json(ended.as_json())
    else:
        _show(ended, nobody=not receivers)
    raise typer.Exit(ended.exit_code)


def _show(ended: Watch, *, nobody: bool) -> None:
    for message in ended.news:
        if message.kind == "over":
            output.out.print(
                f"[green]over[/]   {escape(message.title.removeprefix('docferry: over: '))}", soft_wrap=True
            )
    for alarm in ended.open.values():
        output.out.print(f"[red]alarm[/]  {escape(alarm.says)}", soft_wrap=True)
        output.out.print(f"       since {output.instant(alarm.since)}; next: {escape(alarm.next)}", soft_wrap=True)
    if not ended.open:
        output.out.print("[green]ok[/]     no alarm is open")
    if nobody and ended.open:
        output.out.print("[dim]nobody is told: DOCFERRY_ALARM_URLS is not set[/]")


def check_freshness(gateway: Gateway, names: Sequence[str], *, json_: bool) -> NoReturn:
    """Print for these routes, or for all, whether they ran complete in time. Exit code 1 if one is late."""

    async def work() -> list[Watched]:
        async with open_ledger(gateway) as ledger:
            return await freshness.watched_routes(gateway, ledger, names)

    routes = asyncio.run(work())
    late = any(route.late for route in routes)
    if json_:
        output.print_json({"ok": not late, "routes": [freshness.as_json(route) for route in routes]})
    else:
        for route in routes:
            mark = "[red]late[/]" if route.late else "[green]ok[/]  "
            output.out.print(f"{mark} {escape(route.name)}: {escape(route.says)}", soft_wrap=True)
    raise typer.Exit(LATE if late else 0)
