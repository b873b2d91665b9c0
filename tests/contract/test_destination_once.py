"""What a destination promises of doubles: one document is one record, whatever is lost, refused, late or killed on the way."""

import asyncio

import pytest

from connectors.errors import ConnectorError, RejectedError, TransientError
from tests.contract import account
from tests.contract.account import Sent
from tests.contract.answers import tidy
from tests.contract.elsewhere import KilledError
from tests.contract.killing import doomed
from tests.contract.levels import gold, platinum, silver

LAG = 0.9
"""Seconds: longer than a connector looks around, shorter than what passes at the sandbox when an outcome is left open."""


def files(it):
    """As many files as the destination takes, at most two."""
    return [Sent(b"%PDF-1.7 main"), Sent(b"annex", "annex.pdf", "f2", main=False)][: it.subject.files]


def assert_there_once(it, **expected):
    """Check that one record shows all of the delivery, each thing once."""
    record = it.only
    assert record.title == expected.get("title", "Acme 4711")
    wanted = expected.get("files", files(it))
    assert sorted(file.sha256 for file in record.files) == sorted(file.sha256 for file in wanted)
    assert len(record.parts) == len(set(record.parts))


ERROR_AS_A_SUCCESS = {"status": 200, "headers": {"content-type": "application/json"}, "body": '{"error": "try later"}'}


async def calm(destination):
    """Push undisturbed; return the calls that wrote (an endpoint, and which call of it) and what hangs on the record."""
    async with destination() as it:
        await it.deliver(it.delivery(files=files(it)), account.journal())
        assert_there_once(it)
        calls = [(endpoint, nth + 1) for endpoint in it.writes() for nth in range(it.asked(endpoint))]
        return calls, sorted(it.only.parts)


async def goes_on_after(destination, kind, **how):
    """Let each call of a delivery fail once in this way; whatever had been done, all of it is there once in the end."""
    calls, parts = await calm(destination)
    for endpoint, nth in calls:
        async with destination() as it:
            fault = it.strike(kind, endpoint, nth=nth, **how)
            await it.deliver(it.delivery(files=files(it)), account.journal())
            assert fault.struck, (endpoint, nth)
            assert_there_once(it)
            assert sorted(it.only.parts) == parts, (endpoint, nth)


@silver
async def test_pushing_again_changes_nothing(destination, journal):
    async with destination() as it:
        external_id = await it.deliver(it.delivery(files=files(it)), journal)
        before, written = it.only.whole, len(it.app.log)
        assert await it.deliver(it.delivery(files=files(it)), journal) == external_id
        again = {one[1] for one in list(it.app.log)[written:]} & set(it.writes())
        assert it.subject.writes_again or not again
        assert await it.deliver(it.delivery(files=files(it), replaces=external_id), journal) == external_id
        assert it.only.whole == before
        assert it.subject.creating not in [one[1] for one in list(it.app.log)[written:]]


@gold
@pytest.mark.parametrize("kind", ["act_then_drop", "cut", "garbled", "status"])
async def test_a_lost_answer_doubles_nothing_whatever_call_it_was(destination, kind):
    calls, parts = await calm(destination)
    assert any(endpoint.startswith(("POST", "PUT")) for endpoint, _ in calls)
    for endpoint, nth in calls:
        async with destination() as it:
            fault = it.strike(kind, endpoint, nth=nth, status=503, act=True, headers=account.QUICKLY)
            await it.deliver(it.delivery(files=files(it)), account.journal())
            assert fault.struck, (endpoint, nth)
            assert_there_once(it)
            assert sorted(it.only.parts) == parts, (endpoint, nth)


@gold
@pytest.mark.parametrize("kind", ["drop", "html", "status"])
async def test_a_push_goes_on_where_it_stopped_whatever_step_failed(destination, kind):
    await goes_on_after(destination, kind, status=500, headers=account.QUICKLY)


@gold
async def test_an_error_that_comes_as_a_success_is_taken_for_none(destination):
    await goes_on_after(destination, "status", **ERROR_AS_A_SUCCESS)


@gold
async def test_a_look_that_is_answered_with_an_error_as_a_success_doubles_nothing(destination):
    calls, parts = await calm(destination)
    for endpoint, nth in calls:
        async with destination() as it:
            it.strike("act_then_drop", endpoint, nth=nth)
            it.strike("status", "GET *", every=2, times=6, **ERROR_AS_A_SUCCESS)
            journal = account.journal()
            for _ in range(6):
                try:
                    await it.deliver(it.delivery(files=files(it)), journal)
                    break
                except RejectedError:
                    raise  # a look that fails is no verdict on the document
                except ConnectorError:
                    continue
            assert_there_once(it)
            assert sorted(it.only.parts) == parts, (endpoint, nth)


