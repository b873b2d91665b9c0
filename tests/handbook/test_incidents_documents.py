"""Incidents about documents: each is brought about, the handbook's commands are typed, and it is over."""

from __future__ import annotations

from tests.handbook.conftest import ROUTE


def swap(file, old, new):
    """Change a text in a file, as somebody would with an editor."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def ids(docferry, status):
    """Return the ids of the documents that stand rejected, held or failed."""
    rejects = docferry("status", ROUTE, "--json").json["routes"][0]["rejects"]
    return [each["document_id"] for each in rejects if each["status"] == status]


def test_a_document_that_lacks_a_line_in_a_table_arrives_after_the_line_was_added(gateway, docferry, play):
    currencies = gateway.mappings / "tables" / "currencies.csv"
    swap(currencies, "€,EUR\n", "")
    docferry("run", ROUTE)
    rejected = ids(docferry, "rejected")
    assert rejected
    assert gateway.contracts(), "others must have got through"

    play(
        "1. A document is rejected for its data",
        lambda: swap(currencies, "value\n", "value\n€,EUR\n"),
        DOCUMENT=rejected[0],
    )

    assert not ids(docferry, "rejected")
    assert set(rejected) <= set(gateway.contracts())
    assert not gateway.doubled()


def test_a_whole_batch_that_a_slip_of_the_hand_has_rejected_arrives_after_it_was_mended(gateway, docferry, play):
    route = gateway.mappings / f"{ROUTE}.yaml"
    docferry("run", ROUTE, "--limit", "1")
    swap(route, "entities.totalAmount, type: decimal", "entities.totalAmount, type: date")
    docferry("run", ROUTE)
    rejected = ids(docferry, "rejected")
    assert len(rejected) > 1

    mend = lambda: swap(route, "entities.totalAmount, type: date", "entities.totalAmount, type: decimal")  # noqa: E731 -- one step by hand
    play("2. A whole batch is wrongly rejected", mend)

    assert not ids(docferry, "rejected")
    assert set(rejected) <= set(gateway.contracts())
    assert not gateway.doubled()


def test_what_the_destination_refused_arrives_at_once_when_a_person_says_that_it_is_mended(gateway, docferry, play):
    gateway.trouble(
        "zefort",
        kind="status",
        status=422,
        method="POST",
        path="/contracts/*",
        nth=2,
        times=1,
        body='{"detail": "closed"}',
    )
    docferry("run", ROUTE)
    (rejected,) = ids(docferry, "rejected")

    play("3. The destination refused, and the cause is mended there", lambda: gateway.trouble("zefort"))

    assert not ids(docferry, "rejected")
    assert len(gateway.contracts()[rejected]) == 1
    assert "the department is open again" in docferry("explain", rejected).out


def test_messages_that_the_source_did_not_take_for_hours_are_told_at_once_when_a_person_says_so(
    gateway, docferry, play
):
    gateway.trouble("hypatos", kind="status", status=500, method="POST", path="*transfer*")
    docferry("run", ROUTE)
    told = docferry("status", ROUTE)
    assert "the source is owed 'delivered': " in told.out, "why"
    assert f"once the cause below is gone: docferry retry {ROUTE}" in " ".join(told.out.split()), "what to do"
    gateway.trouble("hypatos")
    assert docferry("run", ROUTE, "--json").json["owed_feedback"], "by itself it is told later"

    play("7. The source is not told")

    assert docferry("status", ROUTE, "--json").json["routes"][0]["owed"] == 0
    assert docferry("run", ROUTE, "--json").json["complete"]
    documents = gateway.state("hypatos")["documents"]
    assert {documents[name]["accepted_state"] for name in gateway.contracts()} == {"transferred"}


def test_a_lost_answer_has_made_one_contract_and_explain_shows_it(gateway, docferry, play):
    gateway.trouble("zefort", kind="act_then_drop", method="POST", path="/contracts/*", nth=1, times=1)
    docferry("run", ROUTE)
    assert docferry("run", ROUTE, "--json").json["complete"]
    contracts = gateway.contracts()

    for document in contracts:
        (told,) = play("11. Was it delivered twice?", DOCUMENT=document)
        assert told.out.count("· create ") == 1
        assert contracts[document][0] in told.out
    assert not gateway.doubled()
    assert contracts


def test_a_conflict_is_over_after_one_run_of_the_side_that_is_kept(twins, docferry, play):
    left, right = twins
    left.edit("ours")
    right.edit("theirs")
    docferry("run", "left_to_right")
    assert (left.title, right.title) == ("ours", "theirs")

    play("8. A document is held for a person", DOCUMENT=left.document)

    docferry("run", "right_to_left")
    assert (left.title, right.title) == ("ours", "ours")
    statuses = [each["statuses"] for each in docferry("status", "--json").json["routes"]]
    assert not any("held" in each for each in statuses), statuses
