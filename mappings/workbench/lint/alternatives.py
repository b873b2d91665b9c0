"""Follows the alternatives of a `first`: which documents are left for the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.language.model import Each
from mappings.workbench.lint.logic import both, possible

if TYPE_CHECKING:
    from mappings.language.model import Rule
    from mappings.workbench.lint.examiner import Examiner, Parsed
    from mappings.workbench.lint.findings import Span
    from mappings.workbench.lint.kinds import Kind
    from mappings.workbench.lint.notebook import Notebook
    from mappings.workbench.lint.sight import Sight


class Alternatives:
    """The alternatives of one `first`, in their order: `begin` with each, and `end` with what it gives."""

    def __init__(self, sight: Sight, examiner: Examiner, notebook: Notebook) -> None:
        self._sight = sight
        self._examiner = examiner
        self._notebook = notebook
        self._left = sight.given
        self._taken: Rule | None = None

    def begin(self, rule: Rule, span: Span) -> None:
        """Note an alternative that no document is left for."""
        when, conditions = self._when(rule), self._sight.conditions
        if self._taken is not None:
            words = f"this alternative never counts: the one on line {self._taken.mark.line} always gives a value"
            self._notebook.add("dead-rule", span, words)
        elif when is not None:
            true = conditions.true(when.node)
            ever = possible(both(self._sight.given, true), conditions.terms)
            if ever and not possible(both(self._left, true), conditions.terms):
                words = "this alternative never counts: wherever its condition is true, an earlier one is taken"
                self._notebook.add("dead-rule", self._examiner.span(when, when.node), words)

    def end(self, rule: Rule, kind: Kind) -> None:
        """Take off the documents for which an alternative gives a value; `kind` is what it gives where its `when` is true."""
        when = self._when(rule)
        if kind.maybe:
            return
        if when is not None:
            self._left = both(self._left, self._sight.conditions.untrue(when.node))
        elif self._taken is None:
            self._taken = rule

    def _when(self, rule: Rule) -> Parsed | None:
        conditional = rule.when is not None and not isinstance(rule.source, Each)
        return self._examiner.parse(rule.when) if rule.when is not None and conditional else None
