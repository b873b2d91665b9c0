"""Whether what a route writes fits the schema of its destination: its targets when it is opened, each payload before it is sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mappings.language import FieldProblem, MappingError, Problem, suggestion

if TYPE_CHECKING:
    from mappings.language import Mapped, Origin, Route
    from mappings.language.schema import Key, Schema

_STEP = re.compile(r"\[\]|[^.\[\]]+")


def keys_of(target: str) -> tuple[Key, ...]:
    """Return the steps of a rule's target, such as parties[].name; every [] is the first position."""
    return tuple(0 if step == "[]" else step for step in _STEP.findall(target))


def unknown_targets(route: Route, schema: Schema) -> list[Problem]:
    """Return a problem for every target that the destination does not have or that is not a route's to write."""
    problems: list[Problem] = []
    told: set[tuple[Key, ...]] = set()
    for rule in route.rules:
        keys = keys_of(rule.target)
        wrong = _wrong(keys, schema)
        if wrong is not None and wrong[0] not in told:
            told.add(wrong[0])
            message = f"fields: '{rule.target}' cannot be written, {route.destination} {wrong[1]}"
            problems.append(Problem(route.path, rule.line, rule.column, message))
    return problems


def check_payload(route: Route, schema: Schema, fields: dict[str, object], mapped: Mapped) -> None:
    """Raise MappingError with everything in a payload that does not fit, each with the line of the rule that wrote it."""
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
    keys = keys_of(re.sub(r"\[\d+\]", "[]", target))
    rules = [rule for rule in route.rules if keys_of(rule.target) == keys]
    if origin is not None and (origin.target == target or not rules):
        return origin.line, tuple(path for path, _ in origin.sources)
    return (rules[0].line, rules[0].sources) if rules else (route.position("fields")[0], ())


def _wrong(keys: tuple[Key, ...], schema: Schema) -> tuple[tuple[Key, ...], str] | None:
    """Return the first step that leads to nothing, with the reason; None if there is none."""
    place = schema
    for depth, key in enumerate(keys):
        below = place.at((key,))
        if below is None:
            if isinstance(key, int):
                return keys[: depth + 1], "has no list there"
            return keys[: depth + 1], f"has no '{_path(keys[: depth + 1])}'{suggestion(key, place.names())}"
        if not below.writable:
            return keys[: depth + 1], f"does not let it be written: {below.description}"
        place = below
    return None


def _path(keys: tuple[Key, ...]) -> str:
    return "".join("[]" if isinstance(key, int) else f".{key}" for key in keys).removeprefix(".")
