"""What error messages show of a value."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.language import shape_of
from mappings.language.missing import MISSING


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("12,50 EUR", "99,99 AAA"),
        ("Müller & Söhne GmbH", "Aaaaaa & Aaaaa AaaA"),
        ("株式会社 4711", "aaaa 9999"),
        ("a\nb\tc\x00", "a a a "),
        ("x" * 41, "a" * 39 + "…"),
        ("x" * 40, "a" * 40),
        ("½ ٣", "9 9"),
        (Decimal("-12.50"), "-99.99"),
        (10**300, "9" * 39 + "…"),
        (True, "true or false"),
        (None, "null"),
        (MISSING, "nothing"),
        ([1, 2], "a list of 2"),
        ({"a": 1}, "an object with 1 fields"),
        (object(), "something that JSON does not have"),
    ],
)
def test_a_shape_shows_what_a_value_looks_like_and_not_what_it_is(value, shape):
    assert shape_of(value) == shape


def test_the_shape_of_an_absurd_number_is_still_short():
    assert shape_of(10**5000) == "9" * 39 + "…"


@given(st.text(max_size=200))
def test_a_shape_has_no_letter_or_digit_of_its_text(value):
    shape = shape_of(value)
    assert len(shape) <= 40
    assert not {c for c in shape if c.isalnum()} - {"9", "a", "A"}
