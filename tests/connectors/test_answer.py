"""JSON as servers write it: half an emoji, an endless number or a byte order mark in one row makes no page unreadable."""

import json
import math
import os
import subprocess
import sys
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from connectors.answer import decode_json, encode_json
from connectors.errors import RejectedError
from connectors.rest.bodies import body as body_of
from connectors.rest.declared import ApiStream
from connectors.sql.values import ValueProblem, convert

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


DIGITS = st.sampled_from(range(4298, 4303)) | st.integers(4303, 9000)


@given(DIGITS, st.sampled_from(["", "-"]), st.sampled_from(["", ".5", "e3", "E-99999999999999999999"]), TEXTS)
def test_a_number_of_any_length_is_read_and_changes_nothing_beside_it(digits, sign, tail, text):
    written = f"{sign}7{'1' * (digits - 1)}{tail}"
    beside = [text, f'"{"9" * digits}"', "9" * digits, 1, Decimal("1.50"), None]
    rest = json.dumps([one for one in beside if not isinstance(one, Decimal)]).replace(" 1,", " 1, 1.50,")
    found = decode_json(f'{{"odd": {written}, "rest": {rest}}}'.encode())
    assert repr(found["rest"]) == repr(decode_json(rest.encode()))
    assert found["rest"][1:] == beside[1:]
    if "99" in tail:
        assert found["odd"] == written, "no Decimal holds it"
        return
    is_short = not tail and len(sign) + digits <= 4300
    assert type(found["odd"]) is (int if is_short else Decimal)
    assert found["odd"] == Decimal(written)


def test_what_python_was_told_about_long_integers_is_followed():
    """With a smaller bound of Python's own, the same page must be read."""
    code = "from connectors.answer import decode_json; print(type(decode_json(b'[' + b'1' * 700 + b']')[0]).__name__)"
    made = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONINTMAXSTRDIGITS": "640"},
        capture_output=True,
        check=True,
    )
    assert made.stdout.strip() == b"Decimal"


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "tail", [b'"' + rb"\"" * 3_000_000, b"1" * 3_000_000 + b"x", b'"' * 3_000_001, b"1." * 1_000_000]
)
def test_what_is_garbled_at_length_is_refused_at_once(tail):
    for before in (b"[", b"[" + b"1" * 5000 + b", "):
        with pytest.raises(ValueError, match=r".*"):
            decode_json(before + tail)


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf, Decimal("NaN"), Decimal("-Infinity"), "\ud800"])
@pytest.mark.parametrize("wrapped", [lambda one: one, lambda one: [{"b": (None, one)}], lambda one: {"c": {"d": one}}])
def test_a_value_that_json_cannot_say_is_an_error_that_names_its_place(odd, wrapped):
    with pytest.raises(RejectedError, match=r"JSON: total \("):
        encode_json({"note": None, "total": wrapped(odd)})
    with pytest.raises(RejectedError, match=r"JSON: \[1\] \("):
        encode_json([None, wrapped(odd)])


@pytest.mark.parametrize("odd", ["1e999999999999", "-1E-999999999999", "0e999999999999", "1e10001"])
def test_ten_letters_that_would_be_written_out_as_a_thousand_million_digits_cost_their_own_document(odd):
    """Before, the process was out of memory with it, in each run again."""
    declared = ApiStream.model_validate({"create": {"path": "/x"}, "unsettled": "hold", "body": "form"})
    with pytest.raises(RejectedError, match="more than 10,000 digits"):
        body_of(declared, {"total": Decimal(odd)}, "key", "erp")
    with pytest.raises(ValueProblem, match="more than 10,000 digits"):
        convert(Decimal(odd), sa.String(), "sqlite")


@pytest.mark.parametrize("sign", [b"\\\\", b'\\"', b"\\n", b"\\ud83d\\ude00", b'","', b"a\\u00e4"])
@pytest.mark.parametrize("odd", [b'["\\ud800', b"[" + b"1" * 5000 + b',"'])
def test_what_is_odd_in_one_place_of_a_large_body_costs_no_more_than_reading_it(odd, sign):
    """Millions of escapes that were looked at one by one stopped the whole process for a minute and a half."""
    calls = []
    sys.setprofile(lambda _frame, kind, _what: calls.append(kind) if kind == "call" else None)
    try:
        decode_json(odd + sign * 10_000 + b'"]')
    finally:
        sys.setprofile(None)
    assert len(calls) < 30


@pytest.mark.parametrize("depth", [400, 900, 5000])
@pytest.mark.parametrize("around", [lambda value: [value], lambda value: {"rows": value}])
def test_what_is_at_fault_may_lie_deep(around, depth):
    value = math.nan
    for _ in range(depth):
        value = around(value)
    with pytest.raises(RejectedError, match="cannot be written as JSON: "):
        encode_json(value)


@pytest.mark.parametrize("body", [b'{"a": "\\ud83d', b"", b"\xef\xbb\xbf", b'{"a": "\\ud8"}', b"<html>"])
def test_what_is_cut_or_no_json_is_still_refused(body):
    with pytest.raises(ValueError, match=r".*"):
        decode_json(body)
