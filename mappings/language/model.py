"""The shape of a route file: its keys and words, each with a line of help, and the rules as they were written."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from mappings.language.conversions import OPTIONS
from mappings.language.missing import MISSING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mappings.language.problems import Mark

ROUTE_KEYS = {
    "description": "what this route is for, in a sentence",
    "source": "the `connection.stream` that documents come from, such as `hypatos.documents`; needed",
    "destination": "the `connection.stream` they go to, such as `zefort.contracts`; needed",
    "when": "an expression; documents for which it is not true are *skipped* (counted, not rejected)",
    "files": "which files of a document travel: `all` (default), `main` or `none`",
    "tables": "lookup tables, written here or kept in csv files",
    "vars": "names for expressions that several rules use",
    "fields": "target on the left, rule on the right; needed",
    "feedback": "what the source is told about a document, by what became of it",
    "resend": "what becomes of delivered documents when the file or a table changes: `never` (default) leaves them, `changed` "
    "sends those again that now come to something else",
    "two_way": "the route that brings the same documents back, and who wins where both sides were changed",
    "runs": "whether several runs of the route may go on at once: `exclusive` (default), a second one leaves at once and says "
    "why, or `shared`, they share the work",
    "alarms": "when somebody is told that the route is late, rejects too much, or owes the source something",
    "tests": "documents and what must become of them",
}
"""Every key a route file may have at the top."""

SOURCE_KEYS = {
    "from": "a path or expression",
    "template": "text with `{{ expressions }}` in it; without a value as a whole if one of its parts is missing or null",
    "value": "a fixed value, of any kind",
    "list": "a list of rules or objects; those that come to nothing are left out",
    "first": "a list of rules; the first that gives a value that is not null counts",
    "each": "a path to a list; goes with `as` and `fields`, which is filled once per item",
    "fields": "an object: again target on the left, rule on the right",
}
"""The keys that say where a rule's value comes from; a rule has one of them (`each` goes with `fields`)."""

RULE_KEYS = SOURCE_KEYS | {
    "as": "the name of the item inside `each`",
    "index": "the name of the item's number inside `each`, counted from 1; index if nothing else is said",
    "when": "an expression; the rule applies only where it is true",
    "lookup": "a table in which the value is looked up",
    "default": "what is written if there is nothing or null",
    "type": "what the value must be or becomes, such as date, decimal or iban",
    **OPTIONS,
    "required": "true: a document without this is rejected",
    "on_error": "fail, skip, default or review",
}
"""Every key a rule may have."""

FILES_WORDS = {"all": "every file", "main": "the main file only", "none": "no file"}
"""What `files:` may say."""

RESEND_WORDS = {
    "never": "what was delivered stays as it was delivered",
    "changed": "delivered documents are sent again when the mapping changes what they come to",
}
"""What `resend:` may say."""

TWO_WAY_KEYS = {
    "with": "the name of the route that goes the other way; it must name this one",
    "conflict": "who wins where a document was changed on both sides; the same in both routes",
    "changed_at": "the path of the time of a document's last change, with its zone; needed for `newest wins`",
}
"""The keys under `two_way:`."""

CONFLICT_WORDS = {
    "source wins": "the system in which the document was made: its side is carried, whichever route meets the conflict",
    "newest wins": "the side that was changed last; it is held where that cannot be told",
    "hold": "nobody: it waits until a person has decided",
}
"""What `conflict:` may say."""

RUNS_WORDS = {
    "exclusive": "a second run of the route leaves at once and says why",
    "shared": "several runs of the route share the work; one of them at a time reads the source",
}
"""What `runs:` may say."""

ALARM_KEYS = {
    "fresh_within": "the longest time between two runs that end complete, such as `30m`, `2h` or `7d`; `never` gives no alarm",
    "reject_rate": "how much of what is judged within a day may be rejected or fail, such as `20%`; `100%` gives no alarm",
    "quota_held": "for how much of a day requests may have waited for a quota, such as `60%`; `100%` gives no alarm",
    "owed_for": "the longest time that the source may be owed a message, such as `2h`; `never` gives no alarm",
}
"""The keys under `alarms:`."""

