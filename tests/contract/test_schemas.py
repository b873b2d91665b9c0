"""What every stream publishes about its fields: a whole schema, in words that are understood, which documents and payloads fit."""

import importlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import RejectedError
from connectors.fitting import check_schema, fit
from connectors.registry import providers
from connectors.schemas import destination_schema, source_schema
from mappings.language import Schema

DECLARED = {"rest", "sql"}
"""Providers whose streams are declared by the operator."""


def places(schema, path=""):
    """Yield every place of a schema, with its path."""
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from places(inner, f"{path}.{name}")
    for word in ("items", "additionalProperties"):
        if isinstance(schema.get(word), dict):
            yield from places(schema[word], f"{path}.{word}")


def assert_whole(schema):
    """Check that a schema is one, tells what everything is, and requires nothing that it does not list."""
    check_schema({word: value for word, value in schema.items() if word != "anyOf"})
    for path, place in places(schema):
        description = place.get("description", "")
        assert description.endswith("."), f"{path} has no sentence: {description!r}"
        assert set(place.get("required", ())) <= set(place.get("properties", ())), path
    assert schema["type"] == "object"


async def test_a_source_publishes_a_schema_that_excludes_nothing(source):
    async with source() as it:
        assert_whole(it.source.schema)
        for path, place in places(it.source.schema):
            assert "enum" not in place, path
            assert place.get("additionalProperties") is not False, path


async def test_documents_fit_the_schema_that_their_source_publishes(source):
    async with source(novelties=True) as it:
        for document_id in it.add(3):
            assert Schema(it.source.schema).check((await it.source.fetch(document_id)).fields) == []


async def test_a_destination_publishes_a_schema_that_payloads_fit(destination):
    async with destination() as it:
        assert_whole(it.destination.schema)
        assert Schema(it.destination.schema).check(it.subject.payload("A", Decimal(1))) == []


async def test_what_the_schema_refuses_is_refused_by_check_too(destination):
    async with destination() as it:
        payload = it.subject.payload("A", Decimal(1))
        schema = Schema(it.destination.schema)
        wrong = [{**payload, name: [[]]} for name in schema.names()]
        wrong += [{key: value for key, value in payload.items() if key != name} for name in schema.required]
        for one in wrong:
            if schema.check(one):
                with pytest.raises(RejectedError):
                    it.destination.check(one)


async def test_a_source_says_the_same_without_an_account(source_subject, source):
    async with source() as it:
        assert source_schema(endpoint_of(source_subject), None, None) == it.source.schema


async def test_a_destination_says_the_same_without_an_account(destination_subject, destination):
    if destination_subject.provider in DECLARED:
        pytest.skip("its streams are the operator's, so they are known from settings")
    async with destination() as it:
        assert destination_schema(endpoint_of(destination_subject), None, None) == it.destination.schema


def endpoint_of(subject):
    return f"{subject.provider}.{subject.stream}"


@pytest.mark.parametrize("provider", sorted(set(providers()) - DECLARED))
def test_every_stream_of_a_provider_is_published_whole(provider):
    module = importlib.import_module(f"connectors.{provider}.schemas")
    streams = {**getattr(module, "SOURCES", {}), **getattr(module, "DESTINATIONS", {})}
    assert streams or provider == "folder"
    for schema in streams.values():
        assert_whole(schema)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals()
    | st.sampled_from(["", " ", "DE", "2026-12-31", "x" * 2000]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "id", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(st.sampled_from(["zefort.contracts", "hypatos.suppliers", "hypatos.documents", "example.documents"]), st.data())
def test_connectors_and_mappings_agree_about_what_fits(endpoint, data):
    schema = destination_schema(endpoint, None, None)
    payload = data.draw(st.dictionaries(st.sampled_from([*schema["properties"], "x"]), JSON, max_size=4))
    misfits = Schema(schema).check(payload)
    try:
        fit(schema, payload)
    except RejectedError:
        assert misfits
    else:
        assert not misfits