@platinum
async def test_every_answer_may_be_lost_in_one_push(destination, journal):
    calls, parts = await calm(destination)
    async with destination() as it:
        for endpoint in dict(calls):
            it.strike("act_then_drop", endpoint, times=1)
        await it.deliver(it.delivery(files=files(it)), journal)
        assert_there_once(it)
        assert sorted(it.only.parts) == parts


@platinum
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_process_that_dies_at_any_request_loses_and_doubles_nothing(destination, moment):
    _, parts = await calm(destination)
    for number in range(1, 60):
        async with destination() as it:
            journal = account.journal()
            async with doomed(it, number, moment) as connection:
                try:
                    await connection.destinations[it.subject.stream].push(it.delivery(files=files(it)), journal)
                    died = False
                except KilledError:
                    died = True
            await it.deliver(it.delivery(files=files(it)), journal)
            assert_there_once(it)
            assert sorted(it.only.parts) == parts, number
            if not died:
                assert number > 1
                return
    raise AssertionError("a push takes more than sixty requests")


@gold
async def test_a_search_that_lags_doubles_nothing(destination):
    calls, parts = await calm(destination)
    for endpoint, nth in calls:
        async with destination() as it:
            it.subject.lag(it.app, LAG)
            it.strike("act_then_drop", endpoint, nth=nth)
            await it.deliver(it.delivery(files=files(it)), account.journal())
            assert_there_once(it)
            assert sorted(it.only.parts) == parts, (endpoint, nth)


@gold
async def test_a_server_that_tidies_the_names_of_files_doubles_nothing(destination):
    calls, parts = await calm(destination)
    for endpoint, nth in calls:
        async with destination() as it:
            it.between.change_json("GET *", tidy)
            fault = it.strike("act_then_drop", endpoint, nth=nth)
            await it.deliver(it.delivery(files=files(it)), account.journal())
            assert fault.struck, (endpoint, nth)
            assert_there_once(it)
            assert sorted(it.only.parts) == parts, (endpoint, nth)


@gold
async def test_many_pushes_at_once_make_one_record_each_and_share_what_is_shared(destination):
    async with destination() as it:
        deliveries = [it.delivery(f"route:{number}", title=f"Title {number}") for number in range(6)]
        ids = await asyncio.gather(*(it.deliver(one, account.journal()) for one in deliveries))
        assert sorted(record.title for record in it.held) == [f"Title {number}" for number in range(6)]
        assert len(set(ids)) == 6
        assert {tuple(sorted(record.parts[:2])) for record in it.held} == {tuple(sorted(it.held[0].parts[:2]))}


@silver
async def test_two_documents_that_look_alike_are_two_records(destination):
    """Also where a call of the second one is lost on its way there, and what is looked for is not the first one's record."""
    calls, _ = await calm(destination)
    for lost in (None, *dict(calls)):
        async with destination() as it:
            first = await it.deliver(it.delivery("route:1", files=files(it)), account.journal())
            fault = it.strike("drop", lost, times=1) if lost else None
            second = await it.deliver(it.delivery("route:2", files=files(it)), account.journal())
            assert first != second, lost
            assert len(it.held) == 2, lost
            # What both share (a tag, a binder) the first one made; the call that makes the record is the second one's own.
            assert fault is None or fault.struck or lost != it.subject.creating


@silver
@pytest.mark.parametrize("status", [400, 413, 415, 422])
async def test_a_refusal_is_final_for_the_document_and_leaves_nothing(destination, journal, status):
    async with destination() as it:
        it.strike("status", it.subject.creating, status=status)
        with pytest.raises(RejectedError) as caught:
            await it.destination.push(it.delivery(files=files(it)), journal)
        assert caught.value.status == status
        assert it.held == []
        it.heal()
        await it.deliver(it.delivery(files=files(it)), journal)
        assert_there_once(it)


@gold
async def test_an_update_whose_answers_are_lost_reaches_the_same_record_once(destination):
    parts = []
    for lost in (0, 2):
        async with destination() as it:
            journal = account.journal()
            external_id = await it.deliver(it.delivery(files=files(it)), journal)
            for method in ("POST", "PATCH", "PUT"):
                it.strike("act_then_drop", f"{method} *", times=lost)
            changed = it.correction(files(it))
            assert await it.deliver(it.delivery(**changed, replaces=external_id), journal) == external_id
            assert_there_once(it, **changed)
            parts.append(sorted(it.only.parts))
    assert parts[0] == parts[1]


@gold
async def test_a_provider_that_is_down_gets_the_document_later(destination, journal):
    async with destination() as it:
        it.strike("status", "* *", status=503, headers=account.QUICKLY)
        with pytest.raises(TransientError):
            await it.destination.push(it.delivery(files=files(it)), journal)
        it.heal()
        await it.deliver(it.delivery(files=files(it)), journal)
        assert_there_once(it)
