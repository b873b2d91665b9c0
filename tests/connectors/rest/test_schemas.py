"""What a declared API takes: anything but the key's place, or what its payload is declared to be."""

from decimal import Decimal

import pytest

from connectors import fitting
from connectors.declarations import read_streams
from connectors.errors import RejectedError
from connectors.rest.declared import ApiStream
from connectors.rest.schemas import payload
from connectors.schemas import destination_schema
from connectors.urls import SettingsError
from mappings.language import Schema
from tests.connectors.rest.conftest import ALL, CREATE

HOLD = "unsettled: hold"
PAYLOAD = """payload:
    type: object
    required: [number]
    additionalProperties: false
    properties:
      number: {type: string, maxLength: 10, description: The number of the invoice.}
      amount: {type: number, minimum: 0}"""


async def test_without_a_declaration_anything_fits_but_the_place_of_the_key(erp):
    one = await erp(*ALL)
    one.objects.check({"anything": [{"at": "all"}]})
    with pytest.raises(RejectedError, match="`externalKey` cannot be written"):
        one.objects.check({"externalKey": "x"})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "`number` is missing"),
        ({"number": "x" * 11}, "`number` must be of maxLength 10"),
        ({"number": "1", "amount": Decimal(-1)}, "`amount` must be of minimum 0"),
        ({"number": "1", "colour": "red"}, "there is no `colour`"),
        ({"number": "1", "externalKey": "x"}, "`externalKey` cannot be written"),
    ],
)
async def test_a_declared_payload_is_checked_before_anything_is_sent(erp, delivery, journal, fields, words):
    one = await erp(*ALL, PAYLOAD)
    with pytest.raises(RejectedError, match=words):
        one.objects.check(fields)
    one.objects.check({"number": "1", "amount": Decimal("0.5")})
    assert one.held == {}


async def test_a_form_takes_no_lists_and_objects(erp):
    one = await erp(*ALL, "body: form", body="form")
    assert one.objects.schema["additionalProperties"]["type"] == ["string", "number", "boolean", "null"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("payload: {type: objekt}", r"invoices\.payload: type is no JSON Schema of draft 7"),
        ("payload: {properties: {a: {oneOf: []}}}", r"oneOf is (no|a word of) JSON Schema"),
        ("payload: {properties: {a: {$ref: x}}}", r"\$ref is a word of JSON Schema that is not understood here"),
        ("payload: [a]", r"invoices\.payload: input should be a valid dictionary"),
        ("payload: {properties: {a: {propertyNames: {$ref: x}}}}", r"\$ref is a word of JSON Schema that is not"),
        (
            "payload: {properties: {a: {items: [{type: string}]}}}",
            r"properties\.a\.items is a list, which is not under",
        ),
        ("payload: {properties: {a: false}}", r"properties\.a is false, which is not understood there"),
        (
            "payload: {items: {$schema: x}}",
            r"\$schema is a word of JSON Schema that is not understood here; use \$comm",
        ),
        ("payload: {properties: {a: {pattern: 'a{99999999999}'}}}", "repeats something more often than can be counted"),
    ],
)
def test_a_payload_that_is_no_schema_is_refused(declare, line, words):
    with pytest.raises(SettingsError, match=words):
        read_streams("erp", declare(*ALL, line), ApiStream)


@pytest.mark.parametrize(
    ("field", "fit", "unfit"),
    [
        ("{minimum: 0.1}", "0.1", "0.0999999999999999999"),
        ("{maximum: 0.7}", "0.70", "0.7000000000000000001"),
        ("{enum: [0.1, 1.5e-7]}", "0.00000015", "0.2"),
        ("{const: 0.3}", "0.30", "0.3000000000000000001"),
    ],
)
def test_fractions_that_are_declared_are_the_decimals_that_stand_there(declare, field, fit, unfit):
    schema = payload(
        read_streams("erp", declare(CREATE, HOLD, f"payload: {{properties: {{a: {field}}}}}"), ApiStream)["invoices"]
    )
    fitting.fit(schema, {"a": Decimal(fit)})
    assert Schema(schema).check({"a": Decimal(fit)}) == []
    with pytest.raises(RejectedError, match="`a` must be"):
        fitting.fit(schema, {"a": Decimal(unfit)})


def test_words_that_are_declared_are_those_that_stand_there(declare):
    lines = "payload: {properties: {no: {enum: [NO, 2026-01-01]}, 1: {type: string}}, required: [no, '1']}"
    schema = payload(read_streams("erp", declare(CREATE, HOLD, lines), ApiStream)["invoices"])
    fitting.fit(schema, {"no": "NO", "1": "2026-01-01"})
    with pytest.raises(RejectedError, match=r"`no` must be of enum .*; `1` must be of type string"):
        fitting.fit(schema, {"no": False, "1": 1})


def test_the_key_finds_its_place_where_anything_may_be(declare):
    lines = (CREATE, HOLD, "payload: {properties: {head: true}}", "key: {field: head.key}")
    schema = payload(read_streams("erp", declare(*lines), ApiStream)["invoices"])
    with pytest.raises(RejectedError, match=r"`head\.key` cannot be written"):
        fitting.fit(schema, {"head": {"key": "x"}})


def test_the_declaration_is_all_that_the_schema_needs(declare, monkeypatch):
    monkeypatch.setenv("ERP_PROVIDER", "rest")
    monkeypatch.setenv("ERP_STREAMS", declare(CREATE, "unsettled: hold", PAYLOAD, "key: {field: head.key}"))
    schema = destination_schema("erp.invoices", None, None)
    assert schema["required"] == ["number"]
    assert schema["properties"]["head"]["properties"]["key"]["readOnly"]
    with pytest.raises(SettingsError, match="'erp' has no destination stream 'invoice'; did you mean 'invoices'"):
        destination_schema("erp.invoice", None, None)
