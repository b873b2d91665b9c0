"""What a route writes and its destination never takes: refused when the route is opened, or told of the one document."""

from pathlib import Path

import httpx
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


@pytest.fixture
def routes(accounts, empty, monkeypatch):
    monkeypatch.setenv("DOCFERRY_MAPPINGS", str(empty))
    return empty


@pytest.mark.parametrize("command", [("run", "r"), ("run", "r", "--dry-run"), ("check", "r")])
def test_a_wrong_constant_ends_the_command_with_two_before_any_document_is_asked_for(
    routes, accounts, docferry, command
):
    (routes / "r.yaml").write_text(f"{HEAD}fields:\n{TITLE}  status: {{value: doen}}\n")
    before = requests(accounts)
    ended = docferry(*command)
    assert ended.code == 2
    assert "r.yaml:5:19:" in ended.out + ended.err
    assert "did you mean 'done'?" in ended.out + ended.err
    assert command[0] == "check" or requests(accounts) == before  # check makes one cheap call


@pytest.mark.parametrize("dry", [True, False], ids=["dry", "real"])
def test_a_payload_that_does_not_fit_is_rejected_as_data_and_no_request_is_made(routes, accounts, docferry, dry):
    (routes / "r.yaml").write_text(f"{HEAD}fields:\n{TITLE}  note: entities.totalAmount\nfiles: none\n")
    report = docferry("run", "r", "--json", *(["--dry-run"] if dry else []))
    assert (report.code, report.json["delivered"]) == (1, 0)
    assert report.json["rejected"] == report.json["listed"] > 0
    assert "note: must be text (looks like '" in report.out
    assert "(line 5 of the route)" in report.out
    assert httpx.get(accounts["zefort"]["control"] + "state").json()["contracts"] == {}


def requests(accounts):
    return httpx.get(accounts["hypatos"]["control"] + "state").json()["requests"]["total"]
