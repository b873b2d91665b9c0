"""Where a document is that is stuck, and why, by `docferry status` and `docferry explain` alone: nobody brings its id."""

import sqlite3
import time
from pathlib import Path

from tests.handbook.conftest import ROUTE


def wanted(gateway):
    """Return the ids of the documents that the route carries."""
    documents = gateway.state("hypatos")["documents"]
    return [name for name, document in documents.items() if document["state"] == "done"]


def test_status_names_a_document_that_keeps_failing_and_says_why(gateway, docferry):
    poisoned = wanted(gateway)[0]
    gateway.trouble("hypatos", kind="status", method="GET", path=f"/documents/{poisoned}*", status=500)
    assert docferry("run", ROUTE).code == 1

    said = docferry("status", ROUTE).out
    (waiting,) = docferry("status", ROUTE, "--json").json["routes"][0]["waiting"]

    (line,) = [line for line in said.splitlines() if poisoned in line]
    assert line.split()[:2] == ["waiting", "1"]
    assert "answered 500" in line
    assert (waiting["document_id"], waiting["reason_class"]) == (poisoned, "transient")
    assert waiting["attempts"] >= 1


def test_explain_says_that_the_source_refused_to_hear_of_a_document_and_what_to_type(gateway, docferry):
    gateway.trouble("hypatos", kind="status", method="POST", path="/documents/*/external-id", status=422)
    assert docferry("run", ROUTE).code == 1
    document = next(iter(gateway.contracts()))

    said = " ".join(docferry("explain", document).out.split())

    assert "source it refused to be told 'delivered': hypatos: POST" in said
    assert f"once that is mended: docferry retry {ROUTE} {document}" in said


def test_a_delivery_that_was_cut_short_is_not_said_to_be_not_begun(gateway, docferry):
    gateway.trouble("zefort", kind="status", path="*/notes/", status=401)
    assert docferry("run", ROUTE).code == 3
    created = {name for name, document in gateway.state("zefort")["contracts"].items() if document}
    assert created, "nothing was begun"

    said = [docferry("explain", document).out for document in wanted(gateway)]
    begun = [one for one in said if "create" in one]

    assert begun
    for one in begun:
        assert "(not complete yet, see below)" in one
        assert "begun and not finished; the next run goes on" in one
        assert "no verdict on it is written down yet" in one


def test_a_document_that_was_dropped_at_the_destination_has_a_reason_and_no_empty_class(gateway, docferry):
    docferry("run", ROUTE)
    document, (contract,) = next(iter(gateway.contracts().items()))
    gateway.post("zefort", "act", trash=contract)
    with sqlite3.connect(Path.cwd() / ".docferry" / "state.db") as connection:
        connection.execute("UPDATE transfer SET follow_at = '2026-11-25T10:00:00.000000Z' WHERE follow_at IS NOT NULL")
    connection.close()
    docferry("run", ROUTE)

    (line,) = [line for line in docferry("explain", document).out.splitlines() if line.startswith("  reason ")]

    assert line.endswith("it was moved to the trash")


def test_a_run_that_a_person_ended_does_not_look_like_one_that_found_nothing(gateway, docferry):
    docferry("status")
    database = Path.cwd() / ".docferry" / "state.db"
    with sqlite3.connect(database) as connection:
        connection.execute(
            "INSERT INTO run (id, route, state, started_at, ended_at, complete, counts) VALUES "
            "('1', ?, 'finished', '2026-11-27T10:00:00.000000Z', '2026-11-27T10:00:02.000000Z', 0, '{\"exit_code\": 130}')",
            (ROUTE,),
        )
    connection.close()

    (line,) = [line for line in docferry("status", ROUTE).out.splitlines() if line.startswith("  run ")]

    assert line.endswith("2.0 s interrupted  before anything was listed")


def test_whoever_only_asks_does_not_wait_for_another_programs_lock(gateway, docferry):
    docferry("run", ROUTE, "--limit", "1")
    other = sqlite3.connect(Path.cwd() / ".docferry" / "state.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        begun = time.monotonic()
        assert "delivered" in docferry("status", ROUTE).out
        assert time.monotonic() - begun < 5.0, "a write waits for 30 s"
    finally:
        other.close()


def test_check_tells_too_many_requests_from_nobody_there(gateway, docferry, monkeypatch):
    monkeypatch.setattr("flows.account_checks._PATIENCE", 3)
    gateway.trouble("zefort", kind="status", status=429)
    busy = docferry("check", ROUTE)
    gateway.trouble("zefort", kind="delay", seconds=20.0)
    hangs = docferry("check", ROUTE)

    assert (busy.code, hangs.code) == (3, 3)
    assert "requests were answered with 'too many requests' (429)" in " ".join(busy.out.split())
    assert "no usable answer within 3 s; is the address right, and is anything there?" in " ".join(hangs.out.split())
