"""Hypatos as a destination: how documents end, and what later deliveries may change."""

from __future__ import annotations

import asyncio
import unicodedata

import pytest

from connectors.contract import State
from connectors.errors import (
    ConnectorError,
    GoneError,
    RejectedError,
    TransientError,
    UnsettledError,
)
from connectors.sandbox_faults import Fault
from tests.connectors.hypatos.desk import FILES, KEY, PROJECT, attachment, delivery, persist


async def test_a_duplicate_ends_refused_and_is_never_sent_again(desk, journal, new_journal):
    await desk.documents.push(delivery(attachment(content=b"%PDF same")), journal)
    second = new_journal()
    made = await desk.documents.push(delivery(attachment("f9", content=b"%PDF same"), key="r:2"), second)
    desk.app.act({"advance": 10})
    outcome = await desk.documents.outcome(made, second)
    assert outcome.state is State.REFUSED
    assert "already" in outcome.reason
    assert made in [one async for one in desk.documents.dropped()]
    with pytest.raises(RejectedError, match="failed"):
        await desk.documents.push(delivery(attachment("f9"), key="r:2", replaces=made), second)
    assert len(desk.held) == 2


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ("new", State.PENDING),
        ("processing", State.PENDING),
        ("extracted", State.ACCEPTED),
        ("inCompletion", State.ACCEPTED),
        ("reviewRequired", State.ACCEPTED),
        ("done", State.ACCEPTED),
        ("doneAutomatically", State.ACCEPTED),
        ("transferred", State.ACCEPTED),
        ("split", State.ACCEPTED),
        ("transferFailed", State.REFUSED),
        ("rejected", State.REFUSED),
        ("failed", State.REFUSED),
        ("junk", State.REFUSED),
        ("quarantined", State.PENDING),
    ],
)
async def test_every_state_has_its_meaning(desk, journal, state, outcome):
    made = await desk.documents.push(delivery(), journal)
    desk.app.act({"advance": 5})
    desk.app.act({"status": made, "state": state})
    assert (await desk.documents.outcome(made, journal)).state is outcome


async def test_the_worst_document_of_a_delivery_counts(desk, journal):
    made = await desk.documents.push(delivery(*FILES), journal)
    desk.app.act({"advance": 5})
    for document_id in desk.held:
        desk.app.act({"status": document_id, "state": "done"})
    assert (await desk.documents.outcome(made, journal)).state is State.ACCEPTED
    other = next(document_id for document_id in desk.held if document_id != made)
    desk.app.act({"status": other, "state": "junk"})
    outcome = await desk.documents.outcome(made, journal)
    assert outcome.state is State.REFUSED
    assert other in outcome.reason


async def test_what_retention_took_is_gone_but_only_after_a_second_look(desk, journal):
    made = await desk.documents.push(delivery(), journal)
    desk.app.act({"delete": made})
    outcome = await desk.documents.outcome(made, journal)
    assert outcome.state is State.GONE
    assert not outcome.sure
    with pytest.raises(RejectedError, match="retention") as caught:
        await desk.documents.push(delivery(title="x", replaces=made), journal)
    assert not isinstance(caught.value, GoneError)


async def test_title_and_data_follow_the_source_and_others_pairs_stay(desk, journal):
    made = await desk.documents.push(delivery(title="One", external_data={"a": "1", "b": "2"}), journal)
    pairs = {**desk.only["external_data"], "erp": "4711"}
    desk.app.store.records[made].external_data = pairs
    for title, data in (("Two", {"a": "9"}), ("One", {"a": "1", "b": "2"}), ("Two", {"a": "9"})):
        await desk.documents.push(delivery(title=title, external_data=data, replaces=made), journal)
        assert desk.only["title"] == title
        assert desk.only["external_data"] == {**data, "docferry": KEY, "erp": "4711"}
    assert desk.asked("POST /documents/process-file") == 1


async def test_a_title_that_a_person_changed_is_left_alone(desk, journal):
    made = await desk.documents.push(delivery(title="One"), journal)
    desk.app.store.records[made].title = "Better"
    await desk.documents.push(delivery(title="One", external_data={"a": "1"}, replaces=made), journal)
    assert desk.only["title"] == "Better"


async def test_other_content_cannot_be_given_to_a_document(desk, journal):
    made = await desk.documents.push(delivery(), journal)
    with pytest.raises(RejectedError, match="other files"):
        await desk.documents.push(delivery(attachment("f2"), replaces=made), journal)
    with pytest.raises(RejectedError, match="another project"):
        await desk.documents.push(delivery(project="Logistics 物流", replaces=made), journal)
    assert len(desk.held) == 1


async def test_a_file_that_came_later_becomes_a_document_of_its_own(desk, journal):
    made = await desk.documents.push(delivery(), journal)
    await desk.documents.push(delivery(*FILES[:2], replaces=made), journal)
    assert len(desk.held) == 2


