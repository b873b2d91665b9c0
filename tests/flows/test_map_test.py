"""`docferry map test` as people and CI systems use it, and the tests of the shipped routes."""

import json
from pathlib import Path

import pytest
from junitparser import JUnitXml

from flows.map_testing import try_route
from flows.routes import route_names
from flows.settings import Gateway

ROUTE = """\
source: hypatos.documents
destination: zefort.contracts
fields:
  attributes.title: {from: entities.number, required: true}
  attributes.currency: entities.currency
tests:
  - name: titled
    input: {entities: {number: A, currency: EUR}}
    expect: {attributes.title: A}   # so
"""
FAILING = ROUTE.replace("title: A}", "title: B}")


@pytest.fixture
def routes(empty, monkeypatch):
    """Return what writes a route into the folder of routes."""
    folder = empty / "routes"
    folder.mkdir()
    monkeypatch.setenv("DOCFERRY_MAPPINGS", "routes")

    def write(name, text):
        path = folder / f"{name}.yaml"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize("name", route_names(Gateway(_env_file=None).mappings))
def test_the_tests_of_a_shipped_route_pass_and_cover_it(name):
    tested = try_route(Gateway(_env_file=None), name)
    assert tested.problems == ()
    assert [str(failure) for trial in tested.failed for failure in trial.failures] == []
    assert [str(gap) for gap in tested.coverage.gaps] == []
    assert len(tested.trials) >= 4
    assert tested.unchecked == ""


def test_a_route_that_passes_says_how_many_and_how_much(routes, docferry):
    routes("one", ROUTE)
    ended = docferry("map", "test")
    assert (ended.code, ended.out) == (0, "one  1 passed, 50 % of the rules covered\n")
    assert docferry("map", "test", "one", "--coverage").out.splitlines()[1:] == [
        "  not covered routes/one.yaml:5:24: attributes.currency: its value is made in tests, but none expects it"
    ]


def test_a_failing_test_names_file_line_both_sides_and_the_rule(routes, docferry):
    routes("one", FAILING)
    routes("two", ROUTE)
    ended = docferry("map", "test", "one", "two")
    assert ended.code == 1
    assert ended.out.splitlines() == [
        "one  0 passed, 1 failed, 50 % of the rules covered",
        "  FAILED titled  routes/one.yaml:7",
        '    line 9  attributes.title: expected "B", got "A" (rule on line 4)',
        "two  1 passed, 50 % of the rules covered",
        "1 passed, 1 failed in 2 routes",
    ]


def test_json_holds_both_sides_with_every_digit(routes, docferry):
    routes(
        "one",
        ROUTE.replace("title: A}", "currency: 0.10}").replace("currency: EUR", "currency: 12345678901234567890.10"),
    )
    ended = docferry("map", "test", "--json")
    assert ended.code == 1
    assert '"got": 12345678901234567890.10' in ended.out
    (route,) = ended.json["routes"]
    assert (ended.json["ok"], route["passed"], route["failed"], route["coverage"]["points"]) == (False, 0, 1, 2)
    (failure,) = route["tests"][0]["failures"]
    assert (failure["line"], failure["target"], failure["rule"], failure["expected"]) == (
        9,
        "attributes.currency",
        5,
        0.1,
    )


def test_a_file_that_cannot_be_used_is_2_and_the_others_are_tested_all_the_same(routes, docferry, tmp_path):
    routes("bad", ROUTE.replace("from:", "form:"))
    routes("one", FAILING)
    ended = docferry("map", "test", "--junit", "results.xml")
    assert ended.code == 2
    assert "unknown key 'form' (did you mean 'from'?)" in ended.out
    assert "0 passed, 1 failed, 1 route files cannot be used in 2 routes" in ended.out
    read = JUnitXml.fromfile(str(tmp_path / "results.xml"))
    assert (read.tests, read.failures, read.errors) == (2, 1, 1)
    assert docferry("map", "test", "--json").json["routes"][0]["problems"][0]["line"] == 4


def test_an_unknown_route_is_2_before_anything_is_run(routes, docferry):
    routes("one", ROUTE)
    ended = docferry("map", "test", "one", "onne", "--accept")
    assert (ended.code, ended.out) == (2, "")
    assert "There is no route 'onne'. Did you mean 'one'?" in ended.err


def test_a_folder_without_routes_is_2(routes, docferry):
    ended = docferry("map", "test")
    assert ended.code == 2
    assert "routes has no routes (*.yaml); set DOCFERRY_MAPPINGS" in ended.err


def test_a_route_file_with_another_ending_is_told_how_it_must_be_called(routes, docferry):
    Path("routes/one.yml").write_text(ROUTE)
    assert "routes has no routes (*.yaml); call one.yml one.yaml" in docferry("map", "test").err
    assert "routes has no routes (*.yaml); call one.yml one.yaml" in docferry("map", "lint").err
    assert (
        "There is no route 'one'. routes has no routes (*.yaml); call one.yml" in docferry("map", "preview", "one").err
    )
    routes("two", ROUTE)
    assert "There is no route 'one'. Call one.yml one.yaml. routes has two." in docferry("map", "test", "one").err


def test_accept_writes_the_file_once_and_everything_passes_afterwards(routes, docferry):
    path = routes("one", FAILING)
    ended = docferry("map", "test", "--accept")
    assert (ended.code, path.read_text()) == (0, ROUTE)
    assert "accepted titled: what comes out now is what it expects" in ended.out
    assert "accepted" not in docferry("map", "test", "--accept").out


def test_accept_says_why_it_could_not_write_and_leaves_the_file_alone(routes, docferry):
    text = FAILING.replace("{entities: {number: A, currency: EUR}}", "big.json").replace("zefort.", "elsewhere.")
    path = routes("one", text)
    (path.parent / "big.json").write_text(f'{{"entities": {{"number": {10**50}}}}}')
    ended = docferry("map", "test", "--accept", "--json")
    assert (ended.code, path.read_text()) == (1, text)
    assert "cannot be written into this file" in ended.json["routes"][0]["not_accepted"]


def test_a_payload_that_the_destination_never_takes_fails_its_test(routes, docferry):
    path = routes("one", ROUTE.replace("currency: EUR", "currency: {x: 1}"))
    attributes = {"properties": {"currency": {"type": "string"}}}
    learned = {"learned": {"attributes": attributes}}  # as docferry learn keeps it
    (path.parent / "schemas").mkdir()
    (path.parent / "schemas" / "zefort.json").write_text(json.dumps(learned))
    ended = docferry("map", "test")
    assert ended.code == 1
    assert "attributes.currency: rejected: the destination refuses it: must be" in ended.out
    assert "(rule on line 5)" in ended.out


def test_a_destination_without_a_schema_is_said_and_is_no_failure(routes, docferry):
    routes("one", ROUTE.replace("zefort.contracts", "elsewhere.things"))
    ended = docferry("map", "test")
    assert ended.code == 0
    assert "payloads were not compared with a schema: there is no provider elsewhere" in ended.out


def test_a_route_without_tests_is_told_and_is_no_failure(routes, docferry):
    routes("one", ROUTE.partition("tests:")[0])
    ended = docferry("map", "test")
    assert (ended.code, ended.out) == (0, "one  no tests yet; write them under tests: in routes/one.yaml\n")


def test_documents_values_stay_out_of_the_log(routes, docferry):
    routes("one", FAILING)
    assert docferry("--verbose", "map", "test").err == ""
    assert json.loads(docferry("--verbose", "map", "preview", "one", "--json").out)["payload"]
    assert docferry("--verbose", "map", "preview", "one").err == ""
