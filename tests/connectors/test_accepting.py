"""What is accepted without a walk through jsonschema does fit; what is usual is accepted so."""

from contextlib import nullcontext
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors import fitting
from connectors.errors import RejectedError
from connectors.hypatos import resources
from mappings.language import Schema

NAMES = st.sampled_from(["a", "b", "c"])
TEXTS = st.sampled_from(
    ["", "x", "yes", "12", "2026-02-28", "2026-02-30", "2026-02-28T10:00:00Z", "2026-02-28T10:00:00"]
)
NUMBERS = st.integers(-3, 5) | st.sampled_from(
    [Decimal("1.5"), Decimal("2.0"), Decimal("NaN"), Decimal("Infinity"), 0.5]
)
LEAVES = st.none() | st.booleans() | NUMBERS | TEXTS
DATA = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
KINDS = st.sampled_from(["string", "integer", "number", "boolean", "null", "array", "object"])
SIZES = st.integers(0, 3)


def words(inner):
    return st.fixed_dictionaries(
        {},
        optional={
            "type": KINDS | st.lists(KINDS, min_size=1, unique=True),
            "enum": st.lists(LEAVES, min_size=1, max_size=3),
            "const": LEAVES,
            "required": st.lists(NAMES, unique=True),
            "properties": st.dictionaries(NAMES, inner, max_size=3),
            "additionalProperties": inner,
            "items": inner,
            "pattern": st.sampled_from(["^[a-z]+$", "1"]),
            "format": st.sampled_from(["date", "date-time", "email"]),
            **{f"{end}{what}": SIZES for end in ("min", "max") for what in ("Length", "Items", "Properties", "imum")},
            "readOnly": st.booleans(),
            "description": st.just("words"),
            "x-extensible-enum": st.just(["x"]),
            "propertyNames": st.just({"maxLength": 1}),
            "anyOf": st.sampled_from([[{"required": ["a"]}], [{"required": ["a", "b"]}, {"required": ["c"]}]]),
        },
    )


SCHEMAS = st.recursive(words(st.booleans()), lambda inner: words(inner | st.booleans()), max_leaves=6)


@given(SCHEMAS, DATA)
def test_what_is_accepted_fits_by_both_validators(schema, data):
    if fitting.fits(schema, data):
        assert not list(fitting._of(schema).validator.iter_errors(data))  # noqa: SLF001 -- what is not asked after fits()
        assert Schema(schema).check(data) == []


@given(SCHEMAS, DATA)
@example({"additionalProperties": False}, {"a": 1})
@example({"const": None}, "x")
@example({"minLength": 0, "pattern": r"\S"}, "")
def test_both_ways_of_refusing_agree_with_the_walk_and_find_words(schema, data):
    fits = not list(fitting._of(schema).validator.iter_errors(data))  # noqa: SLF001 -- as above
    with nullcontext() if fits else pytest.raises(RejectedError, match=r"`.*`|there is no"):
        fitting.fit(schema, data)
    assert (Schema(schema).check(data) == []) is fits


INVOICE = {
    "type": "object",
    "required": ["number", "total"],
    "additionalProperties": False,
    "properties": {
        "number": {"type": "string", "minLength": 1, "pattern": r"\S"},
        "total": {"type": "number", "minimum": 0},
        "currency": {"type": ["string", "null"], "enum": ["EUR", "CHF", None]},
        "issued": {"type": ["string", "null"], "format": "date"},
        "seen": {"type": "string", "format": "date-time"},
        "lines": {
            "type": "array",
            "maxItems": 2,
            "items": {"type": "object", "properties": {"sku": {"type": "string"}}},
        },
        "key": {"type": "string", "readOnly": True},
    },
}
GOOD = {
    "number": "4711",
    "total": Decimal("12.50"),
    "currency": None,
    "issued": "2026-02-28",
    "seen": "2026-02-28T10:00:00Z",
    "lines": [{"sku": "S-1", "more": [1]}, {}],
}


def test_a_usual_payload_is_accepted_at_once():
    assert fitting.fits(INVOICE, GOOD)
    assert fitting.fits({"type": "object", "description": "anything"}, GOOD)
    assert fitting.fits({"type": "object", "properties": {"key": {"readOnly": True}}}, GOOD)


@pytest.mark.parametrize("resource", resources.SCHEMAS)
def test_what_needs_one_of_two_sets_of_fields_is_accepted_at_once(resource):
    schema = resources.SCHEMAS[resource]
    names = [*schema.get("required", ()), *schema["anyOf"][0]["required"]]
    needed = {name: make(schema["properties"][name]) for name in names}
    assert fitting.fits(schema, needed)
    assert not fitting.fits(schema, {"name": "x"})


def make(schema):
    """Return a value that is wanted, of a text, a list or what an object needs."""
    if "array" in schema["type"]:
        return [make(schema["items"])]
    if "object" in schema["type"]:
        return {name: make(schema["properties"][name]) for name in schema.get("required", ())}
    return "x"


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": " "}, {"number": 4711}, {"total": Decimal(-1)}, {"total": Decimal("NaN")}, {"total": True}, {"currency": "USD"},
        {"issued": "28.02.2026"}, {"seen": "2026-02-28T10:00:00"}, {"lines": [{}, {}, {}]}, {"lines": [{"sku": 1}]}, {"key": "k"},
        {"other": 1},
    ],
)  # fmt: skip
def test_a_payload_that_does_not_fit_is_told_as_ever(wrong):
    assert not fitting.fits(INVOICE, GOOD | wrong)
    with pytest.raises(RejectedError, match=next(iter(wrong))):
        fitting.fit(INVOICE, GOOD | wrong)
