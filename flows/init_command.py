"""`docferry init`: asks two questions and lays out what a first scheduled route needs."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from connectors.settings import SettingsError
from flows import output
from flows.beginning import PROVIDERS, asked_for, complaint, lay_out, route_between

app = typer.Typer()
_COLOURS = {"new": "green", "extended": "green", "kept": "dim", "by hand": "yellow"}
_KNOWN = ", ".join(PROVIDERS)


@app.command()
def init(
    source: Annotated[
        str | None, typer.Option(help=f"The provider to read from: {_KNOWN}. Asked for if left out.")
    ] = None,
    destination: Annotated[str | None, typer.Option(help="The provider to write to. Asked for if left out.")] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing: credentials that are not set wait in .env as comments.")
    ] = False,
    json_: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on stdout, and ask nothing; logs go to stderr.")
    ] = False,
) -> None:
    """Write .env with a new key, a first route and its deployment into the working folder; nothing is overwritten.

    May be called again, also for a further route. Credentials are not taken from the command line, where others can see them:
    scripts set them in the environment or in .env.
    """
    quiet = yes or json_
    source = source or _asked("Read from which provider", quiet, "--source")
    destination = destination or _asked("Write to which provider", quiet, "--destination")
    name = route_between(source, destination)  # a slip of the hand is told before anything else is asked
    values = {} if quiet else {key: _value(key, secret) for key, secret in asked_for((source, destination)).items()}
    laid = lay_out(source, destination, values)
    waiting = list(asked_for((source, destination)))
    steps = _next(name, waiting)
    if json_:
        output.print_json({"route": name, "files": [asdict(one) for one in laid], "unset": waiting, "next": steps})
        return
    for one in laid:
        output.out.print(f"[{_COLOURS[one.what]}]{one.what:9}[/]{escape(one.path)}", soft_wrap=True)
        if one.lines:
            output.out.print("Add to its deployments:", escape(one.lines), sep="\n", soft_wrap=True)
    if waiting:
        output.out.print(f"Not set yet, in .env: {', '.join(waiting)}", soft_wrap=True)
    output.out.print("Next:")
    for step in steps:
        output.out.print(f"  {escape(step)}", soft_wrap=True)


def _asked(question: str, quiet: bool, flag: str) -> str:
    if quiet or not sys.stdin.isatty():
        raise SettingsError(f"{flag} is missing; it is one of {_KNOWN}")
    while (answer := str(typer.prompt(f"{question} ({_KNOWN})")).strip().lower()) not in PROVIDERS:
        output.complain(f"there is no provider {answer} to begin with")
    return answer


def _value(name: str, secret: bool) -> str:
    if not sys.stdin.isatty():
        return ""
    while True:
        question = f"{name} (empty: later)"
        value = str(typer.prompt(question, default="", show_default=False, hide_input=secret)).strip()
        if not value or not (wrong := complaint(name, value)):
            return value
        output.complain(wrong)


def _next(name: str, waiting: list[str]) -> list[str]:
    first = "docferry check" if not waiting else "docferry check            # once .env has the credentials"
    return [first, f"docferry run {name} --dry-run", "docferry up"]
