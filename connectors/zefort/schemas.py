"""What Zefort's streams give and take, as JSON Schema. An account's own attributes are not listed: they are learned from it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from connectors.fields import (
    anything,
    closed,
    day,
    filled,
    flag,
    group,
    instant,
    listed,
    of_account,
    optional,
    read_only,
    text,
    whole,
    word,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.fields import JsonSchema

STATUSES = ("review", "done", "archived")
"""The statuses that a client may set."""
_DATES = {
    "effective_date": day("The day on which the contract begins."),
    "end_date": day("The day on which the contract ends."),
    "signed_date": day("The day on which the contract was signed."),
}
_LANGUAGE = text("The language of the main document, as a code of two letters.")
_TITLE = "The contract's title, under which people find it."
_PARTY = {
    "org_id": text("The party's registration or tax number, by which it is found in the register.", maxLength=128),
    "external_id": text("The party's number in another system; the surest way to find it again.", maxLength=1000),
    "country": text("The country of the party."),
    "role": text("What the party is on this contract, such as supplier or buyer."),
    "contact": text("A person or address to turn to.", maxLength=1024),
    "group": text("The group of companies that the party belongs to.", maxLength=1024),
    "extra_text_field_1": text("A text that the account uses as it likes.", maxLength=1024),
    "extra_text_field_2": text("A second text that the account uses as it likes.", maxLength=1024),
    "previous_names": text("Names that the party had before."),
}
_ZEFORTS = {
    "is_duplicate": read_only(flag("Whether Zefort holds the same main document already; Zefort says so itself.")),
    "num_users": read_only(whole("How many users may see the contract; Zefort counts them itself.")),
    "cover_document": read_only(anything("The main document; it comes from the delivery's main file.")),
    "incomplete": read_only(flag("Whether a mandatory attribute is missing; Zefort says so itself.")),
}
"""What belongs to Zefort although its reference lists it among what can be written."""

_ATTRIBUTES = "The contract's attributes: those of every account, and by their keys those that the account has defined."
ATTRIBUTES = of_account(
    "attributes",
    group(
        _ATTRIBUTES,
        {"title": filled(_TITLE), **{name: optional(one) for name, one in _DATES.items()}}
        | {"main_language": optional(_LANGUAGE), **_ZEFORTS},
    ),
)
CONTRACT = closed(
    "A contract to be made or kept up to date.",
    {
        "attributes": {**ATTRIBUTES, "required": ["title"]},
        "parties": listed(
            "The parties on the contract; known ones are linked, others are added to the register.",
            closed(
                "A party and its role on the contract.",
                {"name": filled("The party's name.", maxLength=1024), **_PARTY},
                required=["name"],
            ),
        ),
        "tags": listed(
            "Names of tags; one that is missing is made.", of_account("tags", optional(filled("The name of a tag.")))
        ),
        "binders": listed(
            "Binders that hold the contract, by name or id (bnd_…); one that is missing is made.",
            of_account("binders", optional(filled("The name or id of a binder."))),
        ),
        "status": text("The status that the contract is to have in the end.", enum=list(STATUSES)),
        "note": text("Words that are added to docferry's own note on the contract."),
        **_ZEFORTS,
    },
    required=["attributes"],
)

_PERSON = {"id": text("The user's id."), "name": text("The user's name."), "email": text("The user's address.")}
_DOCUMENT = group(
    "A file of the contract.",
    {
        "id": text("The file's id."),
        "filename": text("The file's name."),
        "content_type": text("The file's media type."),
        "role": word("What the file is to the contract.", "contract", "attachment"),
        "status": word("How far Zefort is with the file.", "complete"),
        "num_pages": whole("How many pages the file has."),
        "ordinal": whole("The file's place among the contract's files."),
        "receive_time": instant("When Zefort received the file."),
    },
)
READ_CONTRACT = group(
    "A contract as it stands in Zefort.",
    {
        "id": text("The contract's id (ct_…)."),
        "status": word(
            "Where the contract stands.", "review", "done", "archived", "limited", "error", "queued", "processing"
        ),
        "attributes": of_account(
            "attributes",
            group(
                _ATTRIBUTES,
                {"title": optional(text(_TITLE)), **{name: optional(one) for name, one in _DATES.items()}}
                | {"main_language": optional(_LANGUAGE)},
            ),
        ),
        "parties": listed(
            "The parties on the contract.",
            group(
                "A party and its role on the contract.",
                {"id": text("The party's id in the register (pty_…)."), "name": text("The party's name.")}
                | {name: optional(one) for name, one in _PARTY.items()},
            ),
        ),
        "roles": listed("The roles that the contract's parties have, each once.", text("A role.")),
        "tags": listed("The names of the contract's tags.", of_account("tags", text("The name of a tag."))),
        "notes": listed(
            "The notes on the contract, without docferry's own.",
            group("A note.", {"id": text("The note's id."), "content": text("The note's words.")}),
        ),
        "cover_document": optional(_DOCUMENT | {"description": "The contract's main document."}),
        "documents": listed("The contract's files; the cover document may be among them.", _DOCUMENT),
        "owner": group("The user whose contract it is.", _PERSON),
        "permission": word("What this key may do with the contract.", "view", "edit", "full"),
        "receive_time": instant("When Zefort received the contract."),
        "last_modified": instant("When the contract was last changed."),
        "first_docai_result_time": optional(instant("When the AI had its first results.")),
        "cover_document_docai_task_status": word("Whether the AI is at work on it.", "idle", "processing"),
        "incomplete": flag("Whether a mandatory attribute is missing."),
        "is_duplicate": flag("Whether Zefort holds the same main document a second time."),
        "trashed": flag("Whether the contract lies in the trash."),
        "num_files": whole("How many files the contract has."),
        "num_binders": whole("How many binders hold the contract."),
    },
    required=["id", "attributes", "parties", "tags", "notes", "roles"],
)
ESIGN = group(
    "A signing request.",
    {
        "id": anything("The signing request's id."),
        "contract": text("The id of the contract that is to be signed (ct_…)."),
        "title": optional(text("The request's title.")),
        "status": word(
            "Where the request stands.",
            *("draft", "pending", "processing_signing", "completed", "declined", "expired", "canceled", "failed"),
        ),
        "status_saved_at": instant("When the status was last saved."),
        "signed": flag("Whether everybody has signed."),
        "sender_name": optional(text("Who asks for the signatures, as the signers see it.")),
        "greetings": optional(text("The words that the signers are greeted with.")),
        "sign_order": word("In which order people sign.", "parallel", "consecutive", "flexible"),
        "created_at": instant("When the request was made."),
        "activated_at": optional(instant("When the request was sent out.")),
        "deadline": optional(instant("Until when people may sign.")),
        "available_until": optional(instant("Until when the signed documents can be fetched by the signers.")),
        "parties": listed(
            "Who signs, approves or gets a copy.",
            group(
                "A person of the request.",
                {
                    "name": text("The person's name."),
                    "email": text("The person's address."),
                    "role": word("What the person does.", "signer", "approver", "cc"),
                    "status": text("How far the person is."),
                    "language": text("The language in which the person is written to."),
                },
            ),
        ),
        "documents": listed("The documents that are signed.", anything("A document, as an object or by its id.")),
    },
    required=["id", "parties"],
)
ACTIVITY = group(
    "A deadline of a contract.",
    {
        "id": text("The deadline's id."),
        "contract": text("The id of the contract that it belongs to (ct_…)."),
        "title": text("What is due."),
        "description": text("More about what is due."),
        "time": instant("When it is due."),
        "completed": flag("Whether it is done."),
        "complete_reason": optional(text("Why it counts as done.")),
    },
    required=["contract"],
)

SOURCES: Mapping[str, JsonSchema] = MappingProxyType(
    {"contracts": READ_CONTRACT, "esigns": ESIGN, "activities": ACTIVITY}
)
DESTINATIONS: Mapping[str, JsonSchema] = MappingProxyType({"contracts": CONTRACT})
