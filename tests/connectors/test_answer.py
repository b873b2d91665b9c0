"""JSON as servers write it: half an emoji or a byte order mark in one row makes no page unreadable."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.answer import decode_json

TEXTS = st.text(st.characters(codec=None, categories=("L", "N", "P", "S", "Z", "Cc", "Cs")), max_size=12)


@given(st.dictionaries(TEXTS, TEXTS | st.integers(-9, 9) | st.lists(TEXTS, max_size=3), max_size=4))
def test_whatever_python_writes_as_escapes_is_read_with_halves_of_pairs_replaced(value):
    def whole(one):
        if isinstance(one, str):
            return one.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return [whole(each) for each in one] if isinstance(one, list) else one

    wanted = {whole(name): whole(one) for name, one in json.loads(json.dumps(value)).items()}
    assert decode_json(json.dumps(value).encode()) == wanted


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
