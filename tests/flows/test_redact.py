"""What a provider quotes from a document is taken out of its sentence."""

from __future__ import annotations

import json
import re
import string
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import TransientError
from flows.redact import redact, told

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


@pytest.mark.parametrize(
    ("value", "text", "said"),
    [
        ("Proj", "the project Proj is projected", "the project Aaaa is projected"),
        ("Proj", "of proj, Proj_1, Proj2 and /q=%20PROJ.", "of aaaa, Aaaa_1, Aaaa2 and /q=%20AAAA."),
        ("Proj", r'"a\nProj\tb\u00e4Proj"', r'"a\nAaaa\tb\u00e4Aaaa"'),
        ("1200", "EUR1200 of 12005, 1200.50 and A1200B", "EUR9999 of 12005, 9999.50 and A9999B"),
        (1200, "1200 is too much", "9999 is too much"),
        ("東京商事", "取引先東京商事は無効です", "取引先aaaaは無効です"),
        ("#tag", "x#tag", "x#aaa"),
        ("Weberite", "the Weberites", "the Aaaaaaaas"),
    ],
)
def test_a_short_value_is_found_where_it_stands_by_itself(value, text, said):
    assert redact(text, [{"x": value}]) == said


OURS = (
    "the document has no file, and Hypatos makes documents from files only; a table takes no files, write that into the "
    "route; Project, Attachment and Number cannot be read; somebody is at work on it, look again later"
)
WORDS = sorted({word for word in OURS.replace(",", " ").replace(";", " ").split() if len(word) > 4})


@given(st.sampled_from(WORDS), st.data())
def test_a_short_value_that_is_a_part_of_our_words_leaves_them_readable(word, data):
    start = data.draw(st.integers(0, len(word) - 4))
    end = data.draw(st.integers(start + 4, min(len(word), start + 7)))
    value = word[start:end].title()
    if value.casefold() not in {one.casefold() for one in OURS.replace(",", " ").replace(";", " ").split()}:
        assert redact(OURS, [{"x": value}]) == OURS


SIGNS = st.characters(exclude_characters="aA9", exclude_categories=["Cs"])


@given(st.text(SIGNS, min_size=8, max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_a_long_value_disappears_wherever_it_stands(value, before, after):
    said = redact(before + value + after, [{"x": value}])
    if any(sign.isalnum() for sign in value) and not re.fullmatch("[a-z][a-z_]*", value):
        assert value not in said


@given(
    st.text(
        string.ascii_letters.replace("a", "").replace("A", "") + string.digits[:-1] + "-./&é部", min_size=4, max_size=7
    ),
    st.sampled_from(["", " ", "'", '"', "(", "=", ":", "_", r"\n", r"\u00fc", "%2C", "部"]),
    st.sampled_from(["", " ", "'", '"', ")", ",", ".", "_", r"\n", "%20", "部"]),
)
def test_a_short_value_disappears_wherever_a_word_or_number_begins_and_ends(value, before, after):
    said = redact(f"answered 400: x {before}{value}{after}", [{"x": value}])
    if any(sign.isalnum() for sign in value) and not re.fullmatch("[a-z][a-z_]*", value):
        assert value not in said


SAID = "contractfit: GET documents/65f0 answered 500: "


@pytest.mark.parametrize(("said", "shown"), [
    ("cannot render invoice of ACME GmbH over 1234.56", "cannot render invoice of AAAA AaaA over 9999.99"),
    ("Supplier 'acme' unknown. The field `gross_amount` is empty", "Supplier 'aaaa' unknown. The field `gross_amount` is empty"),
    ("株式会社 has no createdAt; IBAN DE12 refused", "aaaa has no createdAt; AAAA AA99 refused"),
    ("Request refused; This doesn't exist: No such page", "Request refused; This doesn't exist: No such page"),
    ("Permission insufficient", "Permission insufficient"),
    ("Invalid username/password.", "Invalid username/password."),
    ("no entry for ACME/gmbh-7", "no entry for AAAA/aaaa-9"),
])  # fmt: skip
def test_what_is_said_about_a_document_that_could_not_be_read_is_told_without_names_and_numbers(said, shown):
    assert told(TransientError(SAID + said), []) == SAID + shown
    excuse = "the list came as a success and is an error ("
    assert told(TransientError(f"{excuse}{said})"), []) == f"{excuse}{shown})"


def test_the_request_itself_and_what_is_said_about_a_write_stay_as_they_are():
    for text in ("x: GET documents/Doc-17 answered 502", "x: POST documents answered 422: Document is in state REVIEW"):
        assert told(TransientError(text), []) == text
