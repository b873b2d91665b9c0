"""What Hypatos gives and takes, as JSON Schema. What is extracted depends on the project: its names are learned from the account."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from connectors.fields import closed, filled, flag, group, instant, listed, number, of_account, pairs, text, word
from connectors.hypatos.models import STATES
from connectors.hypatos.resources import SCHEMAS
from connectors.hypatos.titles import LONGEST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.fields import JsonSchema

MOST_PAIRS = 19
"""Pairs of external data that a route may set: of 20 one is ours."""
_ENTITIES = {
    "documentType": word("What kind of document it is.", "invoice", "credit_note", "contract"),
    "number": text("The document's number."),
    "issuedAt": text("The day on which it was issued, as the project writes days."),
    "dueAt": text("The day on which it is due, as the project writes days."),
    "currency": text("The currency, as it stands in the document."),
    "totalAmount": number("The amount in total."),
    "supplier": group(
        "Who issued it.",
        {
            "id": text("The supplier's number in your own system."),
            "name": text("The supplier's name."),
            "vatId": text("The supplier's VAT number."),
            "country": text("The supplier's country."),
        },
    ),
    "buyer": group(
        "Whom it was issued to.", {"name": text("The buyer's name."), "vatId": text("The buyer's VAT number.")}
    ),
    "items": listed(
        "The lines of the document.",
        group(
            "A line.",
            {
                "position": number("The line's number."),
                "quantity": number("The quantity."),
                "unitPrice": number("The price of one unit."),
                "amount": number("The amount of the line."),
            },
        ),
    ),
}
"""Names that projects commonly use; those of an account may be others."""
READ = group(
    "A document that is done in Hypatos, with what was extracted from it.",
    {
        "id": text("The document's id."),
        "state": word("Where the document stands.", *STATES),
        "title": text("The document's title, mostly the name of its file."),
        "projectId": text("The id of the project that it belongs to."),
        "entities": of_account(
            "entities", group("What was extracted, by the names that the project gives.", _ENTITIES), guessed=True
        ),
        "createdAt": instant("When it came in."),
        "createdBy": text("Who brought it in."),
        "updatedAt": instant("When it was last changed."),
        "updatedBy": text("Who changed it last."),
        "completedAt": instant("When it was completed."),
        "completedBy": text("Who completed it; missing if the software did."),
        "fileId": text("The id of the main file."),
        "files": listed(
            "The document's files.",
            group(
                "A file.",
                {
                    "id": text("The file's id."),
                    "type": text("What the file is to the document."),
                    "mainFile": flag("Whether it is the main file."),
                },
            ),
        ),
        "externalId": text("The document's number elsewhere, as somebody told it."),
        "externalData": pairs("What somebody told about the document: texts by name.", text("The text.")),
        "caseId": text("The id of the case that it was processed in."),
        "url": text("The address of the document in the web application."),
    },
    required=["id", "state", "title", "createdAt", "createdBy"],
)
INTAKE = closed(
    "A document to be captured.",
    {
        "project": filled("The project, by id or name; without it the first one of the settings."),
        "title": filled("The document's title.", maxLength=LONGEST),
        "external_data": pairs(
            "Pairs that are kept with the document, beside docferry's own.",
            {"type": ["string", "number", "boolean", "null"], "description": "The pair's text.", "maxLength": 999},
            maxProperties=MOST_PAIRS,
            propertyNames={"minLength": 1, "maxLength": 50},
        ),
    },
)

SOURCES: Mapping[str, JsonSchema] = MappingProxyType({"documents": READ})
DESTINATIONS: Mapping[str, JsonSchema] = MappingProxyType({"documents": INTAKE, **SCHEMAS})
