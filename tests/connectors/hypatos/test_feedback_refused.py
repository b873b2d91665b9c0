"""Feedback that Hypatos would refuse or drop: it is refused before anything is sent, in words that repeat no value."""

from decimal import Decimal

import pytest

from connectors.errors import RejectedError
from connectors.hypatos.feedback import messages


@pytest.mark.parametrize(
    ("actions", "words"),
    [
        ({"externalid": "x"}, "externalid"),
        ({"external_id": "two words"}, "white space"),
        ({"external_id": ""}, "1 to 100"),
        ({"external_id": "x" * 101}, "1 to 100"),
        ({"external_data": {f"k{number}": "v" for number in range(21)}}, "21 pairs"),
        ({"external_data": {"k" * 51: "v"}}, "50 characters"),
        ({"external_data": {"A": "1", "a": "2"}}, "upper and lower case"),
        ({"external_data": {"k": "v" * 1000}}, "999"),
        ({"external_data": "text"}, "map"),
        ({"title": "t" * 257}, "256"),
        ({"title": " "}, "256"),
        ({"transfer": "yes"}, "true or false"),
        ({"transfer": True, "reject": "why"}, "exclude"),
    ],
)
async def test_what_hypatos_would_refuse_or_drop_is_refused_before_anything_is_sent(
    account, journal, tell, actions, words
):
    before = account.connection.traffic.requests
    with pytest.raises(RejectedError, match=words):
        await account.source.report(tell("any", **actions), journal)
    assert account.connection.traffic.requests == before
    assert journal.steps == {}


def test_every_action_is_explained():
    from connectors.hypatos.source import Documents  # noqa: PLC0415 -- only this test looks at the class

    assert set(Documents.feedback_actions) == {"external_id", "external_data", "title", "transfer", "message", "reject"}


def test_values_become_text_and_long_reasons_are_cut():
    sent = messages({"external_data": {"value": Decimal("1.10"), "gone": None}, "reject": "x" * 2000})
    assert sent[0].value == {"value": "1.10"}
    assert len(sent[1].note) == 1000


def test_no_refusal_repeats_a_value():
    with pytest.raises(RejectedError) as caught:
        messages({"external_data": {"k": "classified" * 200}})
    assert "classified" not in str(caught.value)
