"""Where every field of a payload came from: the rule, the values it was made of, the rows it was looked up in.

Worked out on demand from the traces of one document; mapping documents costs nothing more for it.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mappings.language.missing import MISSING
from mappings.language.model import Each, Fields, First, From, Items, Template, Value
from mappings.language.numbering import numbered
from mappings.language.pieces import conversion, is_code
from mappings.language.recording import Notes, RecordedVars, Recorder, TableRow, scope_of
from mappings.language.seal import constant
from mappings.language.values import ValueProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mappings.language.conversions import Convert
    from mappings.language.draft import Draft
    from mappings.language.model import Content, Rule
    from mappings.language.numbering import Chain
    from mappings.language.paths import Scope
    from mappings.language.problems import FieldProblem, Mark
    from mappings.language.remedies import Positions, Trace

    Spot = tuple[int, Positions]

_PLACE = re.compile(r"\[[0-9]+\]")
_BREAK = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")  # where a line ends for YAML


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one written field came from.

    `target` is its path in the payload, such as lines[2].net. `rule` is the text of the rule at `line` and `column`
    (inside `first`, of the alternative that won). `sources` are the paths that were read, with their values, MISSING
    where nothing was; the number of an item of `each` has the name that the rule uses. `rows` are the entries of tables
    that were found. `by_default` is True if a default was written in the end.
    """

    target: str
    line: int
    column: int
    rule: str
    sources: tuple[tuple[str, object], ...]
    rows: tuple[TableRow, ...]
    by_default: bool


class Origins:
    """Explains the traces of one route's documents. Nothing is compiled before somebody asks."""

    def __init__(self, draft: Draft) -> None:
        self._recorder = Recorder(draft.tables, draft.vars)
        self._chains = numbered(draft.fields) if draft.fields else ()
        self._lines = _BREAK.split(draft.text)
        self._conversions: dict[Mark, Convert | None] = {}

    def of(self, document: Scope, traces: Sequence[Trace]) -> list[Origin]:
        """Explain the traces of a document, in their order."""
        indexes, asked = self._indexes(traces), _Asked(self._recorder, self._conversion, document)
        return [self._origin(trace, indexes, asked) for trace in traces]

    def behind(self, document: Scope, problem: FieldProblem) -> Origin | None:
        """Return the rule behind a problem with what it has read, None if the problem is not one of a rule.

        The items in `target` are counted as in the source's lists.
        """
        positions = tuple(int(place[1:-1]) for place in _PLACE.findall(problem.target))
        pattern = _PLACE.sub("[]", problem.target)
        for chain in self._chains:
            rule = chain[-1][1]
            if (rule.mark.line, rule.target) == (problem.line, pattern):
                asked = _Asked(self._recorder, self._conversion, document)
                notes, _ = asked.outcome([each for _, each in chain], positions)
                return self._told(rule, problem.target, notes, by_default=False)
        return None

    def _indexes(self, traces: Sequence[Trace]) -> dict[Spot, int]:
        """Return where in the payload's lists the items are; items that came to nothing have left no trace."""
        counts: dict[Spot, int] = {}
        indexes: dict[Spot, int] = {}
        for number, positions in traces:
            for depth, (around, _) in enumerate(_lists(self._chains[number])):
                spot, before = (around, positions[: depth + 1]), (around, positions[:depth])
                if spot not in indexes:
                    indexes[spot] = counts[before] = counts.get(before, -1) + 1
        return indexes

    def _origin(self, trace: Trace, indexes: dict[Spot, int], asked: _Asked) -> Origin:
        number, positions = trace
        chain = self._chains[number]
        rules = [rule for _, rule in chain]
        rule = rules[-1]
        places = [f"[{indexes[around, positions[: depth + 1]]}]" for depth, (around, _) in enumerate(_lists(chain))]
        target = "".join(piece + place for piece, place in zip(rule.target.split("[]"), [*places, ""], strict=True))
        notes, by_default = asked.outcome(rules, positions)
        return self._told(rule, target, notes, by_default=by_default)

    def _told(self, rule: Rule, target: str, notes: Notes, *, by_default: bool) -> Origin:
        return Origin(
            target=target,
            line=rule.mark.line,
            column=rule.mark.column,
            rule=self._written(rule),
            sources=tuple(notes.sources.items()),
            rows=tuple(notes.rows.values()),
            by_default=by_default,
        )

    def _conversion(self, rule: Rule) -> Convert | None:
        """Return what a rule's `type` does, as for mapping, except that it notes where a currency comes from."""
        if rule.mark not in self._conversions:
            currency = None
            if "currency" in rule.options:
                (written,) = rule.options["currency"]
                known = is_code(written)
                currency = constant(written.text) if known else self._recorder.expression(written.text)
            self._conversions[rule.mark] = conversion(rule, currency)
        return self._conversions[rule.mark]

    def _written(self, rule: Rule) -> str:
        """Return the text of a rule; further lines lose the indentation of the first."""
        mark, end = rule.mark, rule.end
        first, *others = self._lines[mark.line - 1 : end.line]
        if not others:
            return first[mark.column - 1 : end.column - 1]
        lines = [*others[:-1], others[-1][: end.column - 1]]
        indented = [line[: mark.column - 1].strip() + line[mark.column - 1 :] for line in lines]
        return "\n".join([first[mark.column - 1 :], *indented]).rstrip()


