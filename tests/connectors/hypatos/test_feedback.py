"""Feedback: sent once, verified by reading back, refused here when Hypatos would refuse or drop it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.contract import Result
from connectors.errors import GoneError, OvertakenError, RejectedError, TransientError, UnsettledError
from connectors.sandbox_faults import Fault

ALL = {"external_id": "ct_1", "external_data": {"zefortContract": "ct_1"}, "title": "Acme 4711", "transfer": True}


async def test_all_messages_take_effect_once_and_in_order(account, journal, tell):
    document_id = await account.first()
    await account.source.report(tell(document_id, **ALL), journal)
    assert account.effective(document_id) == {"external-id": 1, "external-data": 1, "title": 1, "transfer": 1}
    assert [entry["kind"] for entry in account.shown(document_id)["feedback"]][-1] == "transfer"
    assert account.shown(document_id)["state"] == "transferred"


async def test_one_read_before_and_one_after_verify_everything(account, journal, tell):
    document_id = await account.first()
    before = account.asked("GET /documents/{}")
    await account.source.report(tell(document_id, **ALL), journal)
    assert account.asked("GET /documents/{}") - before == 2


async def test_reporting_again_sends_nothing_again(account, journal, tell):
    document_id = await account.first()
    for _ in range(3):
        await account.source.report(tell(document_id, **ALL), journal)
    assert account.effective(document_id)["transfer"] == 1
    assert account.asked("POST /documents/{}/transfer") == 1


@pytest.mark.parametrize(
    ("actions", "state"),
    [
        ({"transfer": True}, "transferred"),
        ({"transfer": False, "message": "no such supplier"}, "transferFailed"),
        ({"reject": "unknown supplier"}, "rejected"),
        ({"reject": None}, "rejected"),
    ],
)
async def test_each_ending_leads_to_its_state(account, journal, tell, actions, state):
    document_id = await account.first()
    await account.source.report(tell(document_id, **actions), journal)
    assert account.shown(document_id)["state"] == state


async def test_a_slow_202_is_waited_for(open_account, journal, tell):
    account = await open_account(applied_after=0.5)
    document_id = await account.first()
    await account.source.report(tell(document_id, **ALL), journal)
    assert account.shown(document_id)["state"] == "transferred"


async def test_a_202_that_does_not_show_in_time_is_asked_about_later_and_not_sent_again(open_account, journal, tell):
    account = await open_account(applied_after=30.0, settings={"verify_within": 0.0})
    document_id = await account.first()
    for _ in range(2):
        with pytest.raises(TransientError) as caught:
            await account.source.report(tell(document_id, **ALL), journal)
        assert caught.value.arrived == "maybe"
    account.app.act({"advance": 60})
    await account.source.report(tell(document_id, **ALL), journal)
    assert account.effective(document_id) == {"external-id": 1, "external-data": 1, "title": 1, "transfer": 1}
    assert account.asked("POST /documents/{}/transfer") == 1


async def test_a_202_that_never_showed_is_sent_again_after_the_settle_time(open_account, journal, tell):
    account = await open_account(applied_after=600.0, settings={"verify_within": 0.0, "settle_seconds": 60})
    document_id = await account.first()
    feedback = tell(document_id, external_id="ct_1", transfer=True)
    with pytest.raises(TransientError):
        await account.source.report(feedback, journal)
    long_ago = datetime.now(UTC) - timedelta(seconds=61)
    await journal.record("feedback:1:sent", long_ago.isoformat())
    with pytest.raises(TransientError):
        await account.source.report(feedback, journal)
    assert journal.results("feedback:") == {}
    account.app.act({"advance": 600})
    await account.source.report(feedback, journal)
    assert account.asked("POST /documents/{}/external-id") == 2


@pytest.mark.parametrize("endpoint", ["external-id", "external-data", "title", "transfer"])
@pytest.mark.parametrize("kind", ["act_then_drop", "cut"])
async def test_a_lost_answer_is_looked_up_before_it_is_sent_again(open_account, journal, tell, endpoint, kind):
    account = await open_account(faults=[Fault(kind, "POST", f"/documents/*/{endpoint}", times=1)])
    document_id = await account.first()
    with pytest.raises(TransientError):
        await account.source.report(tell(document_id, **ALL), journal)
    await account.source.report(tell(document_id, **ALL), journal)
    assert account.asked(f"POST /documents/{{}}/{endpoint}") == 1
    assert set(account.effective(document_id).values()) == {1}


async def test_a_call_that_broke_before_it_arrived_waits_for_the_settle_time(open_account, journal, tell):
    account = await open_account(faults=[Fault("drop", "POST", "/documents/*/transfer", times=1)])
    document_id = await account.first()
    with pytest.raises(TransientError):
        await account.source.report(tell(document_id, transfer=True), journal)
    with pytest.raises(UnsettledError):
        await account.source.report(tell(document_id, transfer=True), journal)
    journal.now += timedelta(seconds=121)
    await account.source.report(tell(document_id, transfer=True), journal)
    assert account.effective(document_id) == {"transfer": 1}


async def test_a_400_for_a_document_that_is_there_already_is_fine(open_account, journal, tell):
    refusal = Fault("status", "POST", "/documents/*/transfer", times=1, status=400)
    account = await open_account(faults=[refusal])
    document_id = await account.first()
    account.app.act({"status": document_id, "state": "transferred"})
    await account.source.report(tell(document_id, transfer=True), journal)


@pytest.mark.parametrize("state", ["junk", "split", "failed"])
async def test_a_document_that_is_over_is_never_told_and_the_state_is_named(account, journal, tell, state):
    document_id = await account.first()
    account.app.act({"status": document_id, "state": state})
    with pytest.raises(RejectedError, match=f"'{state}'"):
        await account.source.report(tell(document_id, transfer=True), journal)
    assert account.asked("POST /documents/{}/transfer") == 0


@pytest.mark.parametrize("state", ["inCompletion", "reviewRequired", "processing"])
async def test_a_document_that_somebody_works_on_is_told_when_it_is_ready_again(account, journal, tell, state):
    document_id = await account.first()
    account.app.act({"status": document_id, "state": state})
    with pytest.raises(TransientError, match=f"'{state}'") as caught:
        await account.source.report(tell(document_id, transfer=True), journal)
    assert (caught.value.arrived, account.asked("POST /documents/{}/transfer")) == ("no", 0)
    account.app.act({"status": document_id, "state": "done"})
    await account.source.report(tell(document_id, transfer=True), journal)
    assert account.shown(document_id)["state"] == "transferred"


async def test_a_document_that_changed_since_it_was_judged_is_not_told(account, journal, tell):
    document_id = await account.first()
    judged = (await account.source.fetch(document_id)).version
    account.app.act({"edit": document_id, "entities": {"number": "changed"}})
    about = replace(tell(document_id, **ALL), judged=lambda version: version == judged)
    with pytest.raises(OvertakenError):
        await account.source.report(about, journal)
    assert account.asked("POST /documents/{}/transfer") == 0
    judged = (await account.source.fetch(document_id)).version
    await account.source.report(about, journal)
    assert account.effective(document_id)["transfer"] == 1


async def test_a_message_that_took_effect_under_an_earlier_number_is_not_sent_again(account, new_journal, tell):
    document_id = await account.first()
    await account.source.report(tell(document_id, transfer=True), new_journal())
    await account.source.report(tell(document_id, seq=2, transfer=True), new_journal())
    assert account.asked("POST /documents/{}/transfer") == 1


async def test_a_server_that_ignores_a_wrong_state_is_not_asked_for_ever(open_account, journal, tell):
    account = await open_account(
        wrong_state="ignored", applied_after=600.0, settings={"verify_within": 0.0, "settle_seconds": 60}
    )
    document_id = await account.first()
    with pytest.raises(TransientError):
        await account.source.report(tell(document_id, transfer=True), journal)
    account.app.act({"status": document_id, "state": "inCompletion"})
    long_ago = datetime.now(UTC) - timedelta(seconds=61)
    await journal.record("feedback:1:sent", long_ago.isoformat())
    # Answered with 202, and then somebody took the document up.
    with pytest.raises(RejectedError, match="'inCompletion'"):
        await account.source.report(tell(document_id, transfer=True), journal)
    assert account.asked("POST /documents/{}/transfer") == 1


async def test_a_document_that_was_moved_on_after_our_transfer_counts_as_told(open_account, journal, tell):
    account = await open_account(
        settings={"verify_within": 0.0}, faults=[Fault("act_then_drop", "POST", "*/transfer", times=1)]
    )
    document_id = await account.first()
    with pytest.raises(TransientError):
        await account.source.report(tell(document_id, transfer=True), journal)
    account.app.act({"status": document_id, "state": "inCompletion"})
    await account.source.report(tell(document_id, transfer=True), journal)
    assert account.asked("POST /documents/{}/transfer") == 1


async def test_a_second_message_about_the_same_document_is_sent_of_its_own(account, journal, tell):
    document_id = await account.first()
    await account.source.report(tell(document_id, **ALL), journal)
    account.app.act({"reopen": document_id, "entities": {"number": "changed"}})
    await account.source.report(tell(document_id, seq=2, **ALL), journal)
    assert account.effective(document_id)["transfer"] == 2


async def test_a_document_that_is_gone_is_not_told(account, journal, tell):
    document_id = await account.first()
    account.app.act({"delete": document_id})
    with pytest.raises(GoneError):
        await account.source.report(tell(document_id, **ALL), journal)


@pytest.mark.parametrize("by", ["us", "somebody else"])
async def test_what_was_rejected_and_is_delivered_after_all_gets_its_ids_and_is_transferred_only_if_that_can_be(
    account, new_journal, tell, by
):
    document_id = await account.first()
    await account.source.report(tell(document_id, reject="no such supplier"), new_journal())
    told = replace(tell(document_id, seq=2, **ALL), before=Result.REJECTED if by == "us" else None)
    for _ in range(2):
        if by == "us":
            await account.source.report(told, journal := new_journal())
            assert journal.results("feedback:2:transfer") == {
                "feedback:2:transfer": "left out: the document stays rejected"
            }
        else:
            with pytest.raises(RejectedError, match="in state 'rejected', so transfer cannot be told"):
                await account.source.report(told, new_journal())
    shown = account.shown(document_id)
    assert (shown["state"], shown["external_id"], shown["external_data"]) == ("rejected", "ct_1", ALL["external_data"])


async def test_what_a_person_put_back_after_our_rejection_is_transferred_as_any_other(account, new_journal, tell):
    document_id = await account.first()
    await account.source.report(tell(document_id, reject="no such supplier"), new_journal())
    account.app.act({"status": document_id, "state": "done"})
    await account.source.report(replace(tell(document_id, seq=2, **ALL), before=Result.REJECTED), new_journal())
    assert account.shown(document_id)["state"] == "transferred"


async def test_nothing_to_say_says_nothing(account, journal, tell):
    before = account.connection.traffic.requests
    await account.source.report(tell("any"), journal)
    assert account.connection.traffic.requests == before


async def test_the_first_look_comes_as_late_as_the_last_document_needed(open_account, new_journal, tell):
    account = await open_account(applied_after=0.1)
    ids = (await account.all_ids())[:4]
    looks = []
    for document_id in ids:
        before = account.asked("GET /documents/{}")
        await account.source.report(tell(document_id, transfer=True), new_journal())
        looks.append(account.asked("GET /documents/{}") - before)
    assert looks == [3, 2, 2, 2]  # one of them comes before the message


@pytest.mark.parametrize("kept", ["decomposed", "cut"])
async def test_a_title_that_the_server_spells_in_its_own_way_is_seen(open_account, journal, tell, kept):
    account = await open_account(titles=kept)
    document_id = await account.first()
    title = {"decomposed": "Mu\u0308ller\u2028&  Söhne", "cut": "ü" * 256}[kept]
    await account.source.report(tell(document_id, title=title), journal)
    assert account.effective(document_id) == {"title": 1}
