"""`docferry map schema` as people and CI use it: what it writes, when that is stale, what it says about mistakes."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

import mappings
from connectors.hypatos.feedback import ACTIONS

SHIPPED = Path(mappings.__file__).parent
ROUTE = "source: hypatos.documents\ndestination: zefort.contracts\nfields: {attributes.title: title}\n"
NAMED = "# yaml-language-server: $schema=schemas/{}.schema.json\n"


@pytest.fixture
def routes(empty, monkeypatch):
    """Make a folder with one route, where the command looks for routes."""
    folder = empty / "routes"
    folder.mkdir()
    (folder / "one.yaml").write_text(NAMED.format("one") + ROUTE)
    monkeypatch.setenv("DOCFERRY_MAPPINGS", str(folder))
    return folder


def schema(folder, route="one"):
    return json.loads((folder / "schemas" / f"{route}.schema.json").read_text())


def states(ended):
    return {one["route"]: one["state"] for one in ended.json["schemas"]}


def test_the_schemas_of_the_shipped_routes_are_up_to_date_and_named_by_them(empty, docferry):
    checked = docferry("map", "schema", "--check", "--json")
    assert {one["route"] for one in checked.json["schemas"]} == {path.stem for path in SHIPPED.glob("*.yaml")}
    assert [one for one in checked.json["schemas"] if one["state"] != "current" or one["says"]] == []
    assert (checked.code, checked.json["left_over"]) == (0, [])


def test_a_missing_schema_is_found_then_written_and_not_written_again(routes, docferry):
    stale = docferry("map", "schema", "--check")
    assert stale.code == 1
    assert "stale" in stale.out
    assert "Next: docferry map schema" in stale.out
    assert not (routes / "schemas").exists()
    written = docferry("map", "schema", "--json")
    assert (written.code, states(written)) == (0, {"one": "written"})
    before = (routes / "schemas" / "one.schema.json").stat().st_mtime_ns
    again = docferry("map", "schema", "one", "--json")
    assert (again.code, states(again)) == (0, {"one": "current"})
    assert (routes / "schemas" / "one.schema.json").stat().st_mtime_ns == before
    assert docferry("map", "schema", "--check").code == 0


def test_on_a_full_disk_a_schema_stays_as_it_was_and_the_file_is_named(routes, docferry, monkeypatch):
    docferry("map", "schema")
    before = schema(routes)
    (routes / "one.yaml").write_text(ROUTE.replace("zefort.contracts", "contractfit.documents"))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    ended = docferry("map", "schema")
    assert ended.code == 3
    assert f"No space left on device: {routes / 'schemas' / 'one.schema.json'}" in ended.err
    assert schema(routes) == before
    assert [path.name for path in (routes / "schemas").iterdir()] == ["one.schema.json"]


def test_a_folder_without_routes_is_a_wrong_setting(empty, docferry, monkeypatch):
    monkeypatch.setenv("DOCFERRY_MAPPINGS", str(empty))
    ended = docferry("map", "schema")
    assert ended.code == 2
    assert "DOCFERRY_MAPPINGS" in ended.err


def test_a_schema_is_stale_once_the_route_goes_elsewhere(routes, docferry):
    docferry("map", "schema")
    (routes / "one.yaml").write_text(ROUTE.replace("zefort.contracts", "contractfit.documents"))
    checked = docferry("map", "schema", "--check", "--json")
    assert (checked.code, states(checked)) == (1, {"one": "stale"})


def test_rules_may_change_without_making_it_stale(routes, docferry):
    docferry("map", "schema")
    (routes / "one.yaml").write_text(NAMED.format("one") + ROUTE.replace("title: title", "title: {from: id}"))
    assert docferry("map", "schema", "--check").code == 0


def test_what_was_learned_from_an_account_is_known_to_editors_and_no_left_over(routes, docferry):
    docferry("map", "schema")
    learned = {"learned": {"attributes": {"properties": {"cost_centre": {"description": "Who pays."}}}}}
    (routes / "schemas" / "zefort.json").write_text(json.dumps(learned))
    checked = docferry("map", "schema", "--check", "--json")
    assert (checked.code, checked.json["left_over"]) == (1, [])
    docferry("map", "schema")
    assert (
        schema(routes)["definitions"]["fields:"]["properties"]["attributes.cost_centre"]["description"] == "Who pays."
    )


def test_what_the_source_can_be_told_is_known_to_editors_with_its_help(routes, docferry):
    docferry("map", "schema")
    delivered = schema(routes)["allOf"][1]["then"]["properties"]["feedback"]["properties"]["delivered"]
    assert delivered["additionalProperties"] is False
    told = {name: action["description"] for name, action in delivered["properties"].items()}
    assert told == {name: sentence.replace("`", "") for name, sentence in ACTIONS.items()}


def test_a_schema_whose_route_has_gone_is_told_and_left_alone(routes, docferry):
    docferry("map", "schema")
    gone = routes / "schemas" / "gone.schema.json"
    gone.write_text("{}")
    checked = docferry("map", "schema", "--check")
    assert checked.code == 1
    assert f"{gone}: there is no such route; delete the file" in checked.out
    assert docferry("map", "schema", "one", "--check").code == 0, "nobody asked about the others"
    assert docferry("map", "schema").code == 0
    assert gone.exists()


def test_a_route_that_does_not_name_its_schema_is_told_the_line_and_not_edited(routes, docferry):
    (routes / "one.yaml").write_text(ROUTE)
    told = docferry("map", "schema")
    assert told.code == 0
    assert f"write as its first line: {NAMED.format('one').strip()}" in told.out
    assert (routes / "one.yaml").read_text() == ROUTE
    (routes / "one.yaml").write_text("# $schema: ./schemas/one.schema.json\n" + ROUTE)
    assert "first line" not in docferry("map", "schema").out, "other editors write it so"


def test_a_route_without_a_destination_that_there_is_does_not_keep_others_from_theirs(routes, docferry):
    (routes / "two.yaml").write_text(ROUTE.replace("zefort.contracts", "zefort.contract"))
    (routes / "three.yaml").write_text(ROUTE.replace("zefort.contracts", "zefort"))
    ended = docferry("map", "schema", "--json")
    assert (ended.code, states(ended)) == (2, {"one": "written", "two": "unusable", "three": "unusable"})
    says = {one["route"]: one["says"] for one in ended.json["schemas"]}
    assert (
        f"{routes / 'two.yaml'}:2:14: destination: 'zefort' has no destination stream 'contract'; did you"
        in says["two"]
    )
    assert "three.yaml:2:14: destination: 'zefort' is not connection.stream" in says["three"]
    assert docferry("map", "schema", "four").code == 2


def test_a_route_full_of_mistakes_has_a_schema_all_the_same(routes, docferry):
    (routes / "one.yaml").write_text(NAMED.format("one") + ROUTE + "feilds: {}\n")
    assert docferry("map", "schema").code == 0
    assert schema(routes)["properties"]["fields"]["description"]
