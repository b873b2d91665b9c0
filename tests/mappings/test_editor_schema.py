"""The schema for editors marks what the loader refuses, as far as a schema can, and nothing that it accepts."""

from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from mappings.language import RouteError
from mappings.language.schema import Schema
from mappings.language.yaml_nodes import plain_data, read_yaml
from mappings.workbench.editor import End, route_schema
from tests.mappings.test_mistakes import MISTAKES
from tests.mappings.test_route_file_docs import EXAMPLES, HEAD, blocks

ANYTHING = Schema({})
PARTY = {"type": "object", "additionalProperties": False, "required": ["name"]}
PARTY["properties"] = {"name": {"type": "string"}, "role": {"type": "string", "x-extensible-enum": ["buyer"]}}
CLOSED = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "attributes": {
            "type": "object",
            "properties": {
                "title": {"type": "string", "description": "What it is called."},
                "count": {"type": "integer", "readOnly": True},
            },
        },
        "parties": {"type": "array", "items": PARTY},
        "status": {"enum": ["open", "done", None]},
    },
}
BEYOND = {
    "what an expression, a template or a path means": {
        "cases: a patch whose path is none",
        "cases: an expectation whose path is none",
        "cases: a path to remove that is none",
        "feedback: a broken template in feedback",
        "feedback: an unknown name in feedback",
        "feedback: an unknown path in feedback",
        "pairs: a time that is no expression",
        "rules: a broken expression",
        "rules: a broken template",
        "rules: a call",
        "rules: a single equals sign",
        "rules: a statement in a template",
        "rules: a template whose braces are not closed",
        "rules: a template without braces",
        "rules: an expression in braces",
        "rules: an unknown filter",
        "top: a broken when",
        "vars: a broken var that is used twice",
        "vars: a var that is a template",
        "vars: vars with their family name",
    },
    "what stands elsewhere in the file, or in another": {
        "cases: two tests of one name",
        "lists: an item and its number of one name",
        "lists: an item inside another of the same name",
        "rules: a target below another",
        "rules: a target inside another",
        "tables: a missing table file",
        "tables: an unknown table",
        "tables: an unknown table in an expression",
        "tables: no tables at all",
        "vars: a var that uses itself",
        "vars: an item with the name of a var",
        "vars: an item's number with the name of a var",
        "vars: an unknown table in a var",
        "vars: vars in a circle",
    },
    "how values are read": {"tables: a value that is not of the table's type"},
    "a guess that a name is misspelt where any name may be": {
        "lists: a misspelt alternative",
        "lists: a misspelt rule in a list",
        "tables: a misspelt file of a table",
    },
}
"""Mistakes that no schema can find, by the reason. Those of conversions.txt are about values, but for keys beside the wrong type."""


def checker(destination=ANYTHING, source=ANYTHING, feedback=ANYTHING):
    schema = route_schema(
        End("hypatos.documents", source, ("hypatos.documents",)), End("zefort.contracts", destination), feedback
    )
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


OPEN = checker()


def marked(text, validator=OPEN):
    """Return what the schema marks in a route file, as the messages of its validator."""
    root = read_yaml(Path("route.yaml"), text)
    return [error.message for error in validator.iter_errors(root and plain_data(root))]


def references(schema):
    for key, inner in schema.items() if isinstance(schema, dict) else enumerate(schema):
        if key == "$ref":
            yield inner.removeprefix("#/definitions/")
        elif isinstance(inner, dict | list):
            yield from references(inner)


@pytest.mark.parametrize("destination", [ANYTHING, Schema(CLOSED)], ids=["open", "closed"])
def test_every_reference_leads_somewhere_and_every_definition_is_used(destination):
    schema = checker(destination).schema
    assert set(references(schema)) == set(schema["definitions"])


@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_is_marked_in_an_example_of_the_pages(name):
    (_, text), *rest = blocks(EXAMPLES[name])
    refused = [kind for kind, _ in rest if kind != "csv"] == ["text"]
    assert bool(marked(text if "source:" in text else HEAD + text)) == refused


def test_what_is_beyond_a_schema_is_among_the_mistakes():
    assert set().union(*BEYOND.values()) <= MISTAKES.keys()


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_marked_unless_it_is_beyond_a_schema(name):
    text, sentence = MISTAKES[name]
    try:
        found = marked(text.replace("»", "", 1))
    except RouteError:
        return  # it cannot be read as YAML, which an editor tells by itself
    if name.startswith("conversions: "):
        assert found or "goes with type: " not in sentence or "that goes with" in sentence
    else:
        assert bool(found) != any(name in names for names in BEYOND.values()), sentence
