"""What a source promises of feedback: it takes effect once, it is read back, and it never looks like a change."""

import asyncio
import re

import msgspec
import pytest

from connectors.contract import Result, Source
from connectors.errors import ConnectorError, RejectedError
from flows.redact import told
from tests.contract import account
from tests.contract.answers import scalars
from tests.contract.levels import bronze, gold, platinum, silver

QUOTABLE = re.compile(r"(?=.*[A-Z0-9]).{4,50}")
"""What a value looks like that is more than a word of the trade (`rejected`), and short enough to be quoted whole."""


@bronze
async def test_it_is_a_source(source):
    async with source() as it:
        assert isinstance(it.source, Source)
        assert set(it.source.drains) <= set(it.source.feedback_actions)
        for actions in (it.subject.delivered("far-1"), it.subject.rejected("no such supplier")):
            assert set(actions) <= set(it.source.feedback_actions)
            it.source.check_feedback(actions)


@bronze
async def test_a_delivered_document_is_told(source, journal):
    async with source() as it:
        (document_id,) = it.add()
        await it.tell(it.feedback(document_id, it.subject.delivered("far-1")), journal)
        assert it.subject.told(it.app, document_id).effective


@bronze
async def test_a_rejected_document_is_told(source, journal):
    async with source() as it:
        (document_id,) = it.add()
        actions = it.subject.rejected("no such supplier")
        await it.tell(it.feedback(document_id, actions, Result.REJECTED), journal)
        assert it.subject.told(it.app, document_id).effective


@silver
async def test_telling_again_sends_nothing_again(source, journal):
    async with source() as it:
        (document_id,) = it.add()
        feedback = it.feedback(document_id, it.subject.delivered("far-1"))
        await it.tell(feedback, journal)
        told, sent = it.subject.told(it.app, document_id), len(it.app.log)
        await it.tell(feedback, journal)
        assert it.subject.told(it.app, document_id) == told
        assert not any(not one[1].startswith("GET") for one in list(it.app.log)[sent:])


@gold
@pytest.mark.parametrize("what", ["delivered", "rejected"])
async def test_our_own_feedback_is_no_new_version(source, journal, what):
    async with source() as it:
        (document_id,) = it.add()
        before = (await it.source.fetch(document_id)).version
        actions = it.subject.delivered("far-1") if what == "delivered" else it.subject.rejected("no such supplier")
        await it.tell(it.feedback(document_id, actions), journal)
        assert (await it.source.fetch(document_id)).version == before


async def each_write(source, what):
    """Yield the endpoints that feedback writes to, as seen in an undisturbed run."""
    async with source() as it:
        (document_id,) = it.add()
        await it.tell(it.feedback(document_id, what(it)), account.journal())
        return it.writes()


@gold
@pytest.mark.parametrize("kind", ["act_then_drop", "cut", "drop", "status"])
@pytest.mark.parametrize("what", ["delivered", "rejected"])
async def test_feedback_takes_effect_once_whatever_answer_is_lost(source, kind, what):
    def actions(it):
        return it.subject.delivered("far-1") if what == "delivered" else it.subject.rejected("no such supplier")

    for endpoint in await each_write(source, actions):
        async with source() as it:
            journal = account.journal()
            (document_id,) = it.add()
            fault = it.strike(kind, endpoint, times=1, status=503, act=True, headers=account.QUICKLY)
            await it.tell(it.feedback(document_id, actions(it)), journal)
            assert fault.struck, endpoint
            heard = it.subject.told(it.app, document_id)
            # What took effect is found by reading and not sent again.
            assert heard.repeated == 0, endpoint
            async with source() as calm:
                (other,) = calm.add()
                await calm.tell(calm.feedback(other, actions(calm)), account.journal())
                assert heard.effective == calm.subject.told(calm.app, other).effective, endpoint


@gold
async def test_an_answer_that_promises_what_never_happens_is_found_out_by_reading_back(source):
    json = {"content-type": "application/json"}
    for endpoint in await each_write(source, lambda it: it.subject.delivered("far-1")):
        async with source() as it:
            (document_id,) = it.add()
            fault = it.strike("status", endpoint, status=200, body="{}", headers=json)
            with pytest.raises(ConnectorError):
                await it.source.report(it.feedback(document_id, it.subject.delivered("far-1")), account.journal())
            assert fault.struck, endpoint


@gold
async def test_a_process_that_dies_in_mid_feedback_goes_on_where_it_stopped(source, journal):
    async with source() as it:
        (document_id,) = it.add()
        feedback = it.feedback(document_id, it.subject.delivered("far-1"))
        endpoint = (await each_write(source, lambda one: one.subject.delivered("far-1")))[-1]
        it.strike("delay", endpoint, seconds=9)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await it.source.report(feedback, journal)
        it.heal()
        told = it.subject.told(it.app, document_id).effective
        again = await account.connected(it.subject, it.app, it.url)
        try:
            it.connection, first = again, it.connection
            await it.tell(feedback, journal)
            assert it.subject.told(it.app, document_id).effective > told
        finally:
            await again.close()
            it.connection = first


