"""What a Hypatos account says of itself: the data points of its projects, as far as it lets them be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.errors import AccessError, NoSuchCallError, RejectedError
from connectors.hypatos import models
from connectors.learning import Declaration

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Sequence

    from connectors.fields import JsonSchema
    from connectors.hypatos.client import HypatosClient

FORBIDDEN = 403
_LIMIT = 50
_KINDS = {"string": "string", "date": "string", "number": "number", "integer": "number", "boolean": "boolean"}
"""Kinds of data points by the words that are known; another one says nothing about the value."""


async def declares(
    client: HypatosClient, projects: Sequence[str], streams: Collection[str]
) -> AsyncIterator[Declaration]:
    """Yield the data points of each project: of those that the settings name, or of those that are listed."""
    del streams
    try:
        chosen = projects or list(await client.find_projects("", 0, _LIMIT))
    except (RejectedError, NoSuchCallError, AccessError) as error:
        yield _unread("projects", error)
        return
    for project in chosen:
        try:
            points = models.data_points(await client.project_schema(project))
        except (RejectedError, NoSuchCallError, AccessError) as error:
            yield _unread(f"project {project}", error)
            continue
        fields = {name: _field(kind, title) for name, kind, title in points}
        yield Declaration("entities", {"properties": fields}, f"{len(fields)} data points of project {project}")


def _field(kind: str, title: str) -> JsonSchema:
    known = {"type": [_KINDS[kind], "null"]} if kind in _KINDS else {}
    return {**known, **({"description": f"{title.strip().rstrip('.')}."} if title.strip() else {})}


def _unread(what: str, error: RejectedError | NoSuchCallError | AccessError) -> Declaration:
    """Say what could not be read; raise the error if it is not about that but about the credentials."""
    if isinstance(error, AccessError) and error.status != FORBIDDEN:
        raise error
    return Declaration("entities", {}, f"no schema of {what}, it cannot be read")
