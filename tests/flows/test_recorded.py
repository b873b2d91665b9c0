"""What is recorded of a document comes back exactly, so that a mapping makes the same of it as it did then."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import Document, File
from flows.recorded import pack, unpack

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False) | st.builds(Decimal, st.integers(-(10**30), 10**30))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**90), 2**90)
    | DECIMALS
    | st.text(st.characters(exclude_categories=["Cs"]))
)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner), max_leaves=20
)


def exact(value):
    """Return a form in which 1, 1.0, 1.00, True and "1" all differ."""
    if isinstance(value, dict):
        return [(key, exact(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [exact(item) for item in value]
    return type(value), str(value)


def with_fields(fields):
    files = [File("f1", "Größe.pdf", "application/pdf", 12, main=True, version="v1"), File("f2", "", "text/plain")]
    return Document("d1", "v", fields, files)


@settings(max_examples=50)
@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), TREES))
def test_every_value_comes_back_as_it_was(fields):
    packed = pack(with_fields(fields))
    again = unpack(packed)
    assert exact(again.fields) == exact(fields)
    assert again == with_fields(fields)


@pytest.mark.parametrize(
    "value",
    [0.1, Decimal("NaN"), Decimal("Infinity"), "\ud800", b"bytes", {1: "a key that is no text"}],
    ids=repr,
)
def test_what_json_cannot_hold_exactly_is_not_recorded(value):
    assert pack(with_fields({"a": [value]})) is None
