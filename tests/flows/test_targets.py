"""What a route writes and its destination never takes: refused when the route is opened, or told of the one document."""

from pathlib import Path

import pytest

from connectors.schemas import destination_schema
from flows.targets import check_payload, faults
from mappings.language import MappingError, Schema, load_route

HEAD = "source: hypatos.documents\ndestination: zefort.contracts\n"
TITLE = "  attributes.title: {from: title, required: true}\n"
ZEFORT = Schema(destination_schema("zefort.contracts", None, None))


@pytest.fixture
def load(tmp_path):
    def load_one(text, **files):
        for name, content in files.items():
            (tmp_path / f"{name}.csv").write_text(content)
        path = tmp_path / "r.yaml"
        path.write_text(HEAD + text)
        return load_route(path)

    return load_one


@pytest.mark.parametrize(
    ("rule", "place", "words"),
    [
        ("status: {value: doen}", (5, 19), "'status' must be one of review, done, archived (did you mean 'done'?)"),
        ("status: {from: x, default: gone}", (5, 30), "'status' must be one of review, done, archived"),
        ("note: {value: 5}", (5, 17), "'note' must be text"),
        ("attributes.end_date: {value: 31.12.2026}", (5, 32), "must be a date such as 2026-12-31"),
        ("attributes.incomplete: {value: true}", (5, 3), "'attributes.incomplete' cannot be written"),
        ("colour: x", (5, 3), "zefort.contracts takes no field 'colour'"),
        ("parties: {list: [{fields: {nmae: x}}]}", (5, 30), "takes no field 'nmae'"),
        ("parties: {list: [{fields: {role: x}}]}", (5, 20), "needs 'parties[].name', and no rule writes it"),
    ],
)
def test_what_no_document_can_make_up_for_is_a_fault_of_the_route_at_its_place(load, rule, place, words):
    route = load(f"fields:\n{TITLE}  {rule}\n")
    found = faults(route, ZEFORT)
    assert words in " ".join(one.message for one in found)
    assert place in [(one.line, one.column) for one in found]


def test_an_entry_of_a_table_is_a_fault_in_the_tables_own_file(load):
    text = f"tables: {{s: s.csv}}\nfields:\n{TITLE}  status: {{from: x, lookup: s}}\n"
    (fault,) = faults(load(text, s="key,value\na,done\nb,doen\n"), ZEFORT)
    assert (Path(fault.path).name, fault.line) == ("s.csv", 3)


def test_a_target_that_the_destination_needs_and_nobody_writes_is_a_fault(load):
    (fault,) = faults(load("fields:\n  note: x\n"), ZEFORT)
    assert "needs 'attributes', and no rule writes it" in fault.message


@pytest.mark.parametrize(
    "route", sorted((Path(__file__).parents[2] / "mappings").glob("*.yaml")), ids=lambda one: one.stem
)
def test_shipped_routes_have_no_faults(route):
    loaded = load_route(route)
    assert faults(loaded, Schema(destination_schema(loaded.destination, route.parent, None))) == []


def refusal(route, fields):
    with pytest.raises(MappingError) as caught:
        check_payload(route, ZEFORT, fields, route.apply(fields))
    return [(one.target, one.line) for one in caught.value.problems], str(caught.value)


def test_everything_that_does_not_fit_is_told_at_once_with_the_lines_of_the_rules_and_no_values(load):
    route = load("fields:\n  attributes.title: title\n  note: note\n  tags:\n    list:\n      - a\n      - b\n")
    problems, words = refusal(route, {"title": "", "note": 4711, "b": " "})
    assert sorted(problems) == [("attributes.title", 4), ("note", 5), ("tags[0]", 9)]
    assert "note: must be text (looks like '9999') (line 5 of the route)" in words
    assert "4711" not in words


def test_what_is_missing_is_told_at_the_rule_that_could_have_written_it(load):
    route = load("fields:\n  attributes.title: title\n  attributes.end_date: {from: end, type: date}\n")
    problems, words = refusal(route, {"end": "2026-01-01"})
    assert problems == [("attributes.title", 4)]
    assert "attributes.title: is missing (line 4 of the route)" in words


def test_of_two_rules_for_the_same_target_the_one_that_wrote_is_named(load):
    text = (
        "fields:\n  attributes.title: title\n  parties:\n    list:\n      - {name: a}\n      - {name: b, country: c}\n"
    )
    problems, _ = refusal(load(text), {"title": "T", "a": "A", "b": "B", "c": 7})
    assert problems == [("parties[1].country", 8)]


def test_inside_an_object_that_was_copied_whole_the_rule_that_copied_is_named(load):
    problems, words = refusal(
        load(
            "fields:\n  attributes.title: title\n  parties: {each: ps, as: p, fields: {name: p.n, x: p}}\n".replace(
                ", x: p", ""
            )
        ),
        {"title": "T", "ps": [{"n": "A"}, {"n": {"deep": 1}}]},
    )
    assert problems == [("parties[1].name", 5)]
    assert "an object with 1 fields" in words


def test_a_payload_that_fits_passes(load):
    route = load(f"fields:\n{TITLE}")
    check_payload(route, ZEFORT, {"title": "T"}, route.apply({"title": "T"}))
