"""`docferry map diff`: an edited mapping against the documents that runs have recorded."""

import json
import shutil
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

import mappings
from tests.flows.test_command import ROUTE, one_sentence

KEY = Fernet.generate_key().decode()


@pytest.fixture
def folder(accounts, empty, monkeypatch):
    """Return a copy of the shipped routes."""
    folder = shutil.copytree(Path(mappings.__file__).parent, empty / "routes")
    monkeypatch.setenv("DOCFERRY_MAPPINGS", str(folder))
    return folder


@pytest.fixture
def edit(folder, docferry, monkeypatch):
    """Run the shipped route once, with a key; return a way to edit it."""
    monkeypatch.setenv("DOCFERRY_KEYS", KEY)
    docferry("run", ROUTE)

    def change(old, new, name=f"{ROUTE}.yaml"):
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))

    return change


def test_an_edit_is_shown_by_field_and_as_shapes_and_nothing_is_asked_of_anybody(edit, docferry, monkeypatch):
    monkeypatch.setenv("HYPATOS_BASE_URL", "http://127.0.0.1:9")
    assert docferry("map", "diff", ROUTE, "--json").json["otherwise"] == 0
    edit('template: "{{ entities.supplier.name }} {{ entities.number }}"', 'template: "{{ entities.number }}"')
    ended = docferry("map", "diff", ROUTE, "--json", "--fail-over", "100%")
    assert (ended.code, ended.json["over"]) == (0, False)
    (field,) = ended.json["fields"]
    assert field["target"] == "attributes.title"
    assert field["documents"] == ended.json["changed"]["documents"] == ended.json["otherwise"] > 3
    shown = docferry("map", "diff", ROUTE)
    assert shown.code == 0
    assert "attributes.title" in shown.out
    for way in field["ways"]:
        assert not set(way["after"]) & set("012345678")
    assert "2026" in docferry("map", "diff", ROUTE, "--values").out


def test_a_dry_run_says_what_it_leaves_out_and_where_that_is_shown(edit, docferry):
    assert len(docferry("run", ROUTE, "--dry-run", "--json").json["notes"]) == 1
    due = docferry("retry", ROUTE, "--json").json["due"]
    edit("value: supplier }", "value: vendor }")
    _, pending, mended = docferry("run", ROUTE, "--dry-run", "--json").json["notes"]
    assert pending.startswith(f"{due} documents are due")
    assert f"docferry map diff {ROUTE}" in mended


def test_over_the_limit_is_exit_code_one(edit, docferry):
    edit("value: supplier }", "value: vendor }")
    under, over = (docferry("map", "diff", ROUTE, "--fail-over", limit) for limit in ("100%", "5%"))
    assert (under.code, over.code) == (0, 1)
    assert "more than 5%" in one_sentence(over)
    assert docferry("map", "diff", ROUTE, "--fail-over", "5").code == 2


def test_who_newly_fails_is_grouped_by_cause_and_who_passes_is_no_harm(folder, docferry, monkeypatch):
    monkeypatch.setenv("DOCFERRY_KEYS", KEY)
    table = folder / "tables" / "currencies.csv"
    shipped = table.read_text()
    table.write_text(shipped.replace("€,EUR\n", ""))
    assert docferry("run", ROUTE, "--json").json["rejected"] > 1
    table.write_text(shipped)
    mended = docferry("map", "diff", ROUTE, "--json", "--fail-over", "0%")
    assert (mended.code, mended.json["otherwise"]) == (0, 0)
    assert mended.json["no_longer_rejected"]["documents"] > 0
    table.write_text("key,value\n€,EUR\n")
    broken = docferry("map", "diff", ROUTE, "--json", "--fail-over", "0%")
    assert broken.code == 1
    causes = broken.json["newly_rejected"]["causes"]
    assert sum(cause["documents"] for cause in causes) == broken.json["newly_rejected"]["documents"] > 0
    assert all("has no entry in table 'currencies'" in cause["cause"] for cause in causes)


def test_another_file_can_be_compared_with(edit, docferry, folder):
    text = (folder / f"{ROUTE}.yaml").read_text()
    (folder / "other.yaml").write_text(text.replace("files: all", "files: main"))
    found = docferry("map", "diff", ROUTE, "--against", str(folder / "other.yaml"), "--json").json
    assert [field["target"] for field in found["fields"]] == ["(files)"]
    assert docferry("map", "diff", ROUTE, "--against", str(folder / "nope.yaml")).code == 2


def test_what_is_missing_is_said_with_the_next_step(folder, docferry, monkeypatch):
    assert "No run has used" in one_sentence(docferry("map", "diff", ROUTE))
    docferry("run", ROUTE)
    ended = docferry("map", "diff", ROUTE)
    assert ended.code == 2
    assert "only with DOCFERRY_KEYS" in one_sentence(ended)


def test_nothing_of_a_document_is_in_the_json_unless_it_is_asked_for(edit, docferry):
    edit("entities.supplier.vatId", "entities.supplier.name")
    plain, open_ = (json.dumps(docferry("map", "diff", ROUTE, "--json", *more).json) for more in ((), ("--values",)))
    assert "Acme Oy" in open_ or "GmbH" in open_
    assert "Acme Oy" not in plain
    assert "GmbH" not in plain


def test_documents_that_no_key_opens_are_no_proof_that_nothing_changes(edit, docferry, monkeypatch):
    edit("value: supplier }", "value: vendor }")
    key = Fernet.generate_key().decode()
    monkeypatch.setenv("DOCFERRY_KEYS", f"{key},{KEY}")
    docferry("status")
    monkeypatch.setenv("DOCFERRY_KEYS", key)
    ended = docferry("map", "diff", ROUTE, "--fail-over", "5%")
    assert ended.code == 2
    assert "None of DOCFERRY_KEYS opens any" in one_sentence(ended)