@silver
async def test_feedback_that_can_never_be_taken_is_refused_when_a_route_is_opened(source, journal):
    async with source() as it:
        (document_id,) = it.add()
        impossible = it.subject.impossible()
        with pytest.raises(RejectedError):
            it.source.check_feedback(impossible)
        with pytest.raises(RejectedError):
            await it.source.report(it.feedback(document_id, impossible), journal)
        assert it.writes() == []


@silver
async def test_an_action_nobody_knows_is_refused_by_name(source, journal):
    async with source() as it:
        it.add()
        with pytest.raises(RejectedError, match="no_such_action"):
            it.source.check_feedback({"no_such_action": True})


@gold
async def test_feedback_the_provider_refuses_is_told_as_refused(source, journal):
    endpoint = (await each_write(source, lambda it: it.subject.delivered("far-1")))[-1]
    async with source() as it:
        (document_id,) = it.add()
        it.strike("status", endpoint, status=400)
        with pytest.raises(RejectedError):
            await it.source.report(it.feedback(document_id, it.subject.delivered("far-1")), journal)


@gold
@pytest.mark.parametrize("status", [400, 403, 503])
@pytest.mark.parametrize("what", ["delivered", "rejected"])
async def test_a_refusal_that_quotes_what_was_sent_is_told_without_it(source, what, status):
    def actions(it):
        return it.subject.delivered("Far-4711") if what == "delivered" else it.subject.rejected("No supplier BE 4711")

    endpoints = await each_write(source, actions)
    assert endpoints
    for endpoint in endpoints:
        async with source() as it:
            (document_id,) = it.add()
            quoted = []

            def quote(exchange, quoted=quoted):
                quoted[:] = [one for one in scalars(exchange.body) if QUOTABLE.fullmatch(one)][-4:]
                exchange.answer_headers = [("content-type", "application/json"), ("retry-after", "0")]
                exchange.answer = msgspec.json.encode({"message": f"not valid: {', '.join(quoted)}"})

            it.strike("status", endpoint, status=status)
            it.between.change(endpoint, quote)
            with pytest.raises(ConnectorError) as caught:
                await it.source.report(it.feedback(document_id, actions(it)), account.journal())
            said = told(caught.value, [])
            said = said.partition(f"answered {status}")[2] or said
            assert not [one for one in quoted if one in said], (endpoint, said)


@silver
async def test_feedback_about_a_document_that_is_gone_is_refused(source, journal):
    async with source() as it:
        (document_id,) = it.add()
        it.subject.remove(it.app, document_id)
        with pytest.raises(RejectedError):
            await it.source.report(it.feedback(document_id, it.subject.delivered("far-1")), journal)


@silver
async def test_a_document_that_was_put_back_is_carried_again_and_told_again(source):
    async with source() as it:
        (document_id,) = it.add()
        seen = await it.everything()
        before = (await it.source.fetch(document_id)).version
        await it.tell(it.feedback(document_id, it.subject.delivered("far-1")), account.journal())
        await asyncio.sleep(0.002)
        it.subject.put_back(it.app, document_id)
        again = await it.everything(seen.cursor)
        assert again.versions[document_id] != seen.versions[document_id]
        document = await it.source.fetch(document_id)
        assert (document.not_ready, document.version != before) == (None, True)
        if it.source.feedback_actions:
            told = it.subject.told(it.app, document_id).effective
            await it.tell(it.feedback(document_id, it.subject.delivered("far-2"), seq=2), account.journal())
            assert it.subject.told(it.app, document_id).effective > told


@platinum
async def test_many_are_told_at_once_and_each_of_them_once(source):
    async with source() as it:
        ids = it.add(12)

        async def tell(document_id):
            await it.tell(it.feedback(document_id, it.subject.delivered(f"far-{document_id}")), account.journal())

        for kind in ("act_then_drop", "cut"):
            it.strike(kind, "POST *", every=3, times=3)
        await asyncio.gather(*map(tell, ids))
        assert len({it.subject.told(it.app, one).effective for one in ids}) == 1


@gold
async def test_a_source_that_is_down_is_told_later(source, journal):
    async with source() as it:
        (document_id,) = it.add()
        it.strike("status", "* *", status=503, headers=account.QUICKLY)
        with pytest.raises(ConnectorError) as caught:
            await it.source.report(it.feedback(document_id, it.subject.delivered("far-1")), journal)
        assert not isinstance(caught.value, RejectedError)
        it.heal()
        await it.tell(it.feedback(document_id, it.subject.delivered("far-1")), journal)
        assert it.subject.told(it.app, document_id).effective
