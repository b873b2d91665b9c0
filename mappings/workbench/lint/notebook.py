"""Collects what the lint finds, each thing once, in the order of the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.workbench.lint.findings import CODES, Finding, Severity

if TYPE_CHECKING:
    from mappings.workbench.lint.findings import Span


class Notebook:
    """The findings of one route. `errors` counts those so far, so that others can see whether something went wrong since."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, Span, str], None] = {}
        self.errors = 0

    def add(self, code: str, span: Span, message: str) -> None:
        """Note a finding at its place."""
        self._found[code, span, message] = None
        self.errors += CODES[code].severity is Severity.ERROR

    def findings(self) -> list[Finding]:
        """Return all of them, in the order of the files."""
        found = [
            Finding(
                code, CODES[code].severity, span.path, span.line, span.column, span.end, message, span.text, span.source
            )
            for code, span, message in self._found
        ]
        return sorted(found, key=lambda each: (str(each.path), each.line, each.column, each.severity, each.code))
