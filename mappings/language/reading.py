"""From YAML nodes to rules: which keys may stand where, and what to say about those that may not."""

from __future__ import annotations

from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING

from mappings.language.conversions import OPTIONS, TYPES
from mappings.language.missing import MISSING
from mappings.language.model import (
    ON_ERROR_WORDS,
    RULE_KEYS,
    SOURCE_KEYS,
    Content,
    Each,
    Fields,
    First,
    From,
    Items,
    Rule,
    Template,
    Value,
    Written,
)
from mappings.language.problems import near, suggestion
from mappings.language.reading_options import read_options
from mappings.language.yaml_nodes import Mapping, Node, Scalar, Sequence, kind_of, plain_data

if TYPE_CHECKING:
    from collections.abc import Collection

    from mappings.language.problems import Findings, Mark

    Steps = tuple[str, ...]

MODIFIER_KEYS = frozenset({"type", "format", "as", "index"})
CONTROL_KEYS = frozenset({"when", "lookup", "default", "required", "on_error"})
SINGLE_KEYS = ("lookup", "type", *OPTIONS)  # these work on one value, not on a list or object
EXPRESSION_WORDS = frozenset({"and", "or", "not", "in", "is", "if", "else", "true", "false", "none"})


class Reader:
    """Reads the rules of one route file; what is wrong with them goes to `findings`. `taken` are the names of its vars."""

    def __init__(self, findings: Findings, taken: Collection[str]) -> None:
        self._findings = findings
        self._taken = taken
        self._around: list[str] = []  # what the items of the `each` around have for names

    def fields(self, node: Node, prefix: str) -> Fields:
        """Read `target: rule` pairs. `prefix` is the target they stand in, empty at the top."""
        if not isinstance(node, Mapping):
            self._findings.add(node.mark, f"fields: is {kind_of(node)}; write target: rule, one per line")
            return Fields(())
        if not node.entries:
            self._findings.add(node.mark, "fields: is empty; write at least one target: rule")
        rules: list[tuple[str, Rule]] = []
        begun: dict[Steps, tuple[str, int]] = {}
        for target, entry in node.entries.items():
            problem = _target_problem(target, entry.mark.line, begun)
            if problem:
                self._findings.add(entry.mark, problem)
            rule = self.rule(entry.node, f"{prefix}.{target}" if prefix else target, entry.mark)
            if rule is not None:
                rules.append((target, rule))
        return Fields(tuple(rules))

    def rule(self, node: Node, target: str, key: Mark) -> Rule | None:
        """Read what stands on the right of a target, whose name stands at `key`; None if it cannot be read."""
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return Rule(key, node.mark, node.end, target, From(Written(node.mark, node.value, node.end)))
        if isinstance(node, Mapping):
            return self._mapping(node, target, key)
        if isinstance(node, Sequence):
            self._findings.add(node.mark, f"the rule for {target} is a list; write {target}: {{list: [...]}}")
        elif isinstance(node, Scalar) and node.value is None:
            self._findings.add(node.mark, f"the rule for {target} is empty; write a path, or {{value: null}} for null")
        elif isinstance(node, Scalar):
            self._findings.add(
                node.mark,
                f"the rule for {target} is the value {node.text}; write {{value: {node.text}}} for a fixed value",
            )
        return None

    def _item(self, node: Node, target: str) -> Rule | None:
        """Read an item of `list:`, which may also be an object written without `fields:`."""
        if not isinstance(node, Mapping) or not _is_object(node):
            return self.rule(node, target, node.mark)
        return Rule(node.mark, node.mark, node.end, target, self.fields(node, target))

    def _mapping(self, node: Mapping, target: str, key: Mark) -> Rule | None:
        unknown = [entry for key, entry in node.entries.items() if key not in RULE_KEYS]
        if unknown and not node.entries.keys() & SOURCE_KEYS.keys():
            # most likely the source itself is misspelt, or an object was meant
            entry = unknown[0]
            words = SOURCE_KEYS if near(entry.key, SOURCE_KEYS) else RULE_KEYS
            self._findings.add(
                entry.mark, f"unknown key '{entry.key}'{suggestion(entry.key, words)}; an object goes under fields:"
            )
            return None
        for entry in unknown:
            self._findings.add(entry.mark, f"unknown key '{entry.key}'{suggestion(entry.key, RULE_KEYS)}")
        source = self._source(node, target)
        if source is None:
            return None
        required = node.node("required")
        if required is not None and not (isinstance(required, Scalar) and isinstance(required.value, bool)):
            self._findings.add(required.mark, f"required: is {kind_of(required)}; write true or false")
        default = node.node("default")
        kind = self._word(node, "type", TYPES)
        rule = Rule(
            key=key,
            mark=node.mark,
            end=node.end,
            target=target,
            source=source,
            when=self._written(node, "when"),
            lookup=self._written(node, "lookup"),
            default=MISSING if default is None else plain_data(default),
            type=kind,
            options=read_options(node, kind, self._findings),
            required=isinstance(required, Scalar) and required.value is True,
            on_error=self._word(node, "on_error", ON_ERROR_WORDS) or "fail",
            marks=MappingProxyType({name: entry.node.mark for name, entry in node.entries.items()}),
        )
        self._check_together(node, rule)
        return rule

    def _source(self, node: Mapping, target: str) -> Content | None:
        found = [key for key in SOURCE_KEYS if key in node.entries]
        if not found:
            known = ", ".join(SOURCE_KEYS)
            self._findings.add(
                node.mark, f"the rule for {target} does not say where its value comes from; it needs one of: {known}"
            )
            return None
        if found == ["each", "fields"]:
            return self._each(node, target)
        if len(found) > 1:
            second = node.entries[found[1]]
            self._findings.add(
                second.mark, f"the rule for {target} has both {found[0]} and {found[1]}; keep one of them"
            )
            return None
        if found == ["each"]:
            self._findings.add(
                node.entries["each"].mark, "each: needs fields: beside it, the object made of every item"
            )
            return None
        return self._content(node, found[0], target)

    def _content(self, node: Mapping, key: str, target: str) -> Content | None:
        content = node.entries[key].node
        if key == "value":
            return Value(plain_data(content))
        if key == "fields":
            return self.fields(content, target)
        if key == "list":
            return self._list(content, target)
        if key == "first":
            return self._first(content, target)
        written = self._written(node, key)
        if written is None:
            return None
        return From(written) if key == "from" else Template(written)

    def _list(self, node: Node, target: str) -> Items:
        if not isinstance(node, Sequence):
            self._findings.add(node.mark, f"list: is {kind_of(node)}; write [rule, rule] or one '- rule' per line")
            return Items(())
        rules = [self._item(item, f"{target}[]") for item in node.items]
        return Items(tuple(rule for rule in rules if rule is not None))

    def _first(self, node: Node, target: str) -> First:
        if not isinstance(node, Sequence) or not node.items:
            what = "an empty list" if isinstance(node, Sequence) else kind_of(node)
            self._findings.add(node.mark, f"first: is {what}; write [rule, rule] or one '- rule' per line")
            return First(())
        rules = [self._item(item, target) for item in node.items]
        return First(tuple(rule for rule in rules if rule is not None))

    def _each(self, node: Mapping, target: str) -> Each | None:
        over, name, index = (self._written(node, key) for key in ("each", "as", "index"))
        if "as" not in node.entries:
            self._findings.add(
                node.entries["each"].mark, "each: needs as: beside it, a name for the item, such as as: item"
            )
        before = len(self._around)
        for written, what in ((name, "item"), (index, "item's number")):
            if written is not None:
                self._check_name(written, what)
                self._around.append(written.text)
        fields = self.fields(node.entries["fields"].node, f"{target}[]")
        del self._around[before:]
        return Each(over, name.text, index.text if index else "index", fields) if over and name else None

    def _check_name(self, written: Written, what: str) -> None:
        name = written.text
        if name in self._taken:
            problem = f"'{name}' is a var already; give the {what} another name"
        elif name in self._around:
            problem = f"'{name}' is taken by the each around or beside this one; give the {what} another name"
        elif not is_name(name) or (name == "index" and what == "item"):
            problem = f"'{name}' cannot be the name of an {what}; use a word of letters, such as item (index is taken)"
        else:
            return
        self._findings.add(written.mark, problem)

    def _check_together(self, node: Mapping, rule: Rule) -> None:
        single = isinstance(rule.source, From | Template | Value | First)
        for key in SINGLE_KEYS:
            if not single and key in node.entries:
                self._findings.add(
                    node.entries[key].mark, f"{key}: works on a single value; write it at the rules inside"
                )
        for key in ("as", "index"):
            if key in node.entries and not isinstance(rule.source, Each):
                self._findings.add(node.entries[key].mark, f"{key}: goes with each:")
        if rule.on_error == "default" and rule.default is MISSING:
            self._findings.add(node.entries["on_error"].mark, "on_error: default needs default: beside it")

    def _written(self, node: Mapping, key: str) -> Written | None:
        entry = node.entries.get(key)
        if entry is None:
            return None
        content = entry.node
        if isinstance(content, Scalar) and isinstance(content.value, str):
            return Written(content.mark, content.value, content.end)
        hint = "; put quotes around it" if isinstance(content, Scalar) and content.text else ""
        if isinstance(content, Mapping) and key in {"from", "template", "when"}:
            hint = "; put quotes around text that starts with {"
        self._findings.add(content.mark, f"{key}: is {kind_of(content)}, not text{hint}")
        return None

    def _word(self, node: Mapping, key: str, known: Collection[str]) -> str | None:
        written = self._written(node, key)
        if written is None or written.text in known:
            return written.text if written else None
        self._findings.add(written.mark, f"{key}: does not know '{written.text}'{suggestion(written.text, known)}")
        return None


