"""Edits of a route file's text: one entry changes, and every other character stays."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from mappings.language.yaml_nodes import plain_data, read_yaml
from mappings.workbench.edits import EditError, append, remove, set_value

BLOCK = """\
# at the top
a:   1   # one
"b c":  # two
  - x
  - y     # why
d: {e: 1, f: [1, 2]}
g: |
  text

h:
# between
i: 'last'   # end"""


def data(text):
    return plain_data(read_yaml(Path("r.yaml"), text))


@pytest.mark.parametrize(
    ("keys", "value", "old", "new"),
    [
        (("a",), Decimal("2.50"), "a:   1   # one", "a:   2.50   # one"),
        (("a",), "1", "a:   1   # one", "a:   '1'   # one"),
        (("a",), ["x"], "a:   1   # one", "a:   [x]   # one"),
        (("b c",), "z", '"b c":  # two\n  - x\n  - y     # why', '"b c":  # two\n  z     # why'),
        (("d", "e"), "a, b", "{e: 1, ", "{e: 'a, b', "),
        (("d", "f"), None, "[1, 2]", "null"),
        (("d", "x"), {"y": []}, "[1, 2]}", "[1, 2], x: {y: []}}"),
        (("g",), "other", "g: |\n  text\n\n", "g: other\n\n"),
        (("h",), True, "h:\n", "h: true\n"),
        (("i",), "two\nlines", "'last'", '"two\\nlines"'),
        (("j",), "new", "# end", "# end\nj: new"),
        (("a",), ["x" * 60, "y" * 60], "a:   1   # one", f"a:\n  - {'x' * 60}\n  - {'y' * 60}   # one"),
    ],
)
def test_one_value_changes_and_nothing_else(keys, value, old, new):
    assert BLOCK.count(old) == 1
    assert set_value(BLOCK, keys, value) == BLOCK.replace(old, new)


@pytest.mark.parametrize(
    ("keys", "old", "new"),
    [
        (("a",), "a:   1   # one\n", ""),
        (("b c",), '"b c":  # two\n  - x\n  - y     # why\n', ""),
        (("b c", 0), "  - x\n", ""),
        (("b c", 1), "  - y     # why\n", ""),
        (("d", "e"), "{e: 1, f", "{f"),
        (("d", "f"), "{e: 1, f: [1, 2]}", "{e: 1}"),
        (("d", "f", 1), "[1, 2]", "[1]"),
        (("g",), "g: |\n  text\n\n", ""),
        (("i",), "\ni: 'last'   # end", "\n"),
    ],
)
def test_one_entry_goes_and_nothing_else(keys, old, new):
    assert BLOCK.count(old) == 1
    assert remove(BLOCK, keys) == BLOCK.replace(old, new)


@pytest.mark.parametrize("empty", ["{e: , f: 2}", "{f: 2, e: }", "{e: ~, f: 2}"])
def test_an_empty_entry_of_an_object_on_one_line_gets_its_value(empty):
    assert data(set_value(f"d: {empty}  # so\n", ("d", "e"), 1)) == {"d": {"e": 1, "f": 2}}


def test_the_first_key_behind_a_dash_goes_and_the_next_takes_its_place():
    assert remove("t:\n  - a: 1\n    b: 2\n", ("t", 0, "a")) == "t:\n  - b: 2\n"


def test_items_are_added_where_the_list_is_written_on_one_line_and_on_several():
    assert append(BLOCK, ("d", "f"), "a, b").count("f: [1, 2, 'a, b']") == 1
    assert append(BLOCK, ("b c",), "z").count("  - y     # why\n  - z\n") == 1
    assert append("a: []\n", ("a",), "z") == "a: [z]\n"


def test_a_file_with_windows_line_ends_keeps_them():
    text = "a:\r\n  b: 1\r\n"
    assert set_value(text, ("a", "c"), 2) == "a:\r\n  b: 1\r\n  c: 2\r\n"
    assert remove("a: 1\r\nb: 2\r\n", ("a",)) == "b: 2\r\n"


@pytest.mark.parametrize("keys", [("x", "y"), ("a", "y"), ("b c", "y"), ("b c", 2, "y")])
def test_a_place_that_is_not_there_is_refused(keys):
    with pytest.raises(EditError):
        set_value(BLOCK, keys, 1)
    with pytest.raises(EditError):
        remove(BLOCK, keys)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**39), 10**39),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=4),
    TEXTS,
    st.sampled_from(
        ["NO", "1e5", "null", "~", "- x", "a: b", "a #b", "{x", "[0]", "'", '"', "12", "1.5", "2026-01-01"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS.filter(bool), inner, max_size=4),
    max_leaves=12,
)
PLACES = [("a",), ("b c",), ("d", "e"), ("d", "f"), ("d", "new"), ("g",), ("h",), ("i",), ("new",)]


@given(VALUES, st.sampled_from(PLACES), st.sampled_from(["\n", "\r\n"]))
@example({"\u00a0a": {"b\u200b": 1, "c:\u3000d": ["\u2060"]}}, PLACES[0], "\n")
def test_what_is_written_is_read_back_exactly_and_the_rest_is_as_it_was(value, keys, newline):
    before = BLOCK.replace("\n", newline)
    try:
        after = set_value(before, keys, value)
    except EditError:
        assume(False)
    expected = data(before)
    place = expected
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    assert repr(data(after)) == repr(expected)
    for comment in ("# at the top", "# one", "# two", "# between", "# end"):
        assert comment in after
