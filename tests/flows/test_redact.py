"""What a provider quotes from a document is taken out of its sentence."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.redact import redact

DOCUMENT = {
    "entities": {
        "supplier": {"name": "Müller & Söhne GmbH", "vatId": "DE123456789"},
        "totalAmount": Decimal("12345.67"),
        "documentType": "contract",
        "lines": [{"text": 'He said "Größe"'}],
    }
}


@pytest.mark.parametrize(
    "quoted",
    [
        "Müller & Söhne GmbH",
        "MÜLLER & SÖHNE GMBH",
        "Müller & Sö…",
        "DE123456789",
        "12345.67",
        'He said "Größe"',
        json.dumps('He said "Größe"'),
        json.dumps("Müller & Söhne GmbH"),
    ],
)
def test_a_quoted_value_leaves_only_its_shape(quoted):
    said = redact(f"zefort: POST contracts/ answered 400: {quoted} is too long", [DOCUMENT])
    assert said.startswith("zefort: POST contracts/ answered 400: ")
    assert said.endswith(" is too long")
    for secret in ("Müller", "MÜLLER", "Söhne", "SÖHNE", "123456", "12345.67", "Größe", "M\\u00fcller"):
        assert secret not in said


def test_words_of_the_trade_and_paths_stay_readable():
    text = "zefort: POST contracts/ct_1/parties/ answered 400: a contract needs a role"
    assert redact(text, [DOCUMENT]) == text


@pytest.mark.parametrize("rest", [": no answer in time", " answered 400: contracts of Müller", ""])
def test_a_value_that_occurs_in_our_own_request_leaves_the_request_readable(rest):
    values = [{"note": "contracts", "supplier": "Müller", "word": "POST", "title": "Zefort Contracts 2026"}]
    said = redact(f"zefort: POST contracts/ct_2026/{rest}", values)
    assert said.startswith("zefort: POST contracts/ct_2026/")
    assert "Müller" not in said
    unreached = "zefort: GET tags/: cannot connect to my.zefort.com:443 (setting ZEFORT_BASE_URL)"
    assert redact(unreached + " for Müller", values) == unreached + " for Aaaaaa"
    assert redact("mapped: contracts is no number", [{"note": "Contracts"}]) == "mapped: aaaaaaaaa is no number"


@given(st.text(min_size=4, max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_any_value_that_is_no_code_word_disappears(value, before, after):
    said = redact(before + value + after, [{"x": value}])
    if any(sign.isdigit() and sign != "9" for sign in value):
        assert value not in said
