"""What a declared API takes: anything but the key's place, or what its payload is declared to be."""

from decimal import Decimal

import pytest

from connectors.declarations import read_streams
from connectors.errors import RejectedError
from connectors.rest.declared import ApiStream
from connectors.schemas import destination_schema
from connectors.urls import SettingsError
from tests.connectors.rest.conftest import ALL, CREATE

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
    ("payload", "words"),
    [
        ({}, "`number` is missing"),
        ({"number": "x" * 11}, "`number` must be of maxLength 10"),
        ({"number": "1", "amount": Decimal(-1)}, "`amount` must be of minimum 0"),
        ({"number": "1", "colour": "red"}, "there is no `colour`"),
        ({"number": "1", "externalKey": "x"}, "`externalKey` cannot be written"),
    ],
)
async def test_a_declared_payload_is_checked_before_anything_is_sent(erp, delivery, journal, payload, words):
    one = await erp(*ALL, PAYLOAD)
    with pytest.raises(RejectedError, match=words):
        one.objects.check(payload)
    one.objects.check({"number": "1", "amount": Decimal("0.5")})
    assert one.held == {}


async def test_a_form_takes_no_lists_and_objects(erp):
    one = await erp(*ALL, "body: form", body="form")
    assert one.objects.schema["additionalProperties"]["type"] == ["string", "number", "boolean", "null"]


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ("payload: {type: objekt}", r"invoices\.payload: type is no JSON Schema of draft 7"),
        ("payload: {properties: {a: {oneOf: []}}}", r"oneOf is (no|a word of) JSON Schema"),
        ("payload: {properties: {a: {$ref: x}}}", r"\$ref is a word of JSON Schema that is not understood here"),
        ("payload: [a]", r"invoices\.payload: input should be a valid dictionary"),
    ],
)
def test_a_payload_that_is_no_schema_is_refused(declare, payload, words):
    with pytest.raises(SettingsError, match=words):
        read_streams("erp", declare(*ALL, payload), ApiStream)


def test_the_declaration_is_all_that_the_schema_needs(declare, monkeypatch):
    monkeypatch.setenv("ERP_PROVIDER", "rest")
    monkeypatch.setenv("ERP_STREAMS", declare(CREATE, "unsettled: hold", PAYLOAD, "key: {field: head.key}"))
    schema = destination_schema("erp.invoices", None, None)
    assert schema["required"] == ["number"]
    assert schema["properties"]["head"]["properties"]["key"]["readOnly"]
    with pytest.raises(SettingsError, match="'erp' has no destination stream 'invoice'; did you mean 'invoices'"):
        destination_schema("erp.invoice", None, None)
