"""What is found of a source that has heard too much, too little or the wrong thing, and that nothing is found of one that has not."""

import pytest

from tests.flows.findings import Findings
from tests.flows.outbox.hearing import Message, Ways, compare

MEANS = {
    "delivered": [("calls", "id"), ("calls", "taken"), ("calls", "transfer")],
    "confirmed": [("calls", "confirmed")],
    "withdrawn": [("calls", "withdrawn")],
}
REFUSED = "answered 409"


def found(messages, calls):
    """Compare messages, of which a capital is a refused one, with what was heard in a channel of texts that are replaced."""
    outcomes = {one[0]: one for one in MEANS}
    said = [
        Message(outcomes[sign.lower()], *(("refused", REFUSED) if sign.isupper() else ("told", None)))
        for sign in messages
    ]
    findings = Findings()
    compare(findings, "it", said, MEANS, Ways({"calls": calls.split()}, ("id", "transfer"), ("calls",)))
    return [*findings.lost, *findings.doubled, *findings.wrong]


@pytest.mark.parametrize(
    ("messages", "calls"),
    [
        ("dc", "id taken transfer confirmed"),
        ("D", ""),
        ("D", "id taken"),
        ("dCWdc", "id taken transfer confirmed"),  # what stands already is not heard again
        ("dCWdc", "id taken transfer confirmed taken confirmed"),
        ("dcWdc", "id taken transfer confirmed withdrawn taken confirmed"),
    ],
)
def test_nothing_is_found_where_refused_messages_explain_it(messages, calls):
    assert not found(messages, calls)


@pytest.mark.parametrize(
    ("messages", "calls"),
    [
        ("dc", "id taken transfer"),
        ("dc", "id taken confirmed transfer"),
        ("dc", "id taken transfer confirmed confirmed"),
        ("d", "id taken transfer transfer"),
        ("dcw", "id taken transfer withdrawn confirmed"),
        ("dCWdc", "id taken transfer"),
        ("dCWdc", "id taken transfer withdrawn confirmed"),
        ("dcwdc", "id taken transfer confirmed withdrawn confirmed"),
        ("", "id"),
    ],
)
def test_something_is_found_where_nothing_explains_it(messages, calls):
    assert found(messages, calls)
