"""Tests in route files: what they can expect, and what is told of an expectation that is not met."""

import pytest

from mappings.workbench.testing import run_tests


@pytest.mark.parametrize(
    "keys",
    [
        "expect: {title: invoice 1}",
        "expect: {total: 12.5, tags: [invoice], 'lines[1]': {net: 10.0, text: b}}",
        "expect: {'lines[0].net': 2.50, 'lines[-1].text': b}",
        "expect_missing: [other, 'tags[1]', 'lines[2]']",
        "patch: {due: soon}\nexpect_review: due",
        "patch: {due: soon}\nexpect_review: {due: not a date}\nexpect_missing: [due]",
        "patch: {number: null}\nexpect_error: title",
        "remove: [number]\nexpect_error: {title: is missing}",
        "patch: {kind: letter}\nexpect_skipped: true",
        "patch: {total: null}\nexpect: {total: null, tags: [invoice]}",
        "patch: {'items[0].net': 100, 'items[2]': {net: 1}, new.deep.path: 5}\nexpect: {'lines[0].net': 100, 'lines[2]': {net: 1}}",
        "remove: ['items[0]', 'items[-1].text']\nexpect: {lines: [{net: 10}]}",
    ],
)
def test_what_comes_as_expected_passes(failures, keys):
    assert failures(keys) == []


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("expect: {title: Invoice 1}", ['title: expected "Invoice 1", got "invoice 1" (rule on line 4)']),
        ("expect: {total: 12.51}", ["total: expected 12.51, got 12.50 (rule on line 5)"]),
        ('expect: {total: "12.50"}', ['total: expected "12.50", got 12.50 (rule on line 5)']),
        ("patch: {total: 1}\nexpect: {total: true}", ["total: expected true, got 1 (rule on line 5)"]),
        ("expect: {total: null}", ["total: expected null, got 12.50 (rule on line 5)"]),
        ("expect: {titel: x}", ["titel: expected \"x\", got nothing (did you mean 'title'?)"]),
        ("expect: {tags: [invoice, large]}", ['tags[1]: expected "large", got nothing (rule on line 7)']),
        ("expect: {tags: []}", ['tags[0]: expected nothing, got "invoice" (rule on line 7)']),
        (
            "expect: {lines: [{net: 2.5, text: a}, {net: 9, text: c}]}",
            [
                "lines[1].net: expected 9, got 10 (rule on line 8)",
                'lines[1].text: expected "c", got "b" (rule on line 8)',
            ],
        ),
        ("expect_missing: [due]", ['due: expected nothing, got "2026-12-31" (rule on line 6)']),
        ("expect_review: due", ["due: expected a review here, got none (rule on line 6)"]),
        (
            "patch: {due: soon}\nexpect_review: {due: is null}",
            [
                (
                    "due: expected a review that says 'is null', got: due is not a date of the form %d.%m.%Y"
                    " (looks like 'aaaa') (rule on line 6)"
                )
            ],
        ),
        ("expect_error: title", ["title: expected a problem here, got none (rule on line 4)"]),
        (
            "patch: {total: many}\nexpect_error: title",
            [
                (
                    "title: expected a problem here, got total: total is not a number (looks like 'aaaa'); tags[1]: when"
                    " 'total > 100' cannot be compared by size (looks like 'aaaa'); both sides must be numbers, or both"
                    " text (rule on line 4)"
                )
            ],
        ),
        ("remove: [number]\nexpect: {total: 12.5}", ["title: rejected: number is missing (rule on line 4)"]),
        (
            "patch: {kind: letter}\nexpect: {total: 12.5}",
            ["the document is skipped: the route applies only when kind != 'letter' (rule on line 9)"],
        ),
        ("expect_skipped: true", ["expected to be skipped, but it is mapped (rule on line 9)"]),
        (
            "patch: {total: 1}",
            ["it expects nothing, so it can never fail; add expect:, or let docferry map test --accept add it"],
        ),
        (
            "remove: [nummer]\nexpect_error: title",
            ["remove: nummer is not in the document, so it cannot be removed (did you mean 'number'?)"],
        ),
        ("patch: {'items[5].net': 1}\nexpect_error: title", ["patch: items[5].net: items has 2 items, counted from 0"]),
        (
            "patch: {number.x: 1}\nexpect_error: title",
            ["patch: number.x: number is a single value, nothing can be set inside it"],
        ),
        (
            "patch: {items.net: 1}\nexpect_error: title",
            ["patch: items.net: items is a list; write an item's number, such as [0]"],
        ),
    ],
)
def test_what_comes_otherwise_is_told_with_both_sides_and_the_line_of_the_rule(failures, keys, told):
    assert failures(keys) == told


