"""Lookup tables, inline and in csv files."""

from decimal import Decimal

import pytest

from mappings.language import MappingError, RouteError


def test_a_value_is_replaced_by_its_entry_and_an_unknown_one_counts_as_missing(route):
    loaded = route(
        'tables: {t: {"€": EUR, 1: one, true: yes, 1.50: x}}\nfields: {a: {from: a, lookup: t}, b: {from: b, lookup: t, default: none}}\n'
    )
    assert loaded.apply({"a": "€", "b": "?"}).payload == {"a": "EUR", "b": "none"}
    assert loaded.apply({"a": 1, "b": True}).payload == {"a": "one", "b": "yes"}
    assert loaded.apply({"a": Decimal("1.50")}).payload == {"a": "x", "b": "none"}
    assert loaded.apply({"a": None}).payload == {"a": None, "b": "none"}
    assert loaded.apply({"a": "eur"}).payload == {"b": "none"}


def test_a_required_lookup_says_what_the_unknown_value_looks_like(route):
    loaded = route("tables: {t: {a: b}}\nfields: {x: {from: y, lookup: t, required: true}}\n")
    with pytest.raises(MappingError, match=r"x: y has no entry in table 't' \(looks like 'AAA'\)"):
        loaded.apply({"y": "XYZ"})
    with pytest.raises(MappingError, match=r"x: y cannot be looked up in table 't': it is not a single value"):
        loaded.apply({"y": ["a"]})
    with pytest.raises(MappingError, match=r"x: y is missing"):
        loaded.apply({})


def test_a_csv_file_is_a_table_too(route):
    csv = '\ufeffkey,value\r\ninvoice,Invoices\r\n\r\n credit_note , Credit notes \r\n"a,b","x""y"\r\n007,NO\r\n'
    loaded = route("tables: {t: tables/t.csv}\nfields: {x: {from: y, lookup: t}}\n", {"tables/t.csv": csv})
    found = [loaded.apply({"y": key}).payload.get("x") for key in ("invoice", "credit_note", "a,b", "007", "7")]
    assert found == ["Invoices", "Credit notes", 'x"y', "NO", None]


@pytest.mark.parametrize(
    ("csv", "expected"),
    [
        ("", ["t.csv:1:1: the file is empty; its first line must be: key,value"]),
        ("key,value\n\n", ["t.csv:1:1: the table has no entries"]),
        (
            "key,value\na\0,b\nc,d\x1b\n",
            ["t.csv:2:1: this line holds a control", "t.csv:3:1: this line holds a control"],
        ),
        ("a,b\n", ["t.csv:1:1: the first line must be: key,value"]),
        ("key;value\na;b\n", ["t.csv:1:1: the first line must be: key,value (with a comma between them)"]),
        (
            "key,value\na,b\na,c\nd\n,e\nf,\n",
            [
                "t.csv:3:1: duplicate key 'a' (first on line 2)",
                "t.csv:4:1: this line has 1 columns instead of 2",
                "t.csv:5:1: this line has no key",
                "t.csv:6:1: this line has no value",
            ],
        ),
        (
            "key,value\na,b,c\n",
            ["t.csv:2:1: this line has 3 columns instead of 2; put quotes around text that holds a comma"],
        ),
        ('key,value\n"a,b\n', ["t.csv:2:1: this line is not readable as csv"]),
    ],
)
def test_mistakes_in_a_csv_file_are_told_at_their_line_in_that_file(route, csv, expected):
    with pytest.raises(RouteError) as caught:
        route("tables: {t: tables/t.csv}\nfields: {x: {from: y, lookup: t}}\n", {"tables/t.csv": csv})
    lines = str(caught.value).splitlines()
    assert len(lines) == len(expected)
    assert all(text in line for text, line in zip(expected, lines, strict=True))


def test_a_table_outside_the_routes_folder_is_not_read(route, tmp_path):
    (tmp_path.parent / "secret.csv").write_text("key,value\na,b\n")
    (tmp_path / "link.csv").symlink_to(tmp_path.parent / "secret.csv")
    for name in ("../secret.csv", str(tmp_path.parent / "secret.csv"), "link.csv", "tables/../../secret.csv"):
        with pytest.raises(RouteError, match="outside the route's folder"):
            route(f"tables: {{t: {name}}}\nfields: {{x: {{from: y, lookup: t}}}}\n")
