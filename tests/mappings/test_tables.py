"""Lookup tables, inline and in csv files."""

import os
from decimal import Decimal

import pytest

from mappings.language import MappingError, RouteError, load_route
from mappings.language.files import Folder, UnreadableError


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


def test_a_file_beside_the_route_that_is_not_utf_8_is_told_how_to_save_what_it_is(route, tmp_path):
    for name, told in {
        "t.csv": "save it as UTF-8 (spreadsheets call it 'CSV UTF-8')",
        "t.json": "save it as UTF-8",
    }.items():
        (tmp_path / name).write_bytes("key,value\na,Größe\n".encode("latin-1"))
        with pytest.raises(UnreadableError) as caught:
            Folder(tmp_path / "route.yaml").text(name)
        assert str(caught.value) == f"{name} is not UTF-8; {told}"


def test_a_table_outside_the_routes_folder_is_not_read(route, tmp_path):
    (tmp_path.parent / "secret.csv").write_text("key,value\na,b\n")
    (tmp_path / "link.csv").symlink_to(tmp_path.parent / "secret.csv")
    for name in ("../secret.csv", str(tmp_path.parent / "secret.csv"), "link.csv", "tables/../../secret.csv"):
        with pytest.raises(RouteError, match="outside the route's folder; keep it there or in a folder below"):
            route(f"tables: {{t: {name}}}\nfields: {{x: {{from: y, lookup: t}}}}\n")


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        ("decimal", "12.50", Decimal("12.50")),
        ("integer", "007", 7),
        ("boolean", "True", True),
        ("date", "2026-02-27", "2026-02-27"),
        ("string", "7", "7"),
    ],
)
def test_the_values_of_a_table_have_its_type(route, kind, written, value):
    text = f"tables: {{t: {{file: t.csv, type: {kind}}}}}\nfields: {{x: {{from: y, lookup: t}}, z: y | lookup('t')}}\n"
    payload = route(text, {"t.csv": f"key,value\na,{written}\n"}).apply({"y": "a"}).payload
    assert payload == {"x": value, "z": value}
    assert type(payload["x"]) is type(value)
    inline = f'tables: {{t: {{rows: {{a: "{written}"}}, type: {kind}}}}}\nfields: {{x: {{from: y, lookup: t}}}}\n'
    assert route(inline).apply({"y": "a"}).payload == {"x": value}


def test_values_that_are_not_of_the_tables_type_are_told_at_their_lines_without_the_value(route):
    with pytest.raises(RouteError) as caught:
        route(
            "tables: {t: {file: tables/t.csv, type: decimal}}\nfields: {x: {from: y, lookup: t}}\n",
            {"tables/t.csv": "key,value\na,1.5\n\nb,12 EUR\nc,1e5\n"},
        )
    assert [line.partition("tables/t.csv:")[2] for line in str(caught.value).splitlines()] == [
        "4:1: table 't': the value for 'b' is not a number (looks like '99 AAA')",
        "5:1: table 't': the value for 'c' is not a number (looks like '9a9')",
    ]


@pytest.mark.parametrize(
    ("unknown", "expected"),
    [("missing", {"a": "d", "c": None}), ("keep", {"a": 1.5, "b": 1.5, "c": None}), ("reject", None)],
)
def test_a_value_without_an_entry_is_missing_or_kept_or_rejected(route, unknown, expected):
    loaded = route(
        f"tables: {{t: {{rows: {{a: b}}, unknown: {unknown}}}}}\n"
        "fields: {a: {from: v, lookup: t, default: d}, b: v | lookup('t'), c: {from: n, lookup: t}}\n"
    )
    document = {"v": Decimal("1.5"), "n": None}
    if expected is not None:
        assert loaded.apply(document).payload == expected
        return
    with pytest.raises(MappingError) as caught:
        loaded.apply(document)
    assert str(caught.value) == (
        "a: v has no entry in table 't' (looks like '9.9'); b: 'v | lookup('t')' has no entry in table 't' (looks like '9.9')"
    )
    assert loaded.apply({"v": "a"}).payload == {"a": "b", "b": "b"}


def test_an_entry_may_be_called_like_a_key_of_tables(route):
    loaded = route(
        "tables: {t: {file: Datei, kind: Art}, u: {rows: {file: x.csv}}}\nfields: {x: {from: y, lookup: t}, z: y | lookup('u')}\n"
    )
    assert loaded.apply({"y": "file"}).payload == {"x": "Datei", "z": "x.csv"}


def test_a_table_that_was_edited_is_used_by_the_next_run_under_another_version(write_route):
    text = "source: a.b\ndestination: c.d\ntables: {t: t.csv}\nfields: {x: {from: y, lookup: t}}\n"
    path = write_route(text, {"t.csv": "key,value\na,old\n"})
    before = load_route(path)
    (path.parent / "t.csv").write_text("key,value\na,new\n", encoding="utf-8")
    after = load_route(path)
    assert (before.apply({"y": "a"}).payload, after.apply({"y": "a"}).payload) == ({"x": "old"}, {"x": "new"})
    assert before.version != after.version


def test_what_is_no_file_or_too_long_is_told_and_not_read(route, tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    with (tmp_path / "long.csv").open("wb") as file:
        file.truncate(20_000_001)
    for name, sentence in (("pipe", "is not a file"), ("folder", "is not a file"), ("long", "is too long")):
        with pytest.raises(RouteError, match=f"{name}.csv {sentence}"):
            route(f"tables: {{t: {name}.csv}}\nfields: {{x: {{from: y, lookup: t}}}}\n")