def test_a_failure_stands_at_the_line_of_its_expectation(tests_of):
    (trial,) = run_tests(tests_of("  - name: t\n    expect:\n      total: 1\n      title: x\n    remove: []\n"))
    assert [failure.line for failure in trial.failures] == [11]  # rejected: told at the test itself
    (trial,) = run_tests(
        tests_of("  - name: t\n    input: samples/one.json\n    expect:\n      total: 1\n      title: x\n")
    )
    assert [(failure.line, failure.target) for failure in trial.failures] == [(14, "total"), (15, "title")]


def test_what_the_destination_can_never_accept_is_a_problem_unless_it_is_expected(failures):
    def check(payload):
        return [("tags[0]", "is too long")] if payload["tags"] == ["invoice"] else []

    told = "tags[0]: rejected: the destination refuses it: is too long (rule on line 7)"
    assert failures("expect: {total: 12.50}", check) == [told]
    assert failures("expect_error: {'tags[0]': too long}", check) == []
    assert failures("patch: {kind: other}\nexpect: {total: 12.50}", check) == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"a": 1e99999999999999999999}', "input: samples/bad.json holds a number with an exponent beyond all bounds"),
        ('{"a": 1,\n "b": }', "input: samples/bad.json:2:7: this is not JSON: Expecting value"),
        ("[1]", "input: samples/bad.json does not hold an object with the fields of one document"),
        ('{"a": NaN}', "input: samples/bad.json: NaN is no number in JSON"),
        ('{"a": 1, "a": 2}', "input: samples/bad.json: the key 'a' stands twice in one object; keep one of them"),
        (
            '{"a": "\\ud800"}',
            "input: samples/bad.json holds half of a surrogate pair (\\ud800 to \\udfff), which is no letter",
        ),
        ('{"a": ' + "[" * 100_000, "input: samples/bad.json is nested too deeply"),
        (None, "input: there is no file samples/bad.json in "),
    ],
)
def test_an_input_that_cannot_be_read_fails_its_test_and_says_where(route, content, told):
    files = {} if content is None else {"samples/bad.json": content}
    text = "fields: {a: a}\ntests:\n  - name: t\n    input: samples/bad.json\n    expect: {a: 1}\n"
    (trial,) = run_tests(route(text, files))
    (failure,) = trial.failures
    assert str(failure).startswith(told)
    assert (failure.line, trial.outcome) == (6, None)


def test_an_input_outside_the_routes_folder_is_not_read(route):
    text = "fields: {a: a}\ntests:\n  - {name: t, input: ../secret.json, expect: {a: 1}}\n"
    (trial,) = run_tests(route(text, {"../secret.json": "{}"}))
    assert "outside the route's folder" in str(trial.failures[0])


def test_a_test_leaves_its_document_as_it_is_written(tests_of):
    keys = "input: {kind: x, number: '1', items: []}, patch: {'items[0]': {net: 1}}, remove: [kind]"
    route = tests_of(f"  - {{name: a, {keys}, expect_skipped: true}}\n")
    for _ in range(2):
        assert [trial.failures for trial in run_tests(route)] == [()]
    assert route.draft.tests[0].input == {"kind": "x", "number": "1", "items": []}
