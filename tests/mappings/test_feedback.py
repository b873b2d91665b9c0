"""What a route tells the source."""

import pytest

from mappings.language import MappingError

FEEDBACK = """
fields: {x: y}
feedback:
  delivered: {external_id: "{{ external_id }}", external_data: {id: "{{ external_id }}", why: "{{ reason }}", by: docferry}, transfer: true}
  rejected: {reject: "{{ reason }}", tries: 3}
"""


def test_templates_are_filled_in_and_fixed_values_stay_what_they_are(route):
    context = {"external_id": "ct_1", "reason": "why", "document_id": "d1", "key": "k", "route": "r", "version": "v"}
    loaded = route(FEEDBACK)
    assert loaded.feedback_actions("delivered", context) == {
        "external_id": "ct_1",
        "external_data": {"id": "ct_1", "why": "why", "by": "docferry"},
        "transfer": True,
    }
    assert loaded.feedback_actions("rejected", context) == {"reject": "why", "tries": 3}


def test_what_meets_something_missing_or_null_is_left_out(route):
    loaded = route(FEEDBACK)
    assert loaded.feedback_actions("delivered", {"external_id": "ct_1", "reason": None})["external_data"] == {
        "id": "ct_1",
        "by": "docferry",
    }
    assert loaded.feedback_actions("rejected", {"reason": None}) == {"tries": 3}
    assert loaded.feedback_actions("rejected", {}) == {"tries": 3}


def test_an_action_of_which_nothing_is_left_is_left_out(route):
    loaded = route('fields: {x: y}\nfeedback: {failed: {external_data: {a: "{{ reason }}"}}}')
    assert loaded.feedback_actions("failed", {}) == {}


def test_a_word_without_a_rule_asks_for_nothing(route):
    assert route(FEEDBACK).feedback_actions("withdrawn", {"external_id": "x"}) == {}
    assert route("fields: {x: y}").feedback_actions("delivered", {"external_id": "x"}) == {}


def test_every_action_is_known_with_its_place(route, tmp_path):
    keys = route(FEEDBACK).feedback_keys()
    assert [(word, action) for word, action, _, _ in keys] == [
        ("delivered", "external_id"),
        ("delivered", "external_data"),
        ("delivered", "transfer"),
        ("rejected", "reject"),
        ("rejected", "tries"),
    ]
    lines = (tmp_path / "route.yaml").read_text().splitlines()
    assert all(lines[line - 1][column - 1 :].startswith(f"{action}: ") for _, action, line, column in keys)


def test_text_from_a_reason_is_never_read_as_a_template(route):
    reason = "{{ external_id }} {% raw %} {{ 1 / 0 }}"
    assert route(FEEDBACK).feedback_actions("rejected", {"reason": reason})["reject"] == reason


def test_an_impossible_request_is_a_mapping_error(route):
    loaded = route('fields: {x: y}\nfeedback: {failed: {message: "{{ reason | round }}"}}')
    with pytest.raises(MappingError, match=r"feedback.failed.message: the value is not a number \(looks like 'aaa'\)"):
        loaded.feedback_actions("failed", {"reason": "why"})
