"""What a route makes of a document: mapped, checked, and nothing sent. Runs, dry runs and trials of a mapping all judge here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from connectors.errors import RejectedError
from flows.targets import check_payload
from state.records import AT_DESTINATION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.contract import Document, Fields, File
    from flows.routes import OpenRoute
    from mappings.language import Mapped, Route

_canonical = msgspec.json.Encoder(decimal_format="number", order="deterministic")


class UnfitError(RejectedError):
    """The destination's own check refuses what the mapping has made, before anything is sent: another mapping may cure it."""


def fit(opened: OpenRoute, document: Document, values: list[object]) -> Mapped:
    """Map and check a document. Raises MappingError, or UnfitError once there is a payload.

    `values` gets the payload: no sentence may show what is in it.
    """
    mapped = opened.route.apply(document.fields)
    if mapped.skipped is None:
        values.append(mapped.payload)
        check_payload(opened.route, opened.schema, document.fields, mapped)
        try:
            opened.destination.check(mapped.payload)
        except RejectedError as error:
            raise UnfitError(str(error)) from error
    return mapped


def travelling(route: Route, files: Iterable[File], origin: str | None = None) -> list[File]:
    """Return the files of a document that go along with it on this route.

    None do to where the document was made (`origin`, see Transfer): there they would stand beside those they are copies of.
    """
    if origin == AT_DESTINATION:
        return []
    return [file for file in files if route.files == "all" or (route.files == "main" and file.main)]


def content(payload: Fields, files: Iterable[File]) -> bytes:
    """Return the bytes by which a delivery is compared with what was sent before: equal if, and only if, both are.

    A file without a version counts by its id alone: its bytes do not change under it, as far as anybody can see.
    """
    return _canonical.encode([payload, [[file.id, file.version] if file.version else file.id for file in files]])
