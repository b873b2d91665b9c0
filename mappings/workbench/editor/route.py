"""The JSON Schema of one route file: the language's own keys, and what its source and its destination have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mappings.language.alarms import DURATION, PERCENTAGE
from mappings.language.draft import ENDPOINT, NEEDED
from mappings.language.model import (
    ALARM_KEYS,
    CONFLICT_WORDS,
    FEEDBACK_NAMES,
    FEEDBACK_WORDS,
    FILES_WORDS,
    RESEND_WORDS,
    ROUTE_KEYS,
    RUNS_WORDS,
    TWO_WAY_KEYS,
)
from mappings.workbench.editor import pieces
from mappings.workbench.editor.paths import lists, paths
from mappings.workbench.editor.pieces import offers, reference, whole, word
from mappings.workbench.editor.rules import ANYTHING, Rules, keys
from mappings.workbench.editor.tables import table
from mappings.workbench.editor.tests import paths_in_tests, tests
from mappings.workbench.editor.together import sourced, sourced_item, together

if TYPE_CHECKING:
    from mappings.language.schema import Schema
    from mappings.workbench.editor.pieces import JsonSchema, Offer


@dataclass(frozen=True, slots=True)
class End:
    """Where a route begins or ends: connection.stream, what its documents look like, and which streams its connection has."""

    endpoint: str
    schema: Schema
    streams: tuple[str, ...] = ()


def route_schema(source: End, destination: End, feedback: Schema) -> JsonSchema:
    """Return the schema. `feedback` is what the source can be told, as an object of its actions.

    Where a file names another source or destination than these, nothing is marked that only these have not.
    """
    rules = Rules()
    fields, any_fields = rules.fields(destination.schema), rules.fields(ANYTHING)
    shapes = {
        "description": pieces.TEXT,
        "source": _endpoint(source),
        "destination": _endpoint(destination),
        "when": pieces.EXPRESSION,
        "files": word(FILES_WORDS),
        "tables": {"type": "object", "additionalProperties": reference("table")},
        "vars": _vars(),
        "fields": {"type": "object"},
        "feedback": {"type": "object"},
        "resend": word(RESEND_WORDS),
        "two_way": _two_way(),
        "runs": word(RUNS_WORDS),
        "alarms": _alarms(),
        "tests": tests(),
    }
    ends = [
        _where("source", source, {"feedback": _feedback(feedback)}, {"feedback": _feedback(ANYTHING)}),
        _where("destination", destination, {"fields": fields}, {"fields": any_fields}),
    ]
    definitions = {
        **keys(),
        "path": _expression(paths(source.schema)),
        "each": _expression(lists(source.schema)),
        "table": table(),
        "action": _action(),
        "together": together(),
        "sourced": sourced(),
        "sourced_item": sourced_item(),
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": "Made by: docferry map schema",
        **pieces.explained(ROUTE_KEYS, shapes),
        "allOf": [{"required": list(NEEDED)}, *ends],
        "definitions": rules.definitions | definitions | paths_in_tests(source.schema, destination.schema),
    }


def _where(key: str, end: End, then: JsonSchema, otherwise: JsonSchema) -> JsonSchema:
    """Return what holds for the top of a file that names this end, and for one that names another."""
    return {
        "if": {"properties": {key: {"const": end.endpoint}}},
        "then": {"properties": then},
        "else": {"properties": otherwise},
    }


def _endpoint(end: End) -> JsonSchema:
    message = f"write connection.stream, such as {end.endpoint}"
    known = offers((name, "") for name in end.streams)
    return {"type": "string", "pattern": whole(ENDPOINT.pattern), "errorMessage": message, **known}


def _expression(known: list[Offer]) -> JsonSchema:
    return {**pieces.EXPRESSION, **offers(known)}


def _vars() -> JsonSchema:
    name = whole(f"(?!(index|vars)$){pieces.NAME}")
    return {"type": "object", "patternProperties": {name: reference("path")}, "additionalProperties": False}


def _two_way() -> JsonSchema:
    shapes = {"with": pieces.TEXT, "conflict": word(CONFLICT_WORDS), "changed_at": reference("path")}
    newest = {"properties": {"conflict": {"const": "newest wins"}}, "required": ["conflict"]}
    return {
        **pieces.explained(TWO_WAY_KEYS, shapes),
        "required": ["with", "conflict"],
        "if": newest,
        "then": {"required": ["changed_at"]},
        "else": {"properties": {"changed_at": False}},
    }


def _alarms() -> JsonSchema:
    time = {"type": "string", "pattern": whole(DURATION), "errorMessage": "write it like 30m, 2h, 7d or never"}
    rate = {"type": "string", "pattern": whole(PERCENTAGE), "errorMessage": "write it like 20%"}
    return pieces.explained(
        ALARM_KEYS, {"fresh_within": time, "reject_rate": rate, "quota_held": rate, "owed_for": time}
    )


def _feedback(actions: Schema) -> JsonSchema:
    known = {name: actions.at((name,)) for name in actions.names()}
    entry = {
        "type": "object",
        "properties": {
            name: {"description": pieces.told(one.description), **reference("action")}
            for name, one in known.items()
            if one
        },
        "additionalProperties": reference("action") if actions.open else False,
    }
    return pieces.explained(FEEDBACK_WORDS, dict.fromkeys(FEEDBACK_WORDS, entry))


def _action() -> JsonSchema:
    """Return the schema of what an action is given: text with templates in it, true or false, or a mapping of these."""
    templates = offers((f"{{{{ {name} }}}}", words) for name, words in FEEDBACK_NAMES.items())
    return {"type": [*pieces.SCALAR["type"], "object"], "additionalProperties": reference("action"), **templates}
