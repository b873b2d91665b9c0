"""Goes through the rules of a route, from the document to the payload: what each makes, and whether it fits and counts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mappings.language.missing import MISSING
from mappings.language.model import Each, Fields, First, From, Items, Template, Value
from mappings.language.pieces import is_code
from mappings.workbench.lint.alternatives import Alternatives
from mappings.workbench.lint.conversion import converted
from mappings.workbench.lint.idle import idle_keys, repeats
from mappings.workbench.lint.kinds import Fixed, Kind, fits, of_fixed, union
from mappings.workbench.lint.targets import Object
from mappings.workbench.lint.values import Fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mappings.language.model import Rule, Written
    from mappings.language.schema import Schema
    from mappings.workbench.lint.examiner import Examiner
    from mappings.workbench.lint.findings import Span
    from mappings.workbench.lint.notebook import Notebook
    from mappings.workbench.lint.places import Places
    from mappings.workbench.lint.scopes import Scopes
    from mappings.workbench.lint.sight import Sight
    from mappings.workbench.lint.tables import Lookups
    from mappings.workbench.lint.targets import Targets

_SINGLE = frozenset({"string", "date", "datetime", "integer", "decimal", "boolean"})


class Rules:
    """Examines rules. Every method returns what is made; `schema` is what the destination takes, None if that is not known."""

    def __init__(
        self,
        scopes: Scopes,
        examiner: Examiner,
        lookups: Lookups,
        targets: Targets,
        places: Places,
        notebook: Notebook,
    ) -> None:
        self._scopes = scopes
        self._examiner = examiner
        self._lookups = lookups
        self._targets = targets
        self._places = places
        self._notebook = notebook

    def fields(self, fields: Fields, schema: Schema | None, sight: Sight, prefix: str, span: Span) -> Kind:
        """Examine an object; `prefix` is the target it is for, `span` where that stands."""
        made = Object(span)
        kinds = []
        for name, rule in fields.rules:
            steps, key = name.split("."), self._places.value(rule.key, name)
            below = self._targets.find(schema, steps, prefix, key)
            kinds.append(self._rule(rule, below, sight, key))
            made.write(steps, kinds[-1], key)
        self._targets.complete(schema, made, prefix)
        return Kind(frozenset({"object"}), missing=all(kind.missing for kind in kinds), null=False)

    def _rule(self, rule: Rule, schema: Schema | None, sight: Sight, key: Span) -> Kind:
        kind = self._made(rule, schema, self._where(rule, sight), key)
        return replace(kind, missing=kind.missing or _conditional(rule))

    def _made(self, rule: Rule, schema: Schema | None, sight: Sight, key: Span) -> Kind:
        """Examine a rule where its `when` is true."""
        changed = rule.lookup is not None or rule.type is not None
        kind = self._content(rule, None if changed else schema, sight, key)
        span = self._value_span(rule, key)
        if rule.lookup is not None:
            kind = self._looked_up(rule.lookup, kind)
        for name, message in idle_keys(rule, kind):
            self._notebook.add("idle-key", self._places.at(rule.marks[name]), message)
        for currency in rule.options.get("currency", ()):
            if not is_code(currency):
                self._examiner.value(currency, sight)
        if rule.type is not None:
            kind, problems = converted(rule, kind)
            for place, message in problems:
                self._notebook.add("type-mismatch", place or span, message)
        if changed or not isinstance(rule.source, First):  # else its alternatives were compared one by one
            self._fit(kind, schema, rule.target, span)
        if rule.default is not MISSING:
            kind = self._with_default(rule, kind, schema)
        elif rule.required:
            kind = replace(kind, missing=False, null=False)
        return replace(kind, missing=kind.missing or rule.on_error in {"skip", "review"})

    def _content(self, rule: Rule, schema: Schema | None, sight: Sight, key: Span) -> Kind:  # noqa: PLR0911 -- one a source
        source = rule.source
        match source:
            case From():
                return self._examiner.value(source.expression, sight)
            case Template():
                return self._examiner.value(source.template, sight, template=True)
            case Value():
                return of_fixed([Fixed(source.value, self._places.scalar(rule.marks["value"], source.value))])
            case Fields():
                fitting = schema if schema is not None and fits("object", schema.types) else None
                return self.fields(source, fitting, sight, rule.target, key)
            case Items():
                return self._items(source, schema, sight, rule)
            case First():
                return self._first(source, schema, sight)
        return self._each(source, schema, sight, rule, key)

    def _items(self, source: Items, schema: Schema | None, sight: Sight, rule: Rule) -> Kind:
        self._tell_repeats(source.rules)
        inner = None if schema is None else schema.at((0,))
        items = [self._rule(each, inner, sight, self._places.at(each.mark)) for each in source.rules]
        empty = all(item.missing for item in items) and (rule.required or rule.default is not MISSING)
        return Kind(frozenset({"list"}), missing=empty, null=False)

    def _each(self, source: Each, schema: Schema | None, sight: Sight, rule: Rule, key: Span) -> Kind:
        over = self._examiner.value(source.over, sight)
        if over.words and "list" not in over.words:
            words = f"each: goes through a list, and this is {over.called()}"
            self._notebook.add("type-mismatch", self._places.value(source.over.mark, source.over.text), words)
        name = self._places.at(rule.marks.get("as", rule.mark))
        self._hides(source.name, name, sight)
        items = {source.name: over.items(), source.index: Kind(frozenset({"integer"}), missing=False, null=False)}
        path = self._examiner.path(source.over, sight)
        within = self._scopes.each(sight, items, {source.name: (*path, 0)} if path else {})
        if rule.when is not None:
            within = self._scopes.where(within, self._examiner.condition(rule.when, within))
        before = len(self._examiner.names)
        inner = None if schema is None else schema.at((0,))
        self.fields(source.fields, inner, within, f"{rule.target}[]", key)
        if not {source.name, source.index} & set(self._examiner.names[before:]):
            words = f"no rule below reads '{source.name}', so all items give the same object"
            self._notebook.add("unused-item", name, words)
        return Kind(frozenset({"list"}), missing=over.missing or rule.required, null=over.null)

    def _first(self, source: First, schema: Schema | None, sight: Sight) -> Kind:
        self._tell_repeats(source.rules)
        alternatives = Alternatives(sight, self._examiner, self._notebook)
        kinds: list[Kind] = []
        for rule in source.rules:
            span = self._places.at(rule.mark)
            alternatives.begin(rule, span)
            kinds.append(self._made(rule, schema, self._where(rule, sight), span))
            alternatives.end(rule, kinds[-1])
        maybe = all(kind.maybe or _conditional(rule) for kind, rule in zip(kinds, source.rules, strict=True))
        return replace(union(kinds), missing=maybe, null=False)

    def _where(self, rule: Rule, sight: Sight) -> Sight:
        """Return what is seen where a rule's `when` is true."""
        if rule.when is None or not _conditional(rule):
            return sight
        return self._scopes.where(sight, self._examiner.condition(rule.when, sight))

    def _looked_up(self, lookup: Written, kind: Kind) -> Kind:
        if kind.words and not kind.words & _SINGLE:
            words = f"lookup: takes a single value, and this is {kind.called()}"
            self._notebook.add("type-mismatch", self._places.value(lookup.mark, lookup.text), words)
        return self._lookups.entry(lookup.text, kind)

    def _with_default(self, rule: Rule, kind: Kind, schema: Schema | None) -> Kind:
        span = self._places.scalar(rule.marks["default"], rule.default)
        default = of_fixed([Fixed(rule.default, span, "the default")])
        self._fit(default, schema, rule.target, span)
        return union([replace(kind, missing=False, null=False), default])

    def _fit(self, kind: Kind, schema: Schema | None, target: str, span: Span) -> None:
        for misfit in Fit(schema, f"'{target}'").misfits(kind) if schema is not None else ():
            self._notebook.add(misfit.code, misfit.span or span, misfit.message)

    def _hides(self, name: str, span: Span, sight: Sight) -> None:
        if name in sight.document.names():
            words = f"'{name}' is a field of {sight.endpoint}, which cannot be read here; give the item another name"
            self._notebook.add("hidden-name", span, words)

    def _tell_repeats(self, rules: Sequence[Rule]) -> None:
        for again, first in repeats(rules):
            words = f"this is the same rule as on line {first.mark.line}; take one of them out"
            self._notebook.add("overlapping-rule", self._places.at(again.mark), words)

    def _value_span(self, rule: Rule, key: Span) -> Span:
        match rule.source:
            case From(written) | Template(written):
                return self._places.value(written.mark, written.text)
            case Value():
                return self._places.at(rule.marks["value"])
        return key


def _conditional(rule: Rule) -> bool:
    """Say whether a rule as a whole depends on its `when`; inside `each` that chooses the items."""
    return rule.when is not None and not isinstance(rule.source, Each)
