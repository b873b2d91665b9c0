"""Asks a person before something is done that cannot be undone."""

from __future__ import annotations

import typer

from connectors.settings import SettingsError


def confirm(question: str) -> None:
    """Ask on stderr. Raises SettingsError unless the answer is yes."""
    try:
        sure = typer.confirm(question, err=True)
    except typer.Abort:  # nobody is there to answer
        typer.echo(err=True)  # ends the line of the question
        sure = False
    if not sure:
        raise SettingsError("nothing was changed; answer y, or give --yes")
