"""What holds for every document there could be."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mappings
from mappings.language import MappingError, load_route
from mappings.language.missing import MISSING

SHIPPED = load_route(Path(mappings.__file__).parent / "hypatos_to_zefort.yaml")

NUMBERS = st.integers() | st.builds(
    lambda digits, exponent: Decimal(f"{digits}e{exponent}"), st.integers(), st.integers(-60, 60)
)
TEXTS = st.text(max_size=12) | st.sampled_from(["invoice", "27.02.2026", "EUR", "€", "12.50", "NO", "1e5", "{{ x }}"])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def exactly(left, right):
    """Compare with types and decimal digits: 1, 1.0, true and 1.00 all differ."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return list(left) == list(right) and all(exactly(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(exactly, left, right))
    return left.as_tuple() == right.as_tuple() if isinstance(left, Decimal) else left == right


@pytest.fixture(scope="module")
def identities(tmp_path_factory):
    """Load one identity, written in each way a value can pass unchanged."""
    path = tmp_path_factory.mktemp("identity") / "identity.yaml"
    path.write_text(
        "source: a.b\ndestination: c.d\nvars: {v: x, w: '[v]'}\ntables: {t: {never: never}}\nfields:\n"
        "  path: x\n"
        '  expression: "x if true else none"\n'
        "  listed: {list: [x]}\n"
        "  object: {fields: {inner: x}}\n"
        "  each: {each: list, as: item, fields: {inner: item}}\n"
        "  nested: {each: lists, as: outer, fields: {inner: {each: outer, as: item, fields: {most: item}}}}\n"
        "  filtered: x | default('never')\n"
        "  var: v\n"
        "  vars: w\n"
        "  first: {first: [absent, x, {value: never, when: x is undefined}]}\n"
        "  absent: {first: [absent, y.absent]}\n"
        "  null: {first: [absent, nothing]}\n",
    )
    return load_route(path)


@given(value=JSON)
def test_an_identity_mapping_is_exact_for_any_json(identities, value):
    document = {"x": value, "list": [value], "lists": [[value], [value, value]], "nothing": None}
    payload = identities.apply(document).payload
    expected = {
        "path": value,
        "expression": value,
        "listed": [value],
        "object": {"inner": value},
        "each": [{"inner": value}],
        "nested": [{"inner": [{"most": value}]}, {"inner": [{"most": value}, {"most": value}]}],
        "filtered": value,
        "var": value,
        "vars": [value],
        "first": value,
        "null": None,
    }
    assert exactly(payload, expected)


@given(value=JSON)
def test_an_identity_mapping_is_exact_from_wire_to_wire(identities, value):
    sent = msgspec.json.Encoder(decimal_format="number").encode({"x": value})
    document = msgspec.json.Decoder(float_hook=Decimal).decode(sent)
    assert exactly(identities.apply(document).payload["path"], document["x"])


ENTITIES = st.fixed_dictionaries(
    {},
    optional={
        "documentType": st.sampled_from(["invoice", "credit_note", "contract"]) | JSON,
        "number": JSON,
        "supplier": st.fixed_dictionaries({}, optional={"id": JSON, "name": JSON, "vatId": JSON}) | JSON,
        "issuedAt": JSON,
        "dueAt": JSON,
        "currency": JSON,
        "totalAmount": NUMBERS | JSON,
        "buyer": st.fixed_dictionaries({}, optional={"name": JSON}) | JSON,
    },
)


@settings(max_examples=300)
@given(
    document=st.dictionaries(TEXTS, JSON, max_size=3)
    | ENTITIES.map(lambda entities: {"id": "d1", "entities": entities})
)
def test_any_document_is_mapped_skipped_or_rejected_and_nothing_else_happens(document):
    try:
        mapped = SHIPPED.apply(document)
    except MappingError as error:
        reason, problems = str(error), error.problems
    else:
        reason, problems = mapped.skipped or "", ()
        assert (mapped.payload == {}) is (mapped.skipped is not None)
        assert MISSING not in mapped.payload.values()
    assert len(reason) < 5_000
    assert all(problem.message and problem.target for problem in problems)


@given(
    value=st.text(alphabet="abcxyzÄÖ0123456789 .,€", min_size=6, max_size=60).filter(
        lambda text: len(set(text) - set("9aA .,€")) > 3
    )
)
def test_no_reason_gives_a_value_away(value):
    document = {
        "entities": dict.fromkeys(["number", "issuedAt", "dueAt", "currency", "totalAmount"], value)
        | {"documentType": "invoice", "supplier": {}}
    }
    with pytest.raises(MappingError) as caught:
        SHIPPED.apply(document)
    assert value not in str(caught.value)


@pytest.mark.parametrize("document", [None, [], "text", 5, Decimal(1)])
def test_what_is_not_an_object_is_rejected(document):
    with pytest.raises(MappingError, match="document: it is not an object with fields"):
        SHIPPED.apply(document)


@pytest.mark.parametrize("document", [{1: 2}, {"entities": float("nan")}, {"entities": object()}])
def test_what_json_does_not_have_is_skipped(document):
    assert SHIPPED.apply(document).skipped
