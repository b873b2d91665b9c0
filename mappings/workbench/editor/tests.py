"""The schema of a route's tests."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from mappings.language.model import TEST_KEYS
from mappings.language.reading_tests import OUTCOMES
from mappings.workbench.editor.paths import places
from mappings.workbench.editor.pieces import SCALAR, YES_OR_NO, explained, names, offers, reference

if TYPE_CHECKING:
    from mappings.language.schema import Schema
    from mappings.workbench.editor.pieces import JsonSchema

_SENTENCE: JsonSchema = {"type": [*SCALAR["type"], "null"]}


def tests() -> JsonSchema:
    """Return the schema of the list of tests. It refers to what `paths_in_tests` defines."""
    read, made = _by("read"), _by("made")
    shapes = {
        "name": {**SCALAR, "minLength": 1},
        "input": {"type": ["string", "object"]},
        "patch": {"type": "object", **read},
        "remove": {"type": "array", "items": reference("read_path")},
        "expect": {"type": "object", **made},
        "expect_missing": {"type": "array", "items": reference("made_path")},
        "expect_error": {
            "anyOf": [reference("made_path"), {"type": "object", "additionalProperties": _SENTENCE, **made}]
        },
        "expect_skipped": YES_OR_NO,
    }
    shapes["expect_review"] = shapes["expect_error"]
    test = explained(TEST_KEYS, shapes) | {"dependencies": _one_outcome(), "allOf": [{"required": ["name"]}]}
    return {"type": "array", "items": test}


def paths_in_tests(source: Schema, destination: Schema) -> dict[str, JsonSchema]:
    """Return definitions of the paths that are offered in tests, as names and as values; others may stand there."""
    sides = {"read": places(source), "made": places(destination)}
    single = {f"{side}_path": {**SCALAR, "minLength": 1, **offers(known)} for side, known in sides.items()}
    return single | {f"{side}_names": names(str(path) for path, _ in known) for side, known in sides.items()}


def _one_outcome() -> dict[str, JsonSchema]:
    """Return what no test can expect beside a key: another outcome. Of two, the second is marked."""
    dependencies: dict[str, JsonSchema] = {}
    for first, second in combinations(OUTCOMES, 2):
        if OUTCOMES[first] != OUTCOMES[second]:
            message = "of one document only one outcome can come; make two tests"
            others = dependencies.setdefault(first, {"properties": {}, "errorMessage": message})
            others["properties"][second] = False
    return dependencies


def _by(side: str) -> JsonSchema:
    return {"propertyNames": reference(f"{side}_names")}
