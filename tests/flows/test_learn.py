"""`docferry learn`: what is an account's own is written down beside the routes, by name and kind, and nothing else."""

import json
import shutil
import sqlite3
from pathlib import Path

import httpx
import pytest

import mappings
from connectors.schemas import destination_schema, source_schema

SHIPPED = Path(mappings.__file__).parent
SAYINGS = ("Müller", "INV-2026", "RE-2026", "株式会社", "DE811907980", "12345678901234567", "@example.com")
"""Pieces of what is in sample documents."""


@pytest.fixture
def routes(accounts, empty, monkeypatch):
    """Be a user with routes of their own."""
    folder = empty / "routes"
    shutil.copytree(
        SHIPPED, folder, ignore=shutil.ignore_patterns("language", "workbench", "schemas", "*.py", "__pycache__")
    )
    monkeypatch.setenv("DOCFERRY_MAPPINGS", str(folder))
    return folder


def learned(routes, connection):
    return json.loads((routes / "schemas" / f"{connection}.json").read_text())["learned"]


@pytest.mark.parametrize("connection", ["hypatos", "contractfit", "documine", "zefort"])
def test_names_and_kinds_are_written_down_and_no_values(routes, accounts, docferry, connection):
    httpx.post(accounts["zefort"]["control"] + "act", json={"fill": 8}).raise_for_status()
    ended = docferry("learn", connection)
    assert ended.code == 0, ended.err
    text = (routes / "schemas" / f"{connection}.json").read_text()
    assert [one for one in SAYINGS if one in text] == []
    assert json.loads(text)["from"]
    assert json.loads(text)["provider"] == connection
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert [path.name for path in (routes / "schemas").iterdir()] == [f"{connection}.json"]


def test_a_second_run_without_changes_writes_nothing(routes, docferry):
    first = docferry("learn", "hypatos", "--json").json
    assert first["written"]
    file = Path(first["file"])
    before = file.stat().st_mtime_ns, file.read_text()
    second = docferry("learn", "hypatos", "--json")
    assert (second.code, second.json["written"], second.json["changes"]) == (0, False, [])
    assert (file.stat().st_mtime_ns, file.read_text()) == before
    assert "Nothing new" in docferry("learn", "hypatos").out


def test_a_dry_run_shows_the_difference_and_ends_with_one_where_there_is_any(routes, docferry):
    ended = docferry("learn", "hypatos", "--dry-run")
    assert ended.code == 1
    assert "+ entities.supplier.vatId: string" in ended.out
    assert "+ entities.items[].amount: number" in ended.out
    assert "+ entities.costCenter: string" in ended.out  # a data point of the project that no document has
    assert not (routes / "schemas").exists()
    docferry("learn", "hypatos")
    assert docferry("learn", "hypatos", "--dry-run").code == 0


def test_what_accounts_commonly_have_gives_way_to_what_this_one_has(routes, docferry):
    guessed = source_schema("hypatos.documents", routes)["properties"]["entities"]
    assert guessed["x-guessed"]
    path = routes / "schemas" / "hypatos.json"
    path.parent.mkdir()
    path.write_text(
        json.dumps({"learned": {"entities": {"properties": {"currency": {"type": ["string", "null"]}, "po": {}}}}})
    )
    known = source_schema("hypatos.documents", routes)["properties"]["entities"]
    assert list(known["properties"]) == ["currency", "po"]
    assert known["properties"]["currency"]["description"] == guessed["properties"]["currency"]["description"]
    assert known["x-learned"]


def test_what_every_account_has_stays_and_names_in_use_are_known(routes, accounts, docferry):
    add = {"attributes": {"title": "T", "cost_centre": "4711"}, "tags": ["vip"], "parties": [{"name": "A"}]}
    httpx.post(accounts["zefort"]["control"] + "act", json={"add": add}).raise_for_status()
    docferry("learn", "zefort")
    attributes = destination_schema("zefort.contracts", routes)["properties"]["attributes"]
    assert attributes["properties"]["title"]["minLength"] == 1
    assert attributes["properties"]["cost_centre"]["type"] == ["null", "string"]
    tags = destination_schema("zefort.contracts", routes)["properties"]["tags"]["items"]
    assert "vip" in tags["x-extensible-enum"]
    assert tags["minLength"] == 1


def test_what_was_learned_before_stays_and_kinds_are_added(routes, accounts, docferry):
    path = routes / "schemas" / "hypatos.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"learned": {"entities": {"properties": {"po": {}, "number": {"type": ["number"]}}}}}))
    docferry("learn", "hypatos")
    entities = learned(routes, "hypatos")["entities"]["properties"]
    assert "po" in entities
    assert entities["number"]["type"] == ["null", "number", "string"]


def test_what_may_not_be_listed_is_told_and_the_rest_is_learned(routes, accounts, docferry):
    httpx.post(accounts["hypatos"]["control"] + "switches", json={"projects_list": "403"}).raise_for_status()
    ended = docferry("learn", "hypatos")
    httpx.post(accounts["hypatos"]["control"] + "switches", json={"projects_list": "200"}).raise_for_status()
    assert ended.code == 0
    assert "no schema of projects, it cannot be read" in ended.out
    assert "supplier" in learned(routes, "hypatos")["entities"]["properties"]


def test_wrong_credentials_and_unknown_connections_write_nothing(routes, docferry, monkeypatch):
    monkeypatch.setenv("HYPATOS_CLIENT_SECRET", "not-the-secret")
    assert docferry("learn", "hypatos").code == 3
    ended = docferry("learn", "hypatoss", "--json")
    assert (ended.code, "did you mean hypatos?" in ended.json["error"]) == (2, True)
    assert not (routes / "schemas").exists()


def test_a_file_that_is_no_json_is_named_with_the_way_out(routes, docferry):
    path = routes / "schemas" / "hypatos.json"
    path.parent.mkdir()
    path.write_text("{")
    ended = docferry("learn", "hypatos")
    assert ended.code == 2
    assert "docferry learn hypatos" in ended.err
    assert docferry("check", "hypatos_to_zefort").code == 0  # nothing of it concerns the destination


def test_tables_are_learned_as_far_as_routes_use_them(routes, docferry, monkeypatch, empty):
    with sqlite3.connect(empty / "dwh.db") as database:
        database.execute("CREATE TABLE bills (docferry_key TEXT PRIMARY KEY, number VARCHAR(9) NOT NULL, paid BOOLEAN)")
    (routes / "r.yaml").write_text(
        "source: hypatos.documents\ndestination: dwh.bills\nfields: {number: entities.number}\n"
    )
    monkeypatch.setenv("DWH_PROVIDER", "sql")
    monkeypatch.setenv("DWH_URL", f"sqlite:///{empty}/dwh.db")
    assert docferry("learn", "dwh").code == 0
    schema = destination_schema("dwh.bills", routes)
    assert (schema["required"], schema["properties"]["number"]["maxLength"]) == (["number"], 9)
    assert schema["additionalProperties"] is False
    assert schema["properties"]["docferry_key"]["readOnly"]
