"""Makes the schemas of route files for editors, and compares them with those that lie beside the routes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from connectors.feedback import feedback_schema
from connectors.schemas import LEARNED, destination_schema, source_schema, stream_names
from connectors.settings import SettingsError
from mappings.language import Problem, RouteError, read_draft
from mappings.language.draft import ENDPOINT
from mappings.language.schema import Schema
from mappings.workbench import saving
from mappings.workbench.editor import End, route_schema

if TYPE_CHECKING:
    from pathlib import Path

    from mappings.language import Draft

SUFFIX = ".schema.json"
"""What the names of schema files end in; what is learned about a connection is kept beside them, and no connection has a dot."""


class State(StrEnum):
    """How the schema of a route stands."""

    CURRENT = "current"
    WRITTEN = "written"
    STALE = "stale"
    UNUSABLE = "unusable"  # there is none, since the route does not say well enough where it comes from and goes to


@dataclass(frozen=True, slots=True)
class Prepared:
    """The schema of a route, not yet written. `path` is its file, `says` what a person should know or do."""

    route: str
    path: Path
    state: State
    says: str = ""
    text: str = ""


def prepare(folder: Path, name: str) -> Prepared:
    """Make the schema of a route and say how it stands. Nothing is raised for mistakes in the route file."""
    path = folder / LEARNED / f"{name}{SUFFIX}"
    draft = read_draft(folder / f"{name}.yaml")
    try:
        text = _text(folder, draft)
    except RouteError as error:
        return Prepared(name, path, State.UNUSABLE, str(error))
    says = "" if _names(draft, path) else f"the route does not name it; write as its first line: {_first_line(path)}"
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return Prepared(name, path, State.CURRENT, says)
    return Prepared(name, path, State.STALE, says, text)


def write(prepared: Prepared) -> Prepared:
    """Write a schema that is not current, in one step. Raises OSError."""
    if prepared.state is not State.STALE:
        return prepared
    prepared.path.parent.mkdir(exist_ok=True)
    saving.write(prepared.path, prepared.text.encode())
    return replace(prepared, state=State.WRITTEN)


def left_over(folder: Path, names: list[str]) -> list[Path]:
    """Return the schema files that belong to no route."""
    found = sorted((folder / LEARNED).glob(f"*{SUFFIX}"))
    return [path for path in found if path.name.removesuffix(SUFFIX) not in names]


def _text(folder: Path, draft: Draft) -> str:
    """Return the file's text. Raises RouteError if there is no such source or destination."""
    source, destination = _end(folder, draft, "source"), _end(folder, draft, "destination")
    schema = route_schema(source, destination, Schema(feedback_schema(source.endpoint)))
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _end(folder: Path, draft: Draft, role: str) -> End:
    endpoint = draft.source if role == "source" else draft.destination
    if not ENDPOINT.fullmatch(endpoint):
        raise RouteError(draft.problems)
    read = source_schema if role == "source" else destination_schema
    try:
        return End(endpoint, Schema(read(endpoint, folder)), stream_names(endpoint, role))
    except SettingsError as error:
        mark = draft.marks[role]
        raise RouteError([Problem(draft.path, mark.line, mark.column, f"{role}: {error}")]) from None


def _names(draft: Draft, path: Path) -> bool:
    """Say whether a comment of the route file leads editors to its schema."""
    wanted = re.escape(f"{path.parent.name}/{path.name}")
    return re.search(rf"^#.*\$schema[=:]\s*(\./)?{wanted}\s*$", draft.text, re.MULTILINE) is not None


def _first_line(path: Path) -> str:
    return f"# yaml-language-server: $schema={path.parent.name}/{path.name}"
