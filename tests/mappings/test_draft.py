"""A route file as it stands: everything in it with its place, mistakes and all, and older versions of it."""

from decimal import Decimal

import pytest

from mappings.language import RouteError, load_bundle, load_route, read_draft
from mappings.language.model import First, From, Items
from mappings.language.paths import PathError, read_path
from mappings.language.problems import Mark

TEXT = """\
source: hypatos.documents
destination: zefort.contracts
resend: changed
tables:
  inline: {a: 1}
  csv: {file: tables/t.csv, unknown: keep}
vars:
  label: kind | lookup('csv')
fields:
  a.b: 'x'
  c: {from: y, when: "z", default: [1]}   # a comment
  d:
    list:
      - e
      - {value: 5}
  f:
    first: [g, h]
    required: true
tests:
  - name: one
    input: {y: 1.50}
    patch: {"items[0].n": null}
    remove: [z]
    expect: {c: 1.50, "d[1]": 5}
    expect_missing: [e]
    expect_review: q
  - name: two
    expect_error: {f: missing}
  - {name: three, expect_skipped: true}
"""
CSV = 'key,value\na,1\n\n"b\nc",2\nd,3\n'


@pytest.fixture
def path(write_route):
    return write_route(TEXT, {"tables/t.csv": CSV})


def written(text, mark, end):
    """Return what stands between two places."""
    lines = text.splitlines(keepends=True)
    if mark.line == end.line:
        return lines[mark.line - 1][mark.column - 1 : end.column - 1]
    between = lines[mark.line - 1][mark.column - 1 :], *lines[mark.line : end.line - 1]
    return "".join([*between, lines[end.line - 1][: end.column - 1]])


def test_a_draft_has_everything_with_its_place(path):
    draft = read_draft(path)
    assert draft.problems == ()
    assert (draft.path, draft.text, draft.resend, draft.files) == (path, TEXT, "changed", "all")
    assert (draft.keys["fields"], draft.marks["fields"]) == (Mark(9, 1), Mark(10, 3))
    label = draft.vars["label"]
    assert (label.mark, label.expression.mark, label.expression.text) == (
        Mark(8, 3),
        Mark(8, 10),
        "kind | lookup('csv')",
    )
    (_, first), (_, second), (_, third), (target, fourth) = draft.fields.rules
    assert (first.target, first.key, first.mark) == ("a.b", Mark(10, 3), Mark(10, 8))
    assert written(TEXT, first.source.expression.mark, first.source.expression.end) == "'x'"
    assert (second.key, second.marks["when"], second.marks["default"]) == (Mark(11, 3), Mark(11, 22), Mark(11, 36))
    assert written(TEXT, second.mark, second.end) == '{from: y, when: "z", default: [1]}'
    assert isinstance(third.source, Items)
    assert [(item.key, item.mark, item.target) for item in third.source.rules] == [
        (Mark(14, 9), Mark(14, 9), "d[]"),
        (Mark(15, 9), Mark(15, 9), "d[]"),
    ]
    assert written(TEXT, third.mark, third.end) == "list:\n      - e\n      - {value: 5}"
    assert target == "f"
    assert isinstance(fourth.source, First)
    assert fourth.required
    assert [rule.source for rule in fourth.source.rules if isinstance(rule.source, From)][1].expression.text == "h"


def test_a_draft_has_tests_with_their_places(path):
    one, two, three = read_draft(path).tests
    assert [(test.name, test.mark) for test in (one, two, three)] == [
        ("one", Mark(20, 5)),
        ("two", Mark(27, 5)),
        ("three", Mark(29, 5)),
    ]
    assert (one.end, three.end) == (Mark(26, 21), Mark(29, 40))
    assert (one.input, one.patch, one.remove) == ({"y": Decimal("1.50")}, {"items[0].n": None}, ("z",))
    assert (one.expect, one.expect_missing, one.expect_review) == ({"c": Decimal("1.50"), "d[1]": 5}, ("e",), {"q": ""})
    assert (two.input, two.expect_error, three.expect_skipped) == ({}, {"f": "missing"}, True)
    assert (one.marks["expect"], one.marks["expect.d[1]"]) == (Mark(24, 13), Mark(24, 31))
    assert one.marks["patch.items[0].n"] == Mark(22, 27)


def test_every_entry_of_a_table_knows_where_it_stands(path):
    tables = read_draft(path).tables
    assert (tables["inline"].mark, tables["inline"].places, tables["inline"].path(path)) == (
        Mark(5, 3),
        {"a": Mark(5, 15)},
        path,
    )
    assert tables["csv"].places == {"a": Mark(2, 1), "b\nc": Mark(4, 1), "d": Mark(6, 1)}
    assert (tables["csv"].file, tables["csv"].path(path)) == ("tables/t.csv", path.parent / "tables/t.csv")


def test_other_text_takes_the_place_of_the_file(path):
    unsaved = TEXT.replace("a.b: 'x'", "a.b: x +")
    draft = read_draft(path, unsaved)
    assert draft.text == unsaved
    assert [(problem.line, problem.path) for problem in draft.problems] == [(10, path)]
    assert load_route(path, TEXT + "# new\n").version != load_route(path).version
    with pytest.raises(RouteError, match=r"route\.yaml:10:8"):
        load_route(path, unsaved)


@pytest.mark.parametrize(
    "text", ["", "- a", "a: [", "x: 1", "fields: 5\nvars: 5\ntests: 5\ntables: 5\nfeedback: 5\nwhen: 5"]
)
def test_a_draft_of_anything_is_read_and_has_problems(path, text):
    draft = read_draft(path, text)
    assert draft.problems
    assert draft.text == text


def test_a_draft_of_a_file_that_is_not_there_says_so(tmp_path):
    (problem,) = read_draft(tmp_path / "none.yaml").problems
    assert problem.message == "there is no such file"


def test_a_route_is_made_again_from_the_texts_it_was_made_of(path):
    route = load_route(path)
    bundle = route.bundle()
    assert bundle == {"route.yaml": TEXT, "tables/t.csv": CSV}
    path.unlink()
    (path.parent / "tables/t.csv").unlink()
    again = load_bundle("route", bundle)
    assert (again.name, again.version, again.rules) == ("route", route.version, route.rules)
    document = {"kind": "d", "x": 1, "h": 2}
    assert again.apply(document) == route.apply(document)


def test_a_bundle_that_lacks_a_file_says_so(path):
    bundle = load_route(path).bundle()
    with pytest.raises(
        RouteError, match=r"route\.yaml:6:15: table 'csv': there is no file tables/t\.csv in the bundle"
    ):
        load_bundle("route", {"route.yaml": bundle["route.yaml"]})
    with pytest.raises(RouteError, match=r"other\.yaml:1:1: this file is not in the bundle"):
        load_bundle("other", bundle)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("a", ("a",)),
        ("a.b[0].c", ("a", "b", 0, "c")),
        ("a[-1][2]", ("a", -1, 2)),
        ("fields['odd key'].x", ("fields", "odd key", "x")),
        ("x-y.z 1.ü", ("x-y", "z 1", "ü")),
        ("a.0.b", ("a", "0", "b")),
    ],
)
def test_a_path_is_read_into_its_steps(text, steps):
    assert read_path(text) == steps


@pytest.mark.parametrize(
    "text", ["", ".a", "a.", "a..b", "a[x]", "a[0]b", "[0]", "a b .c", "a{", "a[]", "a\n.b", "a['b'"]
)
def test_what_is_no_path_is_told(text):
    with pytest.raises(PathError, match="is not a path; write one such as"):
        read_path(text)
