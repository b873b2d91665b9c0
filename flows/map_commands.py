"""`docferry map …`: what an ops engineer does with a mapping before it is deployed."""

from __future__ import annotations

import typer

from flows import map_diff, map_lint, map_schema, map_trials

app = typer.Typer(
    name="map",
    help="Work on mappings: check and test them, see what they make of a document, watch them while they are edited, see "
    "what an edit does to the documents of the last runs.",
    epilog="Exit codes: 0 ok · 1 findings, such as a failing test · 2 wrong usage, settings or route file · "
    "3 stopped (access, provider or state).",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
app.add_typer(map_lint.app)
app.add_typer(map_trials.app)
app.add_typer(map_diff.app)
app.add_typer(map_schema.app)
