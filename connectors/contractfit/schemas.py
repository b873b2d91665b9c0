"""What Contract.fit gives and takes, as JSON Schema. Which fields are read depends on the account: they are learned from it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from connectors.contractfit.status import Status
from connectors.fields import (
    anything,
    closed,
    flag,
    group,
    instant,
    listed,
    number,
    of_account,
    optional,
    pairs,
    text,
    whole,
    word,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.fields import JsonSchema

_FIELDS = {
    "invoice_number": text("The number of the invoice."),
    "invoice_date": text("The day of the invoice, as it was read."),
    "due_date": text("The day on which it is due, as it was read."),
    "sender_name": text("Who sent it."),
    "sender_VAT": text("The sender's VAT number."),
    "receiver_VAT": text("The receiver's VAT number."),
    "currency": text("The currency, as it was read."),
    "gross_amount": {"type": ["string", "number"], "description": "The amount with tax."},
    "net_amount": {"type": ["string", "number"], "description": "The amount without tax."},
    "tax_amount": {"type": ["string", "number"], "description": "The amount of tax."},
    "IBAN": text("The account to be paid to."),
}
"""Names that formats commonly use; those of an account may be others."""
_STATE = optional(
    group(
        "A state that people or programs set.",
        {
            "value": optional(flag("Whether the state is set.")),
            "since": optional(instant("Since when it is as it is.")),
            "by": optional(text("The id of the user who set it.")),
        },
    )
)
READ = group(
    "A document with the data that counts now: a person's version, or else the machine's.",
    {
        "id": text("The document's id."),
        "inbox": text("The id of the inbox that it lies in."),
        "status": word("Where the document stands.", *(str(one) for one in Status)),
        "filename": optional(text("The name of the file that was sent.")),
        "original_filename": optional(text("The name of the file that was sent.")),
        "page_count": optional(whole("How many pages it has.")),
        "document_type": optional(text("What kind of document it is, by its first section.")),
        "received": optional(instant("When it came in (UTC).")),
        "archived": flag("Whether its files were removed."),
        "fields": of_account(
            "fields",
            group(
                "What was read, by name: the corrected value, else the printed text, of the first reading.",
                {name: optional(one) for name, one in _FIELDS.items()},
            ),
            guessed=True,
        ),
        "lines": of_account(
            "lines",
            pairs(
                "The tables that were read, by name.",
                listed("The rows of a table.", pairs("A row, its values by column.", anything("The value of a cell."))),
            ),
        ),
        "annotations": pairs(
            "The fields as they were read, each with all its readings.",
            optional(listed("The readings of a field.", anything("A reading: gold, text, places, confidence."))),
        ),
        "sections": listed(
            "The parts that the document was cut into.",
            group(
                "A part.",
                {
                    "page": optional(whole("The page on which it begins, from 0.")),
                    "document_type": optional(text("What kind of document it is.")),
                    "confidence": optional(number("How sure the machine is, from 0 to 100.")),
                },
            ),
        ),
        "flag_for_review": optional(flag("Whether a person is to look at it.")),
        "last_version": optional(text("The name of the newest version.")),
        "timings": group(
            "When things happened (UTC).",
            {
                "receive_time": optional(instant("When it came in.")),
                "start_time": optional(instant("When its analysis began.")),
                "done_time": optional(instant("When its analysis ended.")),
                "feedback_time": optional(instant("When a reviewed version was sent.")),
                "submit_time": optional(instant("When it was submitted.")),
                "processing_period": optional(number("How long its analysis took, probably in seconds.")),
            },
        ),
        "lock": _STATE | {"description": "Whether somebody is at work on it."},
        "escalate": _STATE | {"description": "Whether somebody else is to decide."},
        "reject": _STATE | {"description": "Whether it was refused."},
        "submitted": _STATE | {"description": "Whether its result was submitted."},
    },
    required=["id", "status", "fields", "lines", "annotations", "sections"],
)
UPLOAD = closed(
    "A document to be put into an inbox.",
    {
        "title": text("The name under which the main file is sent."),
        "inbox": text("The inbox to put it into, by id or exact name; without it the one that the settings name."),
    },
)

SOURCES: Mapping[str, JsonSchema] = MappingProxyType({"documents": READ})
DESTINATIONS: Mapping[str, JsonSchema] = MappingProxyType({"documents": UPLOAD})
