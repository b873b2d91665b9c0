"""The shape of a route file: its keys and words, each with a line of help, and the rules as they were written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mappings.language.missing import MISSING

if TYPE_CHECKING:
    from mappings.language.problems import Mark

ROUTE_KEYS = {
    "description": "what this route is for, in a sentence",
    "source": "where documents come from: connection.stream",
    "destination": "where they go: connection.stream",
    "when": "an expression; documents for which it is not true are skipped",
    "files": "which files of a document travel: all, main or none",
    "tables": "lookup tables, written here or kept in csv files",
    "fields": "target on the left, rule on the right",
    "feedback": "what the source is told about a document, by what became of it",
}
"""Every key a route file may have at the top."""

SOURCE_KEYS = {
    "from": "a path or expression",
    "template": "text with {{ expressions }} in it",
    "value": "a fixed value",
    "list": "a list of rules or objects; those that come to nothing are left out",
    "each": "a path to a list; `fields` is filled once per item",
    "fields": "an object: target on the left, rule on the right",
}
"""The keys that say where a rule's value comes from; a rule has one of them (`each` goes with `fields`)."""

RULE_KEYS = SOURCE_KEYS | {
    "as": "the name of the item inside `each`",
    "when": "an expression; the rule applies only where it is true",
    "lookup": "a table in which the value is looked up",
    "default": "what is written if there is nothing or null",
    "type": "string, integer, decimal, date or boolean",
    "format": "how a date is written at the source, such as %d.%m.%Y",
    "required": "true: a document without this is rejected",
    "on_error": "fail, skip, default or review",
}
"""Every key a rule may have."""

FILES_WORDS = {"all": "every file", "main": "the main file only", "none": "no file"}
"""What `files:` may say."""

ON_ERROR_WORDS = {
    "fail": "the document is rejected",
    "skip": "the field is left out",
    "default": "the default is written",
    "review": "the field is left out and the document is marked for review",
}
"""What `on_error:` may say."""

FEEDBACK_WORDS = {
    "delivered": "the destination has it",
    "rejected": "it will not be delivered as it is",
    "failed": "it could not be delivered in time",
    "withdrawn": "the destination dropped or refused it later",
}
"""What can become of a document."""

FEEDBACK_NAMES = {
    "external_id": "its id at the destination",
    "reason": "why, in a sentence",
    "document_id": "its id at the source",
    "key": "the delivery's key, which never changes for a document on a route",
    "route": "the route's name",
    "version": "the route's version",
}
"""What templates under `feedback:` may use."""


@dataclass(frozen=True, slots=True)
class Written:
    """Text of the route file and its place."""

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class From:
    """A path or expression."""

    expression: Written


@dataclass(frozen=True, slots=True)
class Template:
    """Text with expressions in it."""

    template: Written


@dataclass(frozen=True, slots=True)
class Value:
    """A fixed value."""

    value: object


@dataclass(frozen=True, slots=True)
class Fields:
    """An object, by target path."""

    rules: tuple[tuple[str, Rule], ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list of rules."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Each:
    """An object per item of a list."""

    over: Written
    name: str
    fields: Fields


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as it was written. `target` has [] where a position goes; `default` is MISSING if there is none."""

    mark: Mark
    target: str
    source: From | Template | Value | Fields | Items | Each
    when: Written | None = None
    lookup: Written | None = None
    default: object = MISSING
    type: str | None = None
    format: Written | None = None
    required: bool = False
    on_error: str = "fail"