TABLE_KEYS = {
    "file": "a csv file beside the route, with the columns key and value",
    "rows": "the entries themselves, key: value",
    "type": "what the values are: `string`, `integer`, `decimal`, `date` or `boolean`, converted as in rules; one that is not is "
    "told at its line",
    "unknown": "what becomes of a value without an entry: `missing` (default), `keep` or `reject`",
}
"""Every key of a table that is not written out as `key: value` or as the name of a file alone."""

UNKNOWN_WORDS = {
    "missing": "it counts as missing",
    "keep": "it passes as it stands",
    "reject": "it is a problem of the document",
}
"""What `unknown:` may say."""

TEST_KEYS = {
    "name": "what the test shows, in a sentence",
    "input": "the document: the name of a JSON file beside the route, or the document itself; an empty one if left out",
    "patch": "values in which the document differs from the input, by source path such as `entities.items[0].net`",
    "remove": "source paths that the document does not have",
    "expect": "what must be in the payload, by target path such as `lines[2].net`; the rest does not count",
    "expect_missing": "target paths that must not be in the payload",
    "expect_error": "the target for which the document must be rejected, or `{target: part of the sentence}`",
    "expect_review": "the target that must be shown to a person, or `{target: part of the sentence}`",
    "expect_skipped": "`true`: the route does not apply to the document",
}
"""Every key a test may have."""

ON_ERROR_WORDS = {
    "fail": "the document is rejected (default); all its problems are collected first",
    "skip": "the field is left out",
    "default": "`default` is written",
    "review": "the field is left out, the document goes on, and the problem is shown to a person",
}
"""What `on_error:` may say."""

FEEDBACK_WORDS = {
    "delivered": "the destination has it",
    "rejected": "it will not be delivered as it is",
    "failed": "it could not be delivered in time",
    "withdrawn": "the destination dropped or refused it later; for trashed, refused and error, where they have no entry",
    "confirmed": "the destination is done with it and shows it whole",
    "edited": "a person at the destination has changed what was sent",
    "accepted": "it was accepted in review there",
    "signed": "it was signed there",
    "trashed": "it was put into the trash or deleted there",
    "refused": "a person there refused it in review",
    "error": "the destination could not process it",
}
"""What can become of a document."""

LATER_WORDS = ("confirmed", "edited", "accepted", "signed", "trashed", "refused", "error")
"""Those that come after the delivery and that not every destination can show, in the order they are told in."""

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
    """Text of the route file and its place: `mark` is where it begins, `end` is just behind it, quotes included."""

    mark: Mark
    text: str
    end: Mark


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
class First:
    """Alternatives, of which the first counts that gives a value that is neither missing nor null."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Each:
    """An object per item of a list; `name` and `index` are what its rules call the item and its number from 1."""

    over: Written
    name: str
    index: str
    fields: Fields


Content = From | Template | Value | Fields | Items | First | Each
"""Where a rule's value comes from."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as it was written.

    `key` is the place of the target's name (of the rule itself inside a list), `mark` and `end` enclose what stands on
    the right, `marks` has the places of the values under the rule's own keys. `target` has [] where a position goes;
    `default` is MISSING if there is none. `options` are the texts under the keys beside `type` (conversions.OPTIONS).
    """

    key: Mark
    mark: Mark
    end: Mark
    target: str
    source: Content
    when: Written | None = None
    lookup: Written | None = None
    default: object = MISSING
    type: str | None = None
    options: Mapping[str, tuple[Written, ...]] = field(default_factory=lambda: MappingProxyType({}))
    required: bool = False
    on_error: str = "fail"
    marks: Mapping[str, Mark] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Var:
    """A named expression; `mark` is the place of the name."""

    mark: Mark
    name: str
    expression: Written


@dataclass(frozen=True, slots=True)
class Test:
    """One test as it was written; `mark` and `end` enclose it.

    `input` is the name of a file beside the route, or the document itself. Source paths are such as
    entities.items[0].net, target paths such as lines[2].net; items count from 0. `expect_error` and `expect_review`
    have a part of the sentence by target, "" for any. `marks` has the place of every key's value, and of every value
    under `patch` and `expect`, as "expect.<path>".
    """

    mark: Mark
    end: Mark
    name: str
    input: str | dict[str, object]
    patch: Mapping[str, object]
    remove: tuple[str, ...]
    expect: Mapping[str, object]
    expect_missing: tuple[str, ...]
    expect_error: Mapping[str, str]
    expect_review: Mapping[str, str]
    expect_skipped: bool
    marks: Mapping[str, Mark]
