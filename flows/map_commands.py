"""`docferry map …`: what an ops engineer does with a mapping before it is deployed."""

from __future__ import annotations

import typer

from flows import map_schema

app = typer.Typer(
    name="map",
    help="Work on mappings: what editors complete and check them by.",
    epilog="Exit codes: 0 ok · 1 findings · 2 wrong usage, settings or route file · 3 stopped (access, provider or state).",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
app.add_typer(map_schema.app)