def is_name(text: str) -> bool:
    """Say whether expressions can use a text as a name."""
    return text.isidentifier() and text.lower() not in EXPRESSION_WORDS and not text.startswith("__")


def _target_problem(target: str, line: int, begun: dict[Steps, tuple[str, int]]) -> str | None:
    """Say what is wrong with a target. `begun` has the targets before it, by everything they begin with."""
    if any(mark in target for mark in "[]{}"):
        return f"target '{target}' has brackets; a list is made with {{list: ...}} or {{each: ...}} on the right"
    steps = tuple(target.split("."))
    if any(not each or each != each.strip() for each in steps):
        return f"target '{target}' is not names with dots between them"
    for length in range(1, len(steps) + 1):
        other = begun.setdefault(steps[:length], (target, line))
        if other[0] != target and (length == len(steps) or other[0] == ".".join(steps[:length])):
            return f"target '{target}' collides with '{other[0]}' on line {other[1]}; one would overwrite the other"
    return None


def _is_object(node: Mapping) -> bool:
    keys = node.entries.keys()
    if keys & SOURCE_KEYS.keys() or keys & CONTROL_KEYS or not keys:
        return False
    fields = keys - MODIFIER_KEYS - (OPTIONS.keys() if "type" in keys else set())
    # {form: x} and {valeu: x, type: date} are misspelt rules, not objects with such fields
    return len(fields) > 1 or any(not get_close_matches(key, SOURCE_KEYS, n=1, cutoff=0.75) for key in fields)
