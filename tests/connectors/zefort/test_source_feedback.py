"""What a Zefort contract is told: each message once, seen before it counts, and never a new version."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest

from connectors.contract import Feedback, Result
from connectors.errors import GoneError, RejectedError, TransientError, UnsettledError
from connectors.memory import Forgetful
from connectors.sandbox_faults import Fault
from connectors.zefort import Settings, connect
from connectors.zefort.sandbox import ZefortSandbox


@pytest.fixture
async def open_stream(open_account):
    async def open_one(**options):
        account = await open_account(**options)
        return account.app, account.connection.sources["contracts"]

    return open_one


@pytest.fixture
async def stream(open_stream):
    return await open_stream()


def tell(contract_id, seq=1, **actions):
    return Feedback(contract_id, Result.DELIVERED, "h1", None, actions, seq)


def shown(app, contract_id):
    return app.state()["contracts"][contract_id]


ALL = {
    "note": "In Hypatos: 4711",
    "tag": ["exported", "contract"],
    "attributes": {"invoice_number": "4711", "value": Decimal("12345678901234567.89")},
    "status": "archived",
}


@pytest.mark.parametrize("attributes", ["merge", "replace"])
async def test_note_tags_attributes_and_status_are_written_and_the_rest_stays(open_stream, journal, attributes):
    app, source = await open_stream(attributes=attributes)
    contract = app.act({"add": {"attributes": {"title": "T", "currency": "EUR"}, "tags": ["vip"]}})["id"]
    await source.report(tell(contract, **ALL), journal)
    one = shown(app, contract)
    assert one["notes"] == ["In Hypatos: 4711"]
    assert one["tags"] == ["vip", "exported", "contract"]
    assert one["attributes"] == {
        "title": "T", "currency": "EUR", "invoice_number": "4711", "value": Decimal("12345678901234567.89"),
    }  # fmt: skip
    assert one["status"] == "archived"


async def test_what_was_told_once_is_not_told_again(stream, journal):
    app, source = stream
    contract = app.act({"add": {}})["id"]
    await source.report(tell(contract, **ALL), journal)
    before = {name: count for name, count in app.requests.items() if not name.startswith("GET")}
    await source.report(tell(contract, **ALL), journal)
    assert {name: count for name, count in app.requests.items() if not name.startswith("GET")} == before
    assert shown(app, contract)["notes"] == ["In Hypatos: 4711"]


async def test_our_own_words_make_no_new_version(stream, journal):
    app, source = stream
    contract = app.act({"add": {"attributes": {"title": "T"}, "tags": ["vip"]}})["id"]
    before = (await source.fetch(contract)).version
    await source.report(tell(contract, **ALL), journal)
    document = await source.fetch(contract)
    assert document.version == before
    assert document.fields["attributes"]["invoice_number"] == "4711"


async def test_a_tag_is_hidden_where_we_put_it_and_content_where_a_person_did(stream, journal, new_journal):
    app, source = stream
    told, tagged, other = (app.act({"add": {"tags": tags}})["id"] for tags in ([], ["exported"], []))
    before = {one: (await source.fetch(one)).version for one in (told, tagged, other)}
    await source.report(tell(told, tag="exported"), journal)
    await source.report(tell(tagged, tag="exported"), new_journal())
    app.act({"tag": other, "name": "exported"})
    after = {one: await source.fetch(one) for one in (told, tagged, other)}
    assert [after[one].fields["tags"] for one in (told, tagged, other)] == [[], ["exported"], ["exported"]]
    assert [after[one].version == before[one] for one in (told, tagged, other)] == [True, True, False]


@pytest.mark.parametrize("status", [400, 422])
async def test_tags_that_cannot_be_looked_up_are_no_verdict_on_the_contract(stream, journal, status):
    app, source = stream
    contract = app.act({"add": {}})["id"]
    app.shared.faults.append(Fault("status", "GET", "/tags/", status=status))
    with pytest.raises(TransientError) as caught:
        await source.report(tell(contract, tag="exported"), journal)
    assert caught.value.arrived == "no"
    app.shared.faults.clear()
    await source.report(tell(contract, tag="exported"), journal)
    assert shown(app, contract)["tags"] == ["exported"]


async def test_what_is_ours_is_remembered_beyond_the_process(open_account, journal):
    app, memory = ZefortSandbox(), Forgetful()
    settings = Settings(base_url="http://127.0.0.1/api/", **app.credentials)
    contract = app.act({"add": {}})["id"]
    versions = []
    for _ in range(2):
        connection = await connect("zefort", settings, transport=httpx.ASGITransport(app), memory=memory)
        source = connection.sources["contracts"]
        versions.append((await source.fetch(contract)).version)
        await source.report(tell(contract, tag="exported", attributes={"invoice_number": "1"}), journal)
        versions.append((await source.fetch(contract)).version)
        await connection.close()
    assert len(set(versions)) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/contracts/*/notes/"), ("POST", "/tags/*/contracts/"), ("POST", "/tags/"), ("PATCH", "/contracts/*/")],
)
@pytest.mark.parametrize("kind", ["act_then_drop", "drop"])
async def test_a_lost_answer_doubles_nothing(open_stream, journal, method, path, kind):
    app, source = await open_stream(faults=[Fault(kind, method, path, times=1)], settings={"settle_seconds": 0.4})
    contract = app.act({"add": {}})["id"]
    for _ in range(4):
        try:
            await source.report(tell(contract, **ALL), journal)
            break
        except TransientError:
            journal.now += timedelta(minutes=5)
    one = shown(app, contract)
    assert one["notes"] == ["In Hypatos: 4711"]
    assert one["tags"] == ["exported", "contract"]
    assert one["status"] == "archived"
    assert sorted(tag["name"] for tag in app.state()["tags"].values()) == [
        "contract", "exported", "imported", "invoice",
    ]  # fmt: skip


async def test_a_process_killed_at_any_request_doubles_nothing(killing, killed, new_journal, open_account):
    for number in range(1, 30):
        for when in ("before", "after"):
            app = ZefortSandbox()
            transport = killing(app)
            setattr(transport, when, number)
            account = await open_account(app=app, transport=transport, settings={"settle_seconds": 0.0})
            contract = app.act({"add": {}})["id"]
            journal = new_journal()
            source = account.connection.sources["contracts"]
            died = False
            try:
                await source.report(tell(contract, **ALL), journal)
            except killed:
                died = True
                journal.now += timedelta(minutes=5)
                await source.report(tell(contract, **ALL), journal)
            one = shown(app, contract)
            assert one["notes"] == ["In Hypatos: 4711"], (number, when)
            assert one["tags"] == ["exported", "contract"]
            assert one["status"] == "archived"
        if not died:
            return
    raise AssertionError("the sweep never got to its end")


async def test_the_same_words_by_somebody_else_do_not_count_as_ours(stream, journal):
    app, source = stream
    contract = app.act({"add": {"notes": ["In Hypatos: 4711"]}})["id"]
    await source.report(tell(contract, note="In Hypatos: 4711"), journal)
    assert len(shown(app, contract)["notes"]) == 2


async def test_after_a_lost_call_the_same_words_by_somebody_else_do_not_pass_for_ours(open_stream, journal):
    app, source = await open_stream(
        faults=[Fault("drop", "POST", "/contracts/*/notes/", times=1)], settings={"settle_seconds": 0.1}
    )
    contract = app.act({"add": {"notes": ["again"]}})["id"]
    for _ in range(2):
        try:
            await source.report(tell(contract, note="again"), journal)
        except TransientError:
            journal.now += timedelta(minutes=5)
    assert len(shown(app, contract)["notes"]) == 2


async def test_what_the_contract_shows_already_is_not_written(stream, journal):
    app, source = stream
    contract = app.act({"add": {"attributes": {"invoice_number": "1"}, "tags": ["vip"], "status": "archived"}})["id"]
    await source.report(tell(contract, attributes={"invoice_number": "1"}, tag="vip", status="archived"), journal)
    assert not [name for name in app.requests if not name.startswith("GET")]


async def test_two_messages_with_the_same_words_are_two_notes(stream, journal):
    app, source = stream
    contract = app.act({"add": {}})["id"]
    await source.report(tell(contract, 1, note="again"), journal)
    await source.report(tell(contract, 2, note="again"), journal)
    assert len(shown(app, contract)["notes"]) == 2


async def test_a_person_may_take_back_what_was_told(stream, journal):
    app, source = stream
    contract = app.act({"add": {}})["id"]
    await source.report(tell(contract, **ALL), journal)
    app.act({"status": contract, "to": "review"})
    app.act({"remove_notes": contract})
    await source.report(tell(contract, **ALL), journal)
    assert shown(app, contract)["status"] == "review"
    assert shown(app, contract)["notes"] == []


async def test_nothing_is_written_while_the_ai_may_overwrite_it(stream, journal):
    app, source = stream
    contract = app.act({"add": {"status": "processing"}})["id"]
    with pytest.raises(TransientError, match="AI") as caught:
        await source.report(tell(contract, **ALL), journal)
    assert caught.value.arrived == "no"
    app.act({"status": contract, "to": "review"})
    await source.report(tell(contract, **ALL), journal)
    assert shown(app, contract)["status"] == "archived"


async def test_a_missing_mandatory_attribute_is_named_when_the_status_is_refused(open_stream, journal):
    app, source = await open_stream(mandatory=["cost_centre"])
    contract = app.act({"add": {"status": "review"}})["id"]
    with pytest.raises(RejectedError, match="mandatory"):
        await source.report(tell(contract, status="done"), journal)


async def test_an_attribute_that_the_account_does_not_have_is_refused(stream, journal):
    app, source = stream
    contract = app.act({"add": {}})["id"]
    with pytest.raises(RejectedError, match="nowhere"):
        await source.report(tell(contract, attributes={"nowhere": "x"}), journal)


async def test_a_contract_in_the_trash_or_gone_takes_no_words(stream, journal):
    app, source = stream
    contract = app.act({"add": {"trashed": True}})["id"]
    with pytest.raises(RejectedError, match="trash"):
        await source.report(tell(contract, note="x"), journal)
    app.act({"purge": contract})
    with pytest.raises(GoneError):
        await source.report(tell(contract, note="x"), journal)


@pytest.mark.parametrize(
    ("actions", "named"),
    [
        ({"colour": "red"}, "colour"),
        ({"status": "error"}, "status"),
        ({"status": True}, "status"),
        ({"note": {"a": 1}}, "note"),
        ({"note": "  "}, "note"),
        ({"tag": [1]}, "tag"),
        ({"tag": "x" * 256}, "tag"),
        ({"attributes": "x"}, "attributes"),
        ({"attributes": {"incomplete": False}}, "incomplete"),
        ({"attributes": {"end_date": "31.12.2026"}}, "end_date"),
        ({"attributes": {"value": Decimal("NaN")}}, "JSON"),
    ],
)
async def test_what_can_never_be_taken_is_refused_before_anything_is_sent(stream, journal, actions, named):
    app, source = stream
    with pytest.raises(RejectedError, match=named):
        source.check_feedback(actions)
    with pytest.raises(RejectedError):
        await source.report(tell("ct_1", **actions), journal)
    assert app.requests.total() == 0


async def test_what_can_be_taken_passes_the_check(stream):
    _, source = stream
    source.check_feedback(ALL)
    source.check_feedback({"tag": "one", "note": None, "attributes": {"value": None}})


async def test_a_note_whose_effect_cannot_be_seen_yet_is_not_sent_again_too_soon(open_stream, journal):
    app, source = await open_stream(
        faults=[Fault("drop", "POST", "/contracts/*/notes/", times=1)], settings={"settle_seconds": 0.4}
    )
    contract = app.act({"add": {}})["id"]
    with pytest.raises(TransientError):
        await source.report(tell(contract, note="x"), journal)
    with pytest.raises(UnsettledError):
        await asyncio.wait_for(source.report(tell(contract, note="x"), journal), 10)
    journal.now += timedelta(seconds=1)
    await source.report(tell(contract, note="x"), journal)
    assert shown(app, contract)["notes"] == ["x"]
