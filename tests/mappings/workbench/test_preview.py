"""Previews: every field beside its rule, what nobody reads, and what a save has changed."""

from decimal import Decimal

from mappings.workbench.preview import preview
from mappings.workbench.testing import run_tests
from mappings.workbench.watching import changed_preview, changed_tests

ROUTE = """\
when: kind in kinds
vars: {label: meta.label | upper}
fields:
  title: {template: "{{ label }} {{ number }}"}
  total: {from: total, type: decimal, on_error: review}
  lines: {each: items, as: item, when: item.net > 0, fields: {position: index, net: item.net}}
"""
DOCUMENT = {
    "kind": "a",
    "kinds": ["a"],
    "meta": {"label": "x", "other": 1},
    "number": "7",
    "total": Decimal("1.50"),
    "items": [{"net": 1, "text": "t"}, {"net": 0, "text": "u"}],
    "empty": {},
    "index": 9,
}


def test_fields_have_their_rule_and_unread_values_are_listed(route):
    made = preview(route(ROUTE), DOCUMENT)
    assert [(field.target, field.value, field.origin.line) for field in made.fields] == [
        ("title", "X 7", 6),
        ("total", Decimal("1.50"), 7),
        ("lines[0].position", 1, 8),
        ("lines[0].net", 1, 8),
    ]
    assert dict(made.fields[0].origin.sources) == {"meta.label": "x", "number": "7"}
    assert made.unread == {"meta.other": 1, "items[0].text": "t", "items[1].text": "u", "empty": {}, "index": 9}


def test_a_rejected_document_shows_what_could_be_made(route):
    made = preview(route("fields: {a: {from: a, required: true}, b: b}\n"), {"b": 1})
    assert [(field.target, field.value) for field in made.fields] == [("b", 1)]
    assert [(problem.line, str(problem)) for problem in made.outcome.problems] == [(3, "a: a is missing")]
    assert made.outcome.payload is None


def test_a_problem_and_a_review_show_what_their_rule_has_read_also_inside_lists(route):
    made = preview(
        route(
            "tables: {rates: {rows: {a: 1}, unknown: reject}}\nvars: {day: issued | date('%d.%m.%Y')}\n"
            "fields:\n"
            "  due: day | plus_days(3)\n"
            "  tax: {from: total, type: decimal, on_error: review}\n"
            "  both:\n    first:\n      - {from: absent}\n      - {from: total, type: integer}\n"
            "  lines: {each: items, as: item, fields: {net: {from: item.net, type: decimal}, rate: {from: item.rate, lookup: rates}}}\n"
        ),
        {"issued": "soon", "total": "1,5", "items": [{"net": "1", "rate": "a"}, {"net": "x", "rate": "b"}]},
    )
    read = {problem.target: dict(origin.sources) for problem, origin in made.behind.items()}
    assert read == {
        "due": {"issued": "soon"},
        "tax": {"total": "1,5"},
        "both": {"total": "1,5"},
        "lines[1].net": {"items[1].net": "x"},
        "lines[1].rate": {"items[1].rate": "b"},
    }
    assert not any(origin.by_default for origin in made.behind.values())


def test_a_list_that_is_made_of_more_than_a_path_counts_as_read_whole(route):
    made = preview(
        route("fields: {x: {each: 'items | default([])', as: one, fields: {n: one.n}}}\n"),
        {"items": [{"n": 1, "m": 2}]},
    )
    assert made.unread == {}


def test_what_a_save_changed_is_told_by_field_and_by_test(route):
    tests = "tests:\n  - {name: one, input: {total: 1}, expect: {total: 1}}\n"
    before = route("fields: {total: total, old: a, same: b}\n" + tests + "  - {name: two, expect_missing: [x]}\n")
    after_text = "fields: {total: {from: a, type: decimal, on_error: review}, new: total, same: b}\n"
    document = {"total": Decimal("1.50"), "a": "x", "b": 1}
    then, trials = preview(before, document), run_tests(before)
    after = route(after_text + tests + "  - {name: three, expect_skipped: true}\n")
    now = preview(after, document)
    assert list(changed_preview(then, now)) == [
        "- total (it was 1.50)",
        '- old (it was "x")',
        "+ new = 1.50",
        "new review: total: a is not a number (looks like 'a')",
    ]
    assert list(changed_preview(now, now)) == []
    assert list(changed_tests(trials, run_tests(after))) == [
        "now fails: one",
        "new test, it fails: three",
        "test is gone: two",
    ]
    rejected = preview(route("fields: {x: {from: none, required: true}}\n"), document)
    assert next(changed_preview(now, rejected)) == "the document was mapped and is now rejected"
