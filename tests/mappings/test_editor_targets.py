"""Targets in the schema for editors: which are known, which may be there all the same, and how odd names are kept."""

from decimal import Decimal

import pytest

from mappings.language.schema import Schema
from mappings.workbench.editor.pieces import offers
from tests.mappings.test_editor_schema import CLOSED, checker, marked

HEAD = "source: hypatos.documents\ndestination: zefort.contracts\nfields:\n  "
ODD = ["Cost / centre #1", "a~b", "50 %", "größe", "a:b", "a_b", "a/b"]
VALIDATOR = checker(Schema(CLOSED))

ACCEPTED = {
    "a field": "status: x",
    "a field with a value that is not among the known ones": "status: {value: gone}",
    "a field behind a dot": "attributes.title: x",
    "a field of an open object that is not listed": "attributes.colour: x",
    "an object with such fields": "attributes: {fields: {title: x, colour.shade: y}}",
    "a list of objects": "parties: {list: [{name: x, role: y}, {when: x, fields: {name: z}}, x, {value: 5}]}",
    "an object per item": "parties: {each: x, as: i, fields: {name: i.name}}",
    "alternatives": "attributes.title: {first: [x, {value: none}, {from: y, when: z}], required: true}",
    "an object where the schema has text": "status: {fields: {anything: x}}",
}
MARKED = {
    "an unknown field": "stauts: x",
    "an unknown field of a closed object": "parties: {each: x, as: i, fields: {nam: i.name}}",
    "an unknown field in a list": "parties: {list: [{name: x, rol: y}]}",
    "an unknown field below fields in a list": "parties: {list: [{when: x, fields: {nam: y}}]}",
    "a field inside of a list by a dot": "parties.name: x",
    "a field that nobody may write": "attributes.count: x",
    "a field that nobody may write, further inside": "attributes: {fields: {count: x}}",
    "a misspelt key further inside": "attributes: {fields: {title: {form: x}}}",
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_it_is_not_marked(case):
    assert marked(HEAD + ACCEPTED[case], VALIDATOR) == []


@pytest.mark.parametrize("case", MARKED)
def test_it_is_marked(case):
    assert marked(HEAD + MARKED[case], VALIDATOR) != []


def test_a_route_that_goes_elsewhere_is_not_judged_by_the_fields_of_this_destination():
    assert marked(HEAD.replace("zefort", "zefort_eu") + "stauts: x", VALIDATOR) == []


def test_fields_of_odd_names_are_told_apart():
    properties = {name: {"enum": [name], "description": f"This is {name}"} for name in ODD}
    schema = checker(Schema({"type": "object", "additionalProperties": False, "properties": properties})).schema
    known = schema["definitions"]["fields:"]["properties"]
    assert known.keys() == set(ODD)
    for name in ODD:
        keys = schema["definitions"][known[name]["$ref"].removeprefix("#/definitions/")]["anyOf"][0]["allOf"][0]
        rule = schema["definitions"][keys["$ref"].removeprefix("#/definitions/")]
        assert [one.get("label", one["bodyText"]) for one in rule["properties"]["value"]["defaultSnippets"]] == [name]


@pytest.mark.parametrize(
    ("value", "body"),
    [
        ("EUR", "EUR"),
        ("in review", "in review"),
        ("true", '"true"'),
        ("007", '"007"'),
        ("a: b", '"a: b"'),
        ("# x", '"# x"'),
        ("5 $", '"5 \\$"'),
        ("", '""'),
        (12, "12"),
        (Decimal("0.10"), "0.10"),
        (True, "true"),
    ],
)
def test_a_value_is_put_in_as_a_route_file_reads_it(value, body):
    (snippet,) = offers([(value, "")])["defaultSnippets"]
    assert snippet["bodyText"] == body
