"""What Contract.fit is told: one change a call, read back, nothing on what somebody else has locked."""

from datetime import timedelta

import pytest

from connectors.contractfit.sandbox import ContractfitSandbox, Switches
from connectors.errors import RejectedError, TransientError, UnsettledError
from connectors.sandbox_faults import Fault

STATUS = "POST /documents/{}/status_data"
FEEDBACK = "POST /documents/{}/feedback"
CORRECTION = {"annotations": {"erp_number": "X-1", "invoice_number": "INV-fixed"}}


def one(account, life="processed"):
    return min(account.expected(life))


@pytest.mark.parametrize(("actions", "calls"), [
    ({"submitted": True}, ["submitted=true"]), ({"reject": True}, ["reject=true"]),
    ({"escalate": True}, ["escalate=true"]), ({"archived": True}, ["archived=true"]), ({"lock": True}, ["lock=true"]),
    ({"archived": True, "submitted": True, "lock": True}, ["lock=true", "submitted=true", "archived=true"]),
    ({"lock": False, "submitted": True}, ["submitted=true"]),
])  # fmt: skip
@pytest.mark.parametrize("answer", ["document", "empty", "word"])
async def test_each_message_is_one_call_and_is_read_back(open_account, journal, tell, actions, calls, answer):
    account = await open_account(status_answer=answer)
    document_id = one(account)
    before = await account.source.fetch(document_id)
    for _ in range(2):
        await account.source.report(tell(document_id, **actions), journal)
    assert account.documents[document_id]["calls"] == calls
    assert (await account.source.fetch(document_id)).version == before.version


@pytest.mark.parametrize(("life", "action", "value"), [
    ("submitted", "submitted", True), ("rejected", "reject", True), ("processed", "escalate", False),
])  # fmt: skip
async def test_what_shows_already_is_not_said(account, journal, tell, life, action, value):
    await account.source.report(tell(one(account, life), **{action: value}), journal)
    assert account.asked(STATUS) == 0


async def test_a_submitted_document_can_be_reopened(account, journal, tell):
    document_id = one(account, "submitted")
    await account.source.report(tell(document_id, submitted=False), journal)
    assert account.documents[document_id]["states"]["submitted"] is False


async def test_what_a_person_changes_afterwards_is_theirs(account, journal, tell):
    document_id = one(account)
    await account.source.report(tell(document_id, submitted=True), journal)
    account.app.act({"reopen": document_id})
    await account.source.report(tell(document_id, submitted=True), journal)
    assert account.documents[document_id]["calls"] == ["submitted=true"]


async def test_that_a_document_was_submitted_may_show_by_the_time_alone(open_account, journal, tell, rewriting):
    app = ContractfitSandbox(40, 7, Switches(status_answer="empty"))
    way = rewriting(app)
    account = await open_account(app=app, transport=way)

    def by_time(body):
        body["timings"]["submit_time"] = body["timings"]["submit_time"] if body["submitted"]["value"] else None
        return {**body, "submitted": {"by": None, "since": None, "value": None}}

    way.document = by_time
    document_id = one(account)
    for value, calls in ((True, ["submitted=true"]), (False, ["submitted=true", "submitted=false"])):
        await account.source.report(tell(document_id, seq=len(calls), submitted=value), journal)
        assert account.documents[document_id]["calls"] == calls


@pytest.mark.parametrize("action", ["submitted", "reject", "escalate", "archived"])
async def test_a_success_without_effect_is_a_failure_in_the_end(open_account, journal, tell, action):
    account = await open_account(without_effect=[action])
    document_id = one(account)
    for _ in range(2):
        with pytest.raises(TransientError, match="does not show"):
            await account.source.report(tell(document_id, **{action: True}), journal)
    with pytest.raises(RejectedError, match="3 times"):
        await account.source.report(tell(document_id, **{action: True}), journal)


async def test_nothing_is_written_to_a_document_that_somebody_has_locked(account, journal, tell):
    document_id = one(account)
    account.app.act({"set": document_id, "state": "lock"})
    for actions in ({"submitted": True}, {"lock": True}, {"lock": False}, {"feedback": CORRECTION}):
        with pytest.raises(TransientError, match="locked") as caught:
            await account.source.report(tell(document_id, **actions), journal)
        assert caught.value.arrived == "no"
    assert account.documents[document_id]["calls"] == []
    account.app.act({"set": document_id, "state": "lock", "value": False})
    await account.source.report(tell(document_id, submitted=True), journal)
    assert account.documents[document_id]["calls"] == ["submitted=true"]


async def test_a_lock_of_our_own_is_no_obstacle_and_is_released_last(account, journal, tell):
    document_id = one(account)
    await account.source.report(tell(document_id, lock=True), journal)
    await account.source.report(tell(document_id, seq=2, lock=False, submitted=True), journal)
    assert account.documents[document_id]["calls"] == ["lock=true", "submitted=true", "lock=false"]
    account.app.act({"set": document_id, "state": "lock"})
    with pytest.raises(TransientError, match="locked"):
        await account.source.report(tell(document_id, seq=3, submitted=False), journal)


async def test_a_lost_answer_to_a_change_of_status_is_settled_by_looking(open_account, journal, tell):
    account = await open_account(faults=[Fault("act_then_drop", "POST", "*status_data", times=1)])
    document_id = one(account)
    with pytest.raises(TransientError):
        await account.source.report(tell(document_id, submitted=True), journal)
    await account.source.report(tell(document_id, submitted=True), journal)
    assert account.documents[document_id]["states"]["submitted"] is True
    assert account.documents[document_id]["calls"] == ["submitted=true"]


