"""Coverage: which rules and conditions the tests of a route show, and which not."""

import pytest

from mappings.workbench.coverage import measured

ROUTE = """\
when: kind != 'letter'
fields:
  title: {first: [name, {from: number, when: number != 0}, {value: none}]}
  lines:
    each: items
    as: item
    when: item.net > 0
    fields: {net: item.net, code: {from: item.code, lookup: codes}}
  party:
    when: buyer
    fields: {name: buyer}
  a.b: flag
tables:
  codes: {a: A, b: B}
"""


@pytest.fixture
def coverage(route):
    """Return the coverage of these tests, written one per line as { }."""

    def run(*tests):
        text = "tests:\n" + "".join(f"  - {{name: t{number}, {test}}}\n" for number, test in enumerate(tests))
        trials, coverage = measured(route(ROUTE + (text if tests else "")))
        assert [failure for trial in trials for failure in trial.failures] == []
        return coverage

    return run


def gaps(coverage):
    return [(gap.line, gap.target, gap.message) for gap in coverage.gaps]


def test_without_tests_nothing_is_covered(coverage):
    found = coverage()
    assert (found.percent, found.covered, found.points) == (0, 0, 11)
    assert gaps(found) == [
        (3, "", "there is no test in which this is not true: kind != 'letter'"),
        (5, "title", "no test makes a value with this rule"),
        (5, "title", "no test makes a value with this rule"),
        (5, "title", "there is no test in which this is not true: number != 0"),
        (5, "title", "no test makes a value with this rule"),
        (9, "lines", "there is no test in which this is not true: item.net > 0"),
        (10, "lines[].net", "no test makes a value with this rule"),
        (10, "lines[].code", "no test makes a value with this rule"),
        (12, "party", "there is no test in which this is not true: buyer"),
        (13, "party.name", "no test makes a value with this rule"),
        (14, "a.b", "no test makes a value with this rule"),
    ]


def test_a_rule_whose_value_nobody_expects_is_not_covered(coverage):
    found = coverage("input: {kind: x, name: n, flag: 1}, expect: {title: n}")
    assert (5, "title", "no test makes a value with this rule") in gaps(found)
    assert (14, "a.b", "its value is made in tests, but none expects it") in gaps(found)
    assert (12, "party", "there is no test in which this is not true: buyer") not in gaps(found)


def test_alternatives_conditions_both_ways_and_items_make_it_whole(coverage):
    found = coverage(
        "input: {kind: letter}, expect_skipped: true",
        "input: {kind: x, name: n, flag: null}, expect: {title: n, a: {b: null}}",
        "input: {kind: x, number: 7, buyer: b}, expect: {title: 7, party.name: b}",
        "input: {kind: x, number: 0, items: [{net: 0}, {net: 1, code: a}]}, expect: {title: none, 'lines[-1]': {net: 1, code: A}}",
    )
    assert gaps(found) == []
    assert (found.percent, found.rows) == (100, {"codes": (1, 2)})


def test_what_is_rejected_or_fails_shows_no_values_but_its_conditions(coverage):
    found = coverage("input: {kind: x, items: 5, buyer: b, flag: 1}, expect_error: lines")
    assert {"no test makes a value with this rule"} <= {gap.message for gap in found.gaps}
    assert "its value is made in tests, but none expects it" not in {gap.message for gap in found.gaps}


def test_a_percentage_is_rounded_down(coverage):
    assert coverage("input: {kind: x, name: n}, expect: {title: n}").percent == 18  # 2 of 11
