"""Whether what a route writes fits the schema of its destination: what is fixed when it is opened, each payload before it goes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.fitting import fits
from mappings.language import FieldProblem, MappingError, Problem
from mappings.workbench.lint import Known, lint

if TYPE_CHECKING:
    from mappings.language import Mapped, Origin, Route, Schema

_WRONG_FOR_ALL = frozenset(
    {
        *("unknown-target", "read-only-target", "unmapped-required", "type-mismatch"),
        *("value-not-allowed", "value-length", "value-range", "value-form"),
    }
)
"""What the lint calls faults that no document can make up for: run all the same, they would reject one after the other."""


def faults(route: Route, schema: Schema) -> list[Problem]:
    """Return what is wrong with a route whatever its documents are: targets, and fixed values, defaults, entries of tables."""
    draft = replace(route.draft, tests=())  # a test that is wrong keeps nobody from carrying documents
    found = lint(draft, Known(destination=schema.data), unmapped=False)
    return [Problem(one.path, one.line, one.column, one.message) for one in found if one.code in _WRONG_FOR_ALL]


def check_payload(route: Route, schema: Schema, fields: dict[str, object], mapped: Mapped) -> None:
    """Raise MappingError with everything in a payload that does not fit, each with the line of the rule that wrote it."""
    if fits(schema.data, mapped.payload):
        return
    misfits = schema.check(mapped.payload)
    if not misfits:
        return
    origins = {origin.target: origin for origin in route.origins(fields, mapped)}
    problems = []
    for target, sentence in misfits:
        # Where a rule has written a whole object, what is wrong may be inside it.
        around = max(
            (path for path in origins if (target + ".").startswith((path + ".", path + "["))), key=len, default=""
        )
        line, sources = _written(route, target, origins.get(around))
        problems.append(FieldProblem(line, target, sources, f"{sentence} (line {line} of the route)"))
    raise MappingError(problems)


def _written(route: Route, target: str, origin: Origin | None) -> tuple[int, tuple[str, ...]]:
    """Return line and sources of the rule that wrote a target, or else of the one that could have, or of all fields."""
    pattern = re.sub(r"\[\d+\]", "[]", target)
    rules = [rule for rule in route.rules if rule.target == pattern]
    if origin is not None and (origin.target == target or not rules):
        return origin.line, tuple(path for path, _ in origin.sources)
    return (rules[0].line, rules[0].sources) if rules else (route.position("fields")[0], ())