@pytest.mark.parametrize("switches", [
    {}, {"versions": "inline"}, {"versions": "absent"}, {"detail": "plain"}, {"feedback_submits": True},
    {"feedback_name": "submitted"},
])  # fmt: skip
async def test_feedback_adds_one_version_that_keeps_what_it_does_not_name(open_account, journal, tell, switches):
    account = await open_account(**switches)
    document_id = one(account)
    before = await account.source.fetch(document_id)
    for _ in range(2):
        await account.source.report(tell(document_id, feedback=CORRECTION), journal)
    assert account.asked(FEEDBACK) == 1
    shown = account.documents[document_id]
    assert shown["feedback"] is True
    assert len(shown["versions"]) == 2
    sent = account.app.store.records[document_id].versions[-1].data
    values = {name: readings[0]["gold"] for name, readings in sent["annotations"].items()}
    assert (values["erp_number"], values["invoice_number"]) == ("X-1", "INV-fixed")
    assert values["currency"] == before.fields["fields"]["currency"]
    assert len(sent["lines"]["line_items"]) == len(before.fields["lines"]["line_items"])
    assert sent["sections"]


async def test_our_own_feedback_is_no_new_version_and_a_persons_after_it_is(account, journal, tell):
    document_id = one(account)
    before = await account.source.fetch(document_id)
    await account.source.report(tell(document_id, feedback=CORRECTION), journal)
    told = await account.source.fetch(document_id)
    assert told.version == before.version
    assert told.fields["fields"] == before.fields["fields"]
    account.app.act({"review": document_id, "annotations": {"currency": "SEK"}})
    after = await account.source.fetch(document_id)
    assert after.version != before.version
    assert after.fields["fields"]["currency"] == "SEK"


@pytest.mark.parametrize("versions", ["names", "inline", "absent"])
async def test_our_feedback_on_top_of_a_persons_is_no_new_version_either(open_account, journal, tell, versions):
    account = await open_account(versions=versions)
    document_id = one(account, "done")
    before = await account.source.fetch(document_id)
    await account.source.report(tell(document_id, feedback=CORRECTION), journal)
    assert (await account.source.fetch(document_id)).version == before.version


@pytest.mark.parametrize("switches", [{}, {"versions": "absent"}, {"feedback_name": "submitted"}])
async def test_a_lost_answer_to_feedback_never_makes_a_second_version(open_account, journal, tell, switches):
    account = await open_account(faults=[Fault("act_then_drop", "POST", "*/feedback", times=1)], **switches)
    document_id = one(account)
    with pytest.raises(TransientError):
        await account.source.report(tell(document_id, feedback=CORRECTION), journal)
    journal.now += timedelta(seconds=500)
    await account.source.report(tell(document_id, feedback=CORRECTION), journal)
    assert account.asked(FEEDBACK) == 1


async def test_feedback_that_did_not_arrive_is_sent_again_after_the_settle_time(open_account, journal, tell):
    account = await open_account(faults=[Fault("drop", "POST", "*/feedback", times=1)])
    document_id = one(account)
    with pytest.raises(TransientError):
        await account.source.report(tell(document_id, feedback=CORRECTION), journal)
    with pytest.raises(UnsettledError):
        await account.source.report(tell(document_id, feedback=CORRECTION), journal)
    journal.now += timedelta(seconds=121)
    await account.source.report(tell(document_id, feedback=CORRECTION), journal)
    assert len(account.documents[document_id]["versions"]) == 2


async def test_feedback_that_shows_late_is_waited_for_and_not_repeated(open_account, journal, tell):
    account = await open_account(feedback_lag=10.0)
    document_id = one(account)
    with pytest.raises(TransientError, match="does not show"):
        await account.source.report(tell(document_id, feedback=CORRECTION), journal)
    account.app.act({"advance": 11})
    await account.source.report(tell(document_id, feedback=CORRECTION), journal)
    assert account.asked(FEEDBACK) == 1


@pytest.mark.parametrize("actions", [
    {"transfer": True}, {"submitted": "true"}, {"reject": "no good"}, {"lock": None}, {"archived": False},
    {"submitted": True, "reject": True}, {"feedback": "x"}, {"feedback": {}}, {"feedback": {"fields": {}}},
    {"feedback": {"annotations": ["x"]}}, {"feedback": {"annotations": {"a": None}}},
    {"feedback": {"annotations": {"a": [{"gold": "x"}]}}},
])  # fmt: skip
def test_what_can_never_be_taken_is_refused_when_the_route_is_opened(account, actions):
    with pytest.raises(RejectedError):
        account.source.check_feedback(actions)


def test_what_can_be_taken_is_not_refused(account):
    account.source.check_feedback({"lock": True, "submitted": False, "feedback": CORRECTION})
    assert set(account.source.feedback_actions) == {"lock", "feedback", "escalate", "submitted", "reject", "archived"}


async def test_a_missing_right_is_refused_for_this_message_only(open_account, journal, tell):
    rights = "upload view_list review"
    account = await open_account(rights=rights)
    with pytest.raises(Exception, match="403"):
        await account.source.report(tell(one(account), reject=True), journal)
    assert journal.results("feedback:") == {}
