"""The route's `feedback:`: which actions the source is asked to take for what became of a document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mappings.language.expressions import compile_template
from mappings.language.missing import MISSING
from mappings.language.model import FEEDBACK_NAMES, FEEDBACK_WORDS
from mappings.language.problems import FieldProblem, MappingError, Mark, suggestion
from mappings.language.seal import ExpressionError, constant
from mappings.language.values import ValueProblem
from mappings.language.yaml_nodes import Mapping, Node, Scalar, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mappings.language.paths import Scope
    from mappings.language.problems import Findings

    Render = Callable[[Scope], object]


@dataclass(frozen=True, slots=True)
class FeedbackAction:
    """One action of the source and how its argument is made; `mark` is where the action's name stands."""

    name: str
    mark: Mark
    render: Render


@dataclass(frozen=True, slots=True)
class FeedbackRule:
    """The actions for one word, such as delivered or signed; `mark` is where the word stands."""

    word: str
    mark: Mark
    actions: tuple[FeedbackAction, ...]

    def render(self, context: Scope) -> dict[str, object]:
        """Fill in the templates. An action whose template meets something missing or null is left out.

        In an action with several entries only those entries are left out. Raises MappingError if a template asks for
        something impossible, such as rounding a reason.
        """
        filled: dict[str, object] = {}
        for action in self.actions:
            try:
                value = action.render(context)
            except ValueProblem as problem:
                target = f"feedback.{self.word}.{action.name}"
                raise MappingError([FieldProblem(action.mark.line, target, (), f"the value {problem}")]) from None
            if value is not MISSING:
                filled[action.name] = value
        return filled


def read_feedback(node: Node | None, findings: Findings) -> dict[str, FeedbackRule]:
    """Read `feedback:`; what is wrong with it goes to `findings`."""
    if node is None:
        return {}
    if not isinstance(node, Mapping):
        findings.add(
            node.mark, f"feedback: is {kind_of(node)}; write word: {{action: text}}, words: {', '.join(FEEDBACK_WORDS)}"
        )
        return {}
    rules: dict[str, FeedbackRule] = {}
    for word, entry in node.entries.items():
        if word not in FEEDBACK_WORDS:
            findings.add(entry.mark, f"feedback: does not know '{word}'{suggestion(word, FEEDBACK_WORDS)}")
        if not isinstance(entry.node, Mapping):
            findings.add(entry.node.mark, f"feedback for '{word}' is {kind_of(entry.node)}; write {{action: text}}")
            continue
        actions = tuple(
            FeedbackAction(name, action.mark, _argument(action.node, findings))
            for name, action in entry.node.entries.items()
        )
        rules[word] = FeedbackRule(word, entry.mark, actions)
    return rules


def _argument(node: Node, findings: Findings) -> Render:
    if isinstance(node, Mapping):
        parts = {key: _argument(entry.node, findings) for key, entry in node.entries.items()}

        def render(context: Scope) -> object:
            values = {key: part(context) for key, part in parts.items()}
            return {key: value for key, value in values.items() if value is not MISSING} or MISSING

        return render
    if not isinstance(node, Scalar) or node.value is None:
        findings.add(node.mark, f"an action's text is {kind_of(node)}; write text, true, false or {{name: text}}")
        return constant(MISSING)
    return _template(node, node.value, findings) if isinstance(node.value, str) else constant(node.value)


def _template(node: Scalar, text: str, findings: Findings) -> Render:
    try:
        template = compile_template(text, {})
    except ExpressionError as error:
        findings.add(node.mark, str(error))
        return constant(MISSING)
    for name in template.names:
        if name not in FEEDBACK_NAMES:
            findings.add(node.mark, f"feedback has no '{name}'{suggestion(name, FEEDBACK_NAMES)}")
    return template.evaluate
