"""What tables take: any columns until the database was asked, then those that there are, with their kinds and lengths."""

from __future__ import annotations

import pytest

from connectors.errors import RejectedError
from connectors.fitting import fit
from connectors.schemas import destination_schema
from tests.connectors.sql.conftest import PAYLOAD


async def test_the_columns_say_what_a_row_needs_and_what_each_takes(invoices):
    schema = invoices.schema
    fields = schema["properties"]
    assert "number" in schema["required"]
    assert fields["number"] == {
        "type": ["string", "number"],
        "description": "The column invoices.number.",
        "maxLength": 10,
    }
    assert fields["due"]["format"] == "date"
    assert (fields["paid"]["type"], fields["pieces"]["type"]) == (["boolean", "null"], ["integer", "null"])
    assert fields["docferry_key"]["readOnly"]
    lines = fields["lines"]["items"]["properties"]
    assert lines["position"]["readOnly"]
    assert lines["invoice_id"]["readOnly"]
    fit(schema, PAYLOAD)


@pytest.mark.parametrize(
    "change",
    [
        {"nmber": "1"},
        {"docferry_key": "x"},
        {"number": None},
        {"number": "x" * 11},
        {"amount": "12"},
        {"due": "31.12.2026"},
        {"seen_at": "2026-11-25T12:00:00"},
        {"paid": "yes"},
        {"supplier": {"name": "x"}},
        {"lines": [{"txt": "x"}]},
    ],
)
async def test_what_the_schema_refuses_is_refused_by_the_tables_too(invoices, change):
    with pytest.raises(RejectedError):
        fit(invoices.schema, {**PAYLOAD, **change})
    with pytest.raises(RejectedError):
        invoices.check({**PAYLOAD, **change})


async def test_while_the_tables_cannot_be_read_only_the_key_is_known(store):
    wrong = await store.open(streams=None)
    schema = wrong.destinations["no_such_table"].schema
    assert list(schema["properties"]) == ["docferry_key"]
    assert "additionalProperties" not in schema
    await wrong.close()


def test_without_the_database_the_declaration_tells_of_child_tables(store, monkeypatch):
    monkeypatch.setenv("DWH_PROVIDER", "sql")
    assert list(destination_schema("dwh.whatever", None, None)["properties"]) == ["docferry_key"]
    monkeypatch.setenv("DWH_STREAMS", store.streams)
    assert "lines" in destination_schema("dwh.invoices", None, None)["properties"]
