"""What is refused before anything is sent, and in which words."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import RejectedError
from connectors.zefort.payload import identities, normal, read

LEAST = {"attributes": {"title": "Acme"}}


def test_a_title_is_enough():
    wanted = read(LEAST)
    assert (wanted.title, wanted.parties, wanted.tags, wanted.binders, wanted.status) == ("Acme", [], [], [], None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"attributes": None}, "`attributes` must be of type object"),
        ({"attributes": {}}, "`attributes.title` is missing"),
        ({"attributes": {"title": " "}}, r"`attributes\.title` must be of pattern"),
        ({"attributes": {"title": 7}}, r"`attributes\.title` must be of type string"),
        ({"attributes": {"title": "A", "end_date": "01.02.2026"}}, "`attributes.end_date`"),
        ({"attributes": {"title": "A", "end_date": "2026-02-30"}}, "`attributes.end_date`"),
        ({"attributes": {"title": "A", "effective_date": "20260201"}}, "`attributes.effective_date`"),
        ({"attributes": {"title": "A", "signed_date": 20260201}}, "`attributes.signed_date`"),
        ({"attributes": {"title": "A", "is_duplicate": False}}, "`attributes.is_duplicate`"),
        ({"attributes": {"title": "half \ud800"}}, "JSON"),
        ({"attributes": {"title": "A", "value": Decimal("NaN")}}, "JSON"),
        ({"incomplete": False}, "`incomplete`"),
        ({"tag": ["x"]}, "`tag`"),
        ({"parties": {"name": "A"}}, "`parties` must be of type array"),
        ({"parties": ["A"]}, r"`parties\[0\]` must be of type object"),
        ({"parties": [{"org_id": "1"}]}, r"`parties\[0\].name` is missing"),
        ({"parties": [{"name": "A"}, {"name": "B", "vat": "1"}]}, r"no `parties\[1\]\.vat`"),
        ({"parties": [{"name": "x" * 1025}]}, "1024"),
        ({"parties": [{"name": "A", "org_id": "x" * 129}]}, "128"),
        ({"parties": [{"name": "A", "external_id": "x" * 1001}]}, "1000"),
        ({"parties": [{"name": "A", "external_id": 7}]}, "external_id` must be of type string"),
        ({"parties": [{"name": "A", "role": "supplier"}, {"name": " a ", "role": "buyer"}]}, "another role"),
        ({"tags": "x"}, "`tags` must be of type array"),
        ({"tags": ["a", " "]}, r"`tags\[1\]`"),
        ({"binders": [7]}, r"`binders\[0\]`"),
        ({"status": "queued"}, "`status`"),
        ({"note": 7}, "`note`"),
    ],
)
def test_what_can_never_be_a_contract_is_refused_in_words(change, words):
    with pytest.raises(RejectedError, match=words):
        read({**LEAST, **change})


def test_a_refusal_does_not_repeat_a_value():
    with pytest.raises(RejectedError) as caught:
        read({**LEAST, "parties": [{"name": "classified " * 200}]})
    assert "classified" not in str(caught.value)


def test_names_are_listed_once_and_nothing_is_left_out():
    wanted = read({**LEAST, "tags": ["a", None, "a ", "b"], "parties": [{"name": "A", "org_id": None}, {"name": "a"}]})
    assert wanted.tags == ["a", "b"]
    assert [party.fields for party in wanted.parties] == [{"name": "A"}]


def test_a_party_is_known_by_the_strongest_thing_it_has():
    everything = {"name": "A", "org_id": "FI1", "external_id": "crm:1"}
    assert list(identities(everything)) == ["external_id:crm:1", "org_id:fi1", "name:a"]


@given(st.text())
def test_a_text_compares_equal_to_itself_however_it_is_written(text):
    assert normal(text) == normal(normal(text)) == normal(f"  {text.upper().lower()}  ") or text.upper().lower() != text
