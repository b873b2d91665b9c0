"""What the lint may find: its codes with their severities, and one finding at its place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Severity(StrEnum):
    """How bad a finding is. Errors never work, warnings hardly mean what they say, notes are good to know."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    def reaches(self, other: Severity) -> bool:
        """Say whether this is as bad as `other` or worse."""
        order = list(Severity)
        return order.index(self) <= order.index(other)


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of finding: how bad it is, and a sentence of help."""

    severity: Severity
    help: str


_ERRORS = {
    "invalid-route": "The route file cannot be loaded as it stands.",
    "invalid-table": "A table's csv file cannot be loaded as it stands.",
    "unknown-endpoint": "The connection or stream is not known to this installation.",
    "unknown-source": "The source's documents never have this path.",
    "unknown-target": "The destination does not take this field.",
    "read-only-target": "The destination shows this field, but nobody may write it.",
    "unmapped-required": "The destination needs this field, and no rule writes it.",
    "type-mismatch": "The value never has the type that is needed here.",
    "value-not-allowed": "The destination takes certain values only, and this fixed value, default or table entry is none of them.",
    "value-length": "A fixed value, default or table entry is longer or shorter than the destination takes.",
    "value-range": "A fixed number, default or table entry is larger or smaller than the destination takes.",
    "value-form": "A fixed value, default or table entry is not written in the form that the destination takes.",
    "unknown-action": "The source knows no such feedback action.",
    "broken-pair": "The route that brings the same documents back does not fit this one.",
    "unknown-outcome": "The destination never shows this outcome, so its feedback would never be given.",
    "feedback-value": "The source cannot take this value of a feedback action.",
}
_WARNINGS = {
    "suspect-source": "The path is not known, others may be there too, and a known one is written almost alike.",
    "suspect-target": "The field is not known, others are taken too, and a known one is written almost alike.",
    "type-risk": "The value may have a type that is not taken here.",
    "value-risk": "The source may have a value here that the destination does not take.",
    "constant-condition": "The condition, or a part of it, is always or never true.",
    "dead-rule": "The rule never counts, since an earlier one always does.",
    "overlapping-rule": "Two rules do the same.",
    "idle-key": "The key has no effect beside the others of its rule.",
    "unknown-value": "The source is not known to have this value, and a known one is written almost alike.",
    "dead-entry": "No value is ever looked up under this key of the table.",
    "unused-table": "No rule looks anything up in this table.",
    "unused-var": "No rule reads this var.",
    "unused-item": "The rules inside each: never read the item, so all objects are the same.",
    "hidden-name": "A var or an item has the name of a field of the document, which cannot be read then.",
    "literal-braces": "Text with {{ }} stands where it is written as it is, not filled in.",
    "looks-otherwise": "YAML 1.2 reads this as text, although it looks like a number or like true or false.",
    "mixed-table": "Most entries of a table are of one type, and this one is not.",
    "lost-comment": "What follows ' #' is a comment and not part of the value.",
    "padded-text": "The text begins or ends with white space.",
}
_NOTES = {
    "maybe-missing": "The destination needs this field, and documents for which the rule comes to nothing are rejected.",
    "unlisted-source": "The source's documents may have this path, but neither its schema nor a sample shows it.",
    "uncommon-value": "The source is not known to have this value.",
    "unmapped-source": "The source has these fields, and no rule reads them.",
    "untested-route": "The route has no tests.",
    "untested-rule": "No test of the route reaches this rule.",
}

CODES = {
    code: Code(severity, text)
    for severity, codes in ((Severity.ERROR, _ERRORS), (Severity.WARNING, _WARNINGS), (Severity.NOTE, _NOTES))
    for code, text in codes.items()
}
"""Every code. They are stable: what is suppressed or counted by code elsewhere keeps its name."""


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a file: a line and columns, from 1, `end` just behind the last character; `source` is the whole line."""

    path: Path
    line: int
    column: int
    end: int
    source: str

    @property
    def text(self) -> str:
        """What stands there."""
        return self.source[self.column - 1 : self.end - 1]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. Columns count characters from 1, `end_column` is just behind the last.

    `text` is what stands there, `source` the whole of that line.
    """

    code: str
    severity: Severity
    path: Path
    line: int
    column: int
    end_column: int
    message: str
    text: str
    source: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.severity}: {self.message} [{self.code}]"
