"""The YAML reader: YAML 1.2 scalars, places, and what it refuses."""

import time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.language import RouteError
from mappings.language.yaml_nodes import Mapping, Scalar, plain_data, read_yaml

PATH = Path("some.yaml")


def data(text):
    node = read_yaml(PATH, text)
    return None if node is None else plain_data(node)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("off", "off"),
        ("true", True),
        ("False", False),
        ("TRUE", True),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("", None),
        ("'null'", "null"),
        ("0.1", Decimal("0.1")),
        ("12345678901234567.89", Decimal("12345678901234567.89")),
        ("1.50", Decimal("1.50")),
        ("-7", -7),
        ("0", 0),
        ("-0.5", Decimal("-0.5")),
        ("007", "007"),
        ("1e5", "1e5"),
        ("+1", "+1"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        (".5", ".5"),
        ("5.", "5."),
        (".inf", ".inf"),
        ("2026-02-27", "2026-02-27"),
        ("12:30", "12:30"),
        ("'12'", "12"),
        ('"€"', "€"),
        ("9" * 40, 10**40 - 1),
        ("9" * 41, "9" * 41),
    ],
)
def test_scalars_are_typed_as_yaml_1_2_and_nothing_else_changes_its_type(written, value):
    result = data(f"key: {written}")["key"]
    assert result == value
    assert type(result) is type(value)
    assert str(result) == str(value)


def test_every_node_knows_where_it_stands():
    node = read_yaml(PATH, "a:\n  - ü: x\n    'b': {c: 'y'}\n")
    assert isinstance(node, Mapping)
    inner = node.entries["a"].node.items[0]
    assert (inner.entries["b"].mark.line, inner.entries["b"].mark.column) == (3, 5)
    c = inner.entries["b"].node.entries["c"]
    assert (c.mark.column, c.node.mark.column) == (11, 14)


def test_keys_may_hold_any_space_inside_and_where_it_is_quoted_at_their_ends():
    assert data("{1\u00a0000: a, '\u00a0b': c, 'd:\u00a0': e}") == {"1\u00a0000": "a", "\u00a0b": "c", "d:\u00a0": "e"}


def test_keys_are_text_as_they_were_written():
    assert data("{1: a, true: b, 0.10: c, null: d}") == {"1": "a", "true": "b", "0.10": "c", "null": "d"}


@pytest.mark.parametrize(
    ("text", "place", "fragment"),
    [
        ("a: 1\nb: 2\na: 3\n", (3, 1), "duplicate key 'a' (first on line 1)"),
        ("a: &x 1\n", (1, 4), "anchors and aliases"),
        ("a: 1\nb: *x\n", (2, 4), "anchors and aliases"),
        ("a: !!python/object:os.system x\n", (1, 4), "tags such as"),
        ("a: !x {b: 1}\n", (1, 4), "tags such as"),
        ("a: ! b\n", (1, 4), "tags such as"),
        ("a: 1\n---\nb: 2\n", (2, 1), "a second document"),
        ("a: 'x\nb: 1\n", (1, 4), "unexpected end"),
        ("a: [1,\nb: 2\n", (1, 4), "check the indentation"),
        ("a: b: c\n", (1, 5), "quote text that holds ': '"),
        ("a: @x\n", (1, 4), "quote text that starts with @"),
        ("a: 1\n\tb: 2\n", (2, 1), "indent with spaces"),
        ("ok: 1\nb: \x07\n", (2, 1), "invisible control character"),
        ("? [a]\n: 1\n", (1, 3), "a key must be a word"),
        ("{a: 1, '': 2}\n", (1, 8), "a key must be a word"),
        ("a:\n\u00a0\u00a0b: 1\n  c: 2\n", (2, 1), "only looks like a space (U+00A0); write plain spaces"),
        ("a:\u00a0{b: c, d: e}\n", (1, 1), "only looks like a space (U+00A0)"),
        ("{a: 1,\u3000b: 2}\n", (1, 7), "only looks like a space (U+3000)"),
        ("a: {b:\u202fc}\n", (1, 5), "only looks like a space (U+202F)"),
        ("\u200ba: 1\n", (1, 1), "only looks like a space (U+200B)"),
        ("%YAML 9.9\n---\na: 1\n", (1, 1), "not readable"),
    ],
)
def test_what_cannot_be_read_is_told_at_its_place(text, place, fragment):
    with pytest.raises(RouteError) as caught:
        read_yaml(PATH, text)
    (problem,) = caught.value.problems
    assert fragment in problem.message
    assert (problem.line, problem.column) == place


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "[" * 21 + "]" * 21, "&a [*a]", "a: " + "x" * 1_000_001],
    ids=["brackets", "braces", "dashes", "just too deep", "itself", "too long"],
)
def test_hostile_files_are_refused_at_once(text):
    started = time.process_time()
    with pytest.raises(RouteError):
        read_yaml(PATH, text)
    assert time.process_time() - started < 0.2


def test_nothing_is_read_from_a_file_of_comments():
    assert read_yaml(PATH, "# nothing\n\n") is None


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_any_text_is_read_or_refused_with_a_place(text):
    try:
        node = read_yaml(PATH, text)
    except RouteError as error:
        places = [(problem.line, problem.column) for problem in error.problems]
    else:
        places = [(node.mark.line, node.mark.column)] if node else [(1, 1)]
    assert places
    assert all(line >= 1 and column >= 1 for line, column in places)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=60))
def test_quoted_text_comes_back_unchanged(text):
    quoted = "'" + text.replace("'", "''") + "'"
    if any(not c.isprintable() and not c.isspace() for c in text):
        return  # YAML itself excludes some of these
    node = read_yaml(PATH, f"a: {quoted}")
    assert isinstance(node, Mapping)
    scalar = node.entries["a"].node
    assert isinstance(scalar, Scalar)
    assert scalar.value == text
