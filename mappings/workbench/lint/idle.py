"""Keys of a rule that have no effect beside the others, and rules that are written twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.language.missing import MISSING
from mappings.language.model import Each, Fields, First, From, Items, Template, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mappings.language.model import Rule
    from mappings.workbench.lint.kinds import Kind


def idle_keys(rule: Rule, kind: Kind) -> Iterator[tuple[str, str]]:
    """Walk the keys that have no effect, each with the reason; `kind` is what the rule gives before its default."""
    if rule.default is not MISSING:
        if rule.required:
            yield "required", "required: has no effect beside default:, which is written instead"
        if not kind.maybe and rule.on_error != "default":
            yield "default", "default: is never written, since there always is a value"
        return
    if rule.required and isinstance(rule.source, Value) and rule.lookup is None and rule.source.value is not None:
        yield "required", "required: has no effect, since a fixed value is always there"
    elif rule.required and rule.on_error == "skip":
        yield "required", "required: has no effect beside on_error: skip, which leaves the field out; keep one of them"


def repeats(rules: Sequence[Rule]) -> Iterator[tuple[Rule, Rule]]:
    """Walk the rules that do just what an earlier one of the same list does, each with that one."""
    seen: dict[str, Rule] = {}
    for rule in rules:
        first = seen.setdefault(repr(_content(rule)), rule)
        if first is not rule:
            yield rule, first


def _content(rule: Rule) -> tuple[object, ...]:
    """Return all that makes a rule what it is, without its place."""
    texts = [written and " ".join(written.text.split()) for written in (rule.when, rule.lookup)]
    options = sorted((key, tuple(written.text for written in found)) for key, found in rule.options.items())
    return (_source(rule), *texts, options, rule.default, rule.type, rule.required, rule.on_error)


def _source(rule: Rule) -> tuple[object, ...]:
    match rule.source:
        case From(written) | Template(written):
            return type(rule.source).__name__, " ".join(written.text.split())
        case Value(value):
            return "Value", type(value), value
        case Fields(rules):
            return "Fields", *((name, _content(each)) for name, each in rules)
        case Items(rules) | First(rules):
            return type(rule.source).__name__, *map(_content, rules)
        case Each(over, name, index, fields):
            return "Each", over.text, name, index, *((target, _content(each)) for target, each in fields.rules)
