"""JSON as servers write it: half an emoji or a byte order mark in one row makes no page unreadable."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.answer import decode_json, encode_json

TEXTS = st.text(st.characters(codec=None, categories=("L", "N", "P", "S", "Z", "Cc", "Cs")), max_size=12)


@given(st.dictionaries(TEXTS, TEXTS | st.integers(-9, 9) | st.lists(TEXTS, max_size=3), max_size=4))
def test_whatever_python_writes_as_escapes_is_read_with_halves_of_pairs_replaced(value):
    def whole(one):
        if isinstance(one, str):
            return one.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return [whole(each) for each in one] if isinstance(one, list) else one

    wanted = {whole(name): whole(one) for name, one in json.loads(json.dumps(value)).items()}
    assert decode_json(json.dumps(value).encode()) == wanted


NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,6})?", fullmatch=True)
WRITTEN = st.recursive(
    NUMBERS
    | st.sampled_from(["true", "false", "null", '"1.0"', '"NaN"', "NaN", "-Infinity", "01", "+1", ".5", "1.", "-"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda all_: f"[{', '.join(all_)}]")
        | st.lists(st.tuples(st.sampled_from(['"a"', '"\\u0061"', '"b.c"', "a"]), inner), max_size=3).map(
            lambda all_: f"{{{', '.join(f'{name}: {one}' for name, one in all_)}}}"
        )
    ),
    max_leaves=6,
)


def refused(constant):
    raise ValueError(constant)


@given(WRITTEN)
def test_json_is_read_as_python_reads_it_with_every_digit_or_refused_as_there(text):
    try:
        wanted = json.loads(text, parse_float=Decimal, parse_constant=refused)
    except ValueError:
        with pytest.raises(ValueError, match=r".*"):
            decode_json(text.encode())
        return
    found = decode_json(text.encode())
    assert repr(found) == repr(wanted)  # with the type and the digits of every number
    assert decode_json(encode_json(found)) == wanted


def test_a_backslash_before_a_u_is_no_escape():
    assert decode_json(rb'["\\ud83d", "cut \ud83d"]') == ["\\ud83d", "cut \ufffd"]


def test_a_byte_order_mark_is_passed_over():
    assert decode_json(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    "body", [b'{"a": "\\ud83d', b"", b"\xef\xbb\xbf", b'{"a": "\\ud8"}', b"<html>", b'{"a": 1e99999999999999999999}']
)
def test_what_is_cut_or_no_json_is_still_refused(body):
    with pytest.raises(ValueError, match=r".*"):
        decode_json(body)
