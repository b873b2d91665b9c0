"""What a draft comes to once it is compiled: closures that map documents. Immutable, so threads may share it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mappings.language.model import Fields
from mappings.language.pieces import Pieces
from mappings.language.rules import Compiler
from mappings.language.variables import Variables

if TYPE_CHECKING:
    from mappings.language.containers import Fill
    from mappings.language.draft import Draft
    from mappings.language.model import Written
    from mappings.language.pieces import Condition, Saw
    from mappings.language.problems import Findings
    from mappings.language.rules import RuleFacts


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled draft; `when` is None if the route applies to every document, `rules` are numbered as in traces.

    `steps` is how much work every document is, without what `each` repeats and vars that it uses.
    """

    variables: Variables
    when: tuple[Written, Condition] | None
    fill: Fill
    rules: tuple[RuleFacts, ...]
    steps: int


def compile_plan(draft: Draft, findings: Findings, saw: Saw | None = None) -> Plan:
    """Compile what a draft has; what is wrong with it goes to `findings`, every answer of a `when:` to `saw`."""
    variables = Variables(draft.vars, draft.tables, findings)
    pieces = Pieces(draft.tables, variables, findings, saw)
    when = None if draft.when is None else (draft.when, pieces.condition(draft.when)[1])
    compiler = Compiler(pieces)
    fill = compiler.fields(draft.fields or Fields(()))
    return Plan(variables, when, fill, tuple(compiler.facts), compiler.steps)