class _Asked:
    """One document that somebody asks about."""

    def __init__(self, recorder: Recorder, conversion_of: Callable[[Rule], Convert | None], document: Scope) -> None:
        self._recorder = recorder
        self._conversion_of = conversion_of
        self._document = document
        self._variables = RecordedVars(document, recorder)

    def outcome(self, rules: Sequence[Rule], positions: Positions) -> tuple[Notes, bool]:
        """Return what the last of some rules inside one another has read, and whether a default took its place."""
        outside, notes = self._inside(rules, positions)
        rule = rules[-1]
        try:
            if rule.when is not None and not isinstance(rule.source, Each):
                self._recorder.expression(rule.when.text)(scope_of(outside, Notes(notes.items), self._variables))
            value = self._value(rule.source, outside, notes)
            if isinstance(rule.source, Fields | Items | Each | First):
                return notes, rule.default is not MISSING
            for each in reversed(rules):  # around it may be `first`, which has a lookup and a type of its own
                if each is not rule and not isinstance(each.source, First):
                    break
                if value is not MISSING and value is not None and each.lookup is not None:
                    value = notes.row(self._recorder.tables[each.lookup.text], value)
                if value is MISSING or value is None:
                    return notes, each.default is not MISSING
                convert = self._conversion_of(each)
                value = convert(scope_of(outside, notes, self._variables), value) if convert else value
        except ValueProblem:
            return notes, True  # it left a trace nevertheless, so on_error wrote the default
        return notes, False

    def _inside(self, rules: Sequence[Rule], positions: Positions) -> tuple[Scope, Notes]:
        """Return what the last rule's expressions see, and notes that know the paths of the items around it."""
        scope, items = self._document, dict[str, str]()
        around = [rule.source for rule in rules[:-1] if isinstance(rule.source, Each | Items)]
        for source, position in zip(around, positions, strict=True):
            if isinstance(source, Each):
                notes = Notes(items)
                path, values = self._recorder.place(source.over.text)(scope_of(scope, notes, self._variables))
                item = values[position]  # type: ignore[index]  # there is a trace, so it is a list
                scope = {**scope, source.name: item, source.index: position + 1}
                path = f"{path}[{position}]" if path else _path_of(item, notes) or f"({source.over.text})[{position}]"
                items = {**items, source.name: path, source.index: source.index}
        return scope, Notes(items)

    def _value(self, source: Content, outside: Scope, notes: Notes) -> object:
        scope = scope_of(outside, notes, self._variables)
        match source:
            case From():
                return self._recorder.expression(source.expression.text)(scope)
            case Template():
                return self._recorder.template(source.template.text)(scope)
            case Value():
                return source.value
            case Each():
                return self._recorder.expression(source.over.text)(scope)
            case First():
                for rule in source.rules:
                    with contextlib.suppress(ValueProblem):
                        self._value(rule.source, outside, notes)
        return MISSING


def _lists(chain: Chain) -> list[tuple[int, Rule]]:
    """Return the lists around a rule, the outermost first; they are what the positions of a trace belong to."""
    return [(number, rule) for number, rule in chain[:-1] if isinstance(rule.source, Each | Items)]


def _path_of(item: object, notes: Notes) -> str:
    """Return where an item stands in the lists that were read, "" if it cannot be told."""
    for path, value in notes.sources.items():
        for place, candidate in enumerate(value if isinstance(value, list) else ()):
            if candidate is item:
                return f"{path}[{place}]"
    return ""
