"""What the archive gives and takes, as JSON Schema."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from connectors.fields import closed, group, instant, listed, number, optional, text, whole, word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.fields import JsonSchema

# destination only
DOCUMENT = closed(
    "A document to be kept in the archive.",
    {
        "title": text("The document's title.", minLength=1),
        "amount": number("The amount that the document is about, with all its digits."),
    },
    required=["title"],
)
DESTINATIONS: Mapping[str, JsonSchema] = MappingProxyType({"documents": DOCUMENT})

# source only
_FILE = group(
    "A file of the document.",
    {
        "id": text("The file's id."),
        "name": text("The file's name."),
        "media_type": text("The file's media type."),
        "size": whole("How many bytes the file has."),
    },
)
READ = group(
    "A document as it lies in the archive.",
    {
        "id": text("The document's id."),
        "status": word("Where the document stands.", "processing", "ready", "exported", "refused", "trashed"),
        "revision": whole("A number that moves with every change."),
        "created_at": instant("When the document was made."),
        "title": optional(text("The document's title.")),
        "amount": optional(number("The amount that the document is about, with all its digits.")),
        "reference": optional(text("The mark of whoever put the document there.")),
        "export": optional(
            group(
                "What was said about the document.",
                {"external_id": text("Its id elsewhere."), "message": text("Why it was refused.")},
            )
        ),
        "files": listed("The document's files.", _FILE),
    },
    required=["id", "revision", "status"],
)
SOURCES: Mapping[str, JsonSchema] = MappingProxyType({"documents": READ})