async def test_a_202_that_takes_effect_late_is_waited_for(open_desk, journal):
    desk = await open_desk(applied_after=30.0)
    with pytest.raises(TransientError, match="title"):
        await desk.documents.push(delivery(title="Lease"), journal)
    desk.app.act({"advance": 31})
    await desk.documents.push(delivery(title="Lease"), journal)
    assert desk.only["counts"]["title"] == {"effective": 1, "repeated": 0}
    assert len(desk.held) == 1


@pytest.mark.parametrize("kept", ["as sent", "decomposed", "cut"])
@pytest.mark.parametrize("title", ["Mu\u0308ller  &\tSöhne\r\n\x07Lease", "ü" * 256], ids=["odd", "long"])
async def test_a_title_that_the_server_spells_in_its_own_way_holds_no_document_up(open_desk, journal, kept, title):
    desk = await open_desk(titles=kept)
    await desk.documents.push(delivery(title=title), journal)
    assert desk.only["counts"]["title"] == {"effective": 1, "repeated": 0}
    sent = {"Mu": "Müller & Söhne Lease", "üü": "ü" * 256}[title[:2]]
    shown = {"as sent": sent, "decomposed": f" {unicodedata.normalize('NFD', sent)} ", "cut": sent[:200]}[kept]
    assert desk.only["title"] == shown


async def test_a_title_that_was_cut_short_is_another_one(open_desk, journal):
    desk = await open_desk(applied_after=30.0)
    with pytest.raises(TransientError, match="title"):
        await desk.documents.push(delivery(title="Lease of 2026"), journal)
    (record,) = desk.app.store.records.values()
    record.title = "Lease"
    with pytest.raises(TransientError, match="title"):
        await desk.documents.push(delivery(title="Lease of 2026"), journal)


async def test_a_title_that_was_taken_and_never_shows_is_done_after_the_settle_time(open_desk, journal, caplog):
    desk = await open_desk(applied_after=9999.0, settings={"settle_seconds": 0.3})
    with pytest.raises(TransientError, match="title"):
        await desk.documents.push(delivery(title="Lease"), journal)
    await asyncio.sleep(0.3)
    made = await desk.documents.push(delivery(title="Lease"), journal)
    assert f"document {made} took its title and does not show it" in caplog.text
    again = delivery(title="Another", replaces=made)
    with pytest.raises(TransientError, match="title"):
        await desk.documents.push(again, journal)  # a new title has its own time


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        ({"colour": "red"}, "colour"),
        ({"title": "x" * 257}, "title"),
        ({"title": 7}, "title"),
        ({"title": "\x07"}, "title"),
        ({"project": ""}, "project"),
        ({"external_data": []}, "external_data"),
        ({"external_data": {"a": "1", "A": "2"}}, "upper and lower"),
        ({"external_data": {"DocFerry": "1"}}, "ours"),
        ({"external_data": {"k" * 51: "1"}}, "external_data"),
        ({"external_data": {"k": "v" * 1000}}, r"external_data\.k.*999"),
        ({"external_data": {"k": {"n": 1}}}, r"external_data\.k.*string"),
        ({"external_data": {str(number): "1" for number in range(20)}}, "maxProperties 19"),
    ],
)
async def test_what_would_be_refused_or_dropped_is_rejected_before_anything_is_sent(desk, payload, named):
    with pytest.raises(RejectedError, match=named) as caught:
        desk.documents.check({"project": PROJECT, **payload})
    assert "v" * 20 not in str(caught.value)
    assert desk.app.requests.total() == 0


async def test_nothing_of_a_document_is_written_into_the_journal_in_clear(desk, journal):
    await desk.documents.push(
        delivery(title="Secret title", external_data={"a": "secret value"}, project="Logistics 物流"), journal
    )
    assert "ecret" not in repr(journal.steps)


async def test_an_answer_without_an_id_is_looked_into(open_desk, journal):
    desk = await open_desk(faults=[Fault("status", "POST", "/documents/process-file", times=1, status=202, body="{}")])
    await persist(lambda: desk.documents.push(delivery(), journal), journal)
    assert len(desk.held) == 1


async def test_missing_rights_stop_the_connection(open_desk, journal):
    desk = await open_desk(scopes="documents.read documents.write projects.read")
    with pytest.raises(ConnectorError, match=r"files\.write"):
        await desk.documents.push(delivery(), journal)


async def test_a_document_that_was_made_and_cannot_be_read_yet_is_no_verdict(desk, journal):
    desk.app.shared.faults.append(Fault("status", "*", "/documents/*/title", status=404, times=1))
    with pytest.raises(UnsettledError):
        await desk.documents.push(delivery(title="A title"), journal)
