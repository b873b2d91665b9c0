"""`docferry explain`: every field with its rule, its sources and its table row, and proof that it is what was sent."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

import mappings
from tests.flows.test_command import ROUTE, contracts, one_sentence
from tests.ledgers import in_a_file, rows

KEY = Fernet.generate_key().decode()
TABLE = "tables/currencies.csv"


@pytest.fixture
def folder(accounts, empty, any_ledger, monkeypatch):
    """Return a copy of the shipped routes; there is a key, and a ledger of each kind."""
    monkeypatch.setenv("DOCFERRY_STATE_URL", any_ledger)
    folder = shutil.copytree(Path(mappings.__file__).parent, empty / "routes")
    monkeypatch.setenv("DOCFERRY_MAPPINGS", str(folder))
    monkeypatch.setenv("DOCFERRY_KEYS", KEY)
    return folder


def line_of(folder, text, name=f"{ROUTE}.yaml"):
    return next(number for number, line in enumerate((folder / name).read_text().splitlines(), 1) if text in line)


def asked(where):
    """Return the ids of the documents of which this is true."""
    return [id_ for (id_,) in rows(os.environ["DOCFERRY_STATE_URL"], f"SELECT document_id FROM transfer WHERE {where}")]


def delivered(docferry):
    """Return every document that was delivered, as it is explained."""
    return {id_: docferry("explain", id_, "--json").json["found"][0] for id_ in asked("status='delivered'")}


def test_what_is_made_again_is_byte_for_byte_what_was_sent_and_shows_where_it_came_from(accounts, folder, docferry):
    docferry("run", ROUTE)
    found = delivered(docferry)
    assert len(found) > 3
    assert {one["verified"] for one in found.values()} == {True}
    for one in found.values():
        sent = contracts(accounts)[one["external_id"]]["attributes"]
        assert {key: str(sent[key]) for key in ("title", "currency")} == {
            key: one["payload"]["attributes"][key] for key in ("title", "currency")
        }
        currency = next(field for field in one["fields"] if field["target"] == "attributes.currency")
        assert currency["line"] == line_of(folder, "attributes.currency:")
        (source,), (row,) = currency["sources"], currency["rows"]
        assert (source["path"], row["file"]) == ("entities.currency", TABLE)
        assert row["line"] == line_of(folder, f"{row['key']},{row['value']}", TABLE)


def test_one_field_is_told_with_everything_about_it(folder, docferry):
    docferry("run", ROUTE)
    id_, one = next(iter(delivered(docferry).items()))
    shown = docferry("explain", id_, "--field", "attributes.currency")
    assert shown.code == 0
    currency = next(field for field in one["fields"] if field["target"] == "attributes.currency")
    for words in (
        f'attributes.currency = "{currency["value"]}"',
        f"{ROUTE}.yaml:{currency['line']}",
        f"{TABLE}:{currency['rows'][0]['line']}",
        "entities.currency",
        one["mapping"]["version"][:12],
        "byte for byte",
        one["external_id"],
        "delivered: told",
    ):
        assert words in shown.out, words
    assert "attributes.title" not in shown.out
    inside = docferry("explain", id_, "--field", "parties[0]", "--json").json["found"][0]["fields"]
    assert {field["target"].partition(".")[0] for field in inside} == {"parties[0]"}
    wrong = docferry("explain", id_, "--field", "attributes.curency")
    assert wrong.code == 1
    assert "did you mean 'attributes.currency'" in one_sentence(wrong)


def test_an_older_document_is_explained_by_the_mapping_that_was_used_then(folder, docferry):
    docferry("run", ROUTE)
    before = delivered(docferry)
    route = folder / f"{ROUTE}.yaml"
    route.write_text("# a new line at the top\n" + route.read_text().replace("{{ entities.supplier.name }} ", ""))
    docferry("run", ROUTE)
    for id_, one in delivered(docferry).items():
        assert one["mapping"].pop("superseded") is True
        before[id_]["mapping"].pop("superseded")
        assert (one["mapping"]["version"], one["payload"], one["fields"], one["verified"]) == (
            before[id_]["mapping"]["version"],
            before[id_]["payload"],
            before[id_]["fields"],
            True,
        )


def test_a_payload_that_is_not_what_was_sent_is_not_taken_for_it(folder, docferry):
    docferry("run", ROUTE)
    id_ = next(iter(delivered(docferry)))
    rows(os.environ["DOCFERRY_STATE_URL"], f"UPDATE transfer SET payload_digest='fp-0' WHERE document_id='{id_}'")
    assert docferry("explain", id_, "--json").json["found"][0]["verified"] is False
    assert "is NOT what was sent" in docferry("explain", id_).out


def test_without_a_key_there_are_rules_and_paths_and_no_values(folder, docferry, any_ledger, monkeypatch):
    in_a_file(any_ledger)
    monkeypatch.delenv("DOCFERRY_KEYS")
    docferry("run", ROUTE)
    for id_, one in delivered(docferry).items():
        assert (one["verified"], one["payload"]) == (None, None)
        assert "takes DOCFERRY_KEYS" in one["payload_says"]
        assert not any("value" in field for field in one["fields"])
        shown = docferry("explain", id_, "--field", "attributes.currency").out
        assert f"{ROUTE}.yaml:{line_of(folder, 'attributes.currency:')}, reads entities.currency" in shown


def test_a_rejection_by_an_earlier_mapping_says_that_the_present_one_does_not_cure_it(folder, docferry):
    route = folder / f"{ROUTE}.yaml"
    mended = route.read_text()
    route.write_text(mended.replace("from: entities.supplier.name, required", "from: entities.supplier.naam, required"))
    docferry("run", ROUTE)
    route.write_text(mended)
    docferry("run", ROUTE)
    id_, *_ = asked("status='rejected'")
    said = " ".join(docferry("explain", id_).out.split())
    assert "entities.supplier.naam is missing" in said
    assert "was tried on it since, and does not cure it either" in said
    id_, *_ = asked("status='delivered'")
    assert "was tried on it since" not in docferry("explain", id_).out


def test_rejected_and_skipped_documents_say_so_instead(folder, docferry):
    docferry("run", ROUTE)
    for status, words in (("rejected", "it was rejected"), ("skipped", "it was skipped")):
        id_, *_ = asked(f"status='{status}' AND reason_class IN ('data', 'rule')")
        one = docferry("explain", id_, "--json").json["found"][0]
        assert one["verified"] is None
        assert one["payload_says"].startswith(words)


def test_the_field_that_got_a_document_rejected_is_told_with_its_rule_and_the_value_that_was_read(
    folder, docferry, accounts
):
    route = folder / f"{ROUTE}.yaml"
    route.write_text(
        route.read_text().replace('entities.issuedAt, type: date, format: "%d.%m.%Y"', "entities.issuedAt, type: date")
    )
    docferry("run", ROUTE)
    id_, *_ = asked("reason LIKE 'attributes.effective_date: entities.issuedAt is not a date%'")
    shown = docferry("explain", id_, "--field", "attributes.effective_date")
    assert shown.code == 0
    (told,) = docferry("explain", id_, "--field", "attributes.effective_date", "--json").json["found"][0]["problems"]
    ((path, value),) = (source.values() for source in told["sources"])
    assert (path, value[2], value[5]) == ("entities.issuedAt", ".", ".")
    assert told["line"] == line_of(folder, "attributes.effective_date:")
    for words in (f'entities.issuedAt = "{value}"', f"{ROUTE}.yaml:{told['line']}", "is not a date", "was rejected"):
        assert words in shown.out, words
    assert f'← entities.issuedAt = "{value}"' in docferry("explain", id_).out


def test_a_field_that_nothing_was_made_of_is_told_with_the_rules_that_make_it(folder, docferry):
    docferry("run", ROUTE)
    id_ = next(id_ for id_, one in delivered(docferry).items() if len(one["payload"]["parties"]) < 9)
    shown = docferry("explain", id_, "--field", "parties[9].org_id")
    assert shown.code == 0
    assert "parties[].org_id is not in what was made of this document" in shown.out
    assert f"{ROUTE}.yaml:{line_of(folder, 'supplier.vatId')}, reads entities.supplier.vatId" in shown.out


def test_without_a_key_a_field_inside_a_list_is_found_by_its_position(folder, docferry, any_ledger, monkeypatch):
    in_a_file(any_ledger)
    monkeypatch.delenv("DOCFERRY_KEYS")
    docferry("run", ROUTE)
    shown = docferry("explain", next(iter(delivered(docferry))), "--field", "parties[0].org_id")
    assert shown.code == 0
    assert "reads entities.supplier.vatId" in shown.out


def test_nothing_of_a_document_is_said_on_the_log(folder, docferry, caplog):
    docferry("run", ROUTE)
    for id_, one in delivered(docferry).items():
        docferry("-v", "explain", id_)
        assert json.dumps(one["payload"]["attributes"]["title"]) not in caplog.text


def test_a_document_is_found_by_the_number_that_stands_on_it(folder, docferry):
    docferry("run", ROUTE)
    id_, one = next(iter(delivered(docferry).items()))
    (title,) = [field for field in one["fields"] if field["target"] == "attributes.title"]
    path, number = next((each["path"], each["value"]) for each in title["sources"] if "umber" in each["path"])
    by_number = docferry("explain", f" {number.lower()}", "--json").json
    assert [each["document_id"] for each in by_number["found"]] == [id_]
    assert by_number["shown_by"] == [{"route": ROUTE, "document_id": id_, "path": path}]
    told = docferry("explain", number)
    assert told.code == 0
    assert " recorded documents 1 shows it:" in told.out
    assert f"{id_} on {ROUTE}, in {path}" in told.out
    assert "made again from the recorded document" in told.out


def test_what_many_documents_show_is_listed_and_what_none_shows_is_said(folder, docferry):
    docferry("run", ROUTE)
    many = docferry("explain", "INVOICE")
    assert many.code == 0
    assert "show it:" in many.out
    assert "made again" not in many.out
    assert len(docferry("explain", "INVOICE", "--json").json["shown_by"]) > 3
    none = docferry("explain", "RE-0-0")
    assert (none.code, none.out) == (1, "")
    said = " ".join(none.err.split())
    assert re.search(r"at the destination \(none of the \d+ recorded documents shows it either\), or run", said)
