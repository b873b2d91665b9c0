"""What a destination promises of what happens to a record after it was made: work on it, verdicts, people, updates."""

import pytest

from connectors.contract import State
from connectors.errors import ConnectorError, RejectedError, TransientError
from tests.contract.account import Sent
from tests.contract.levels import gold, silver

MAIN = Sent(b"%PDF-1.7 main")
FURTHER = Sent(b"%PDF-1.7 further", "annex.pdf", "f2", main=False)


@silver
async def test_what_the_far_end_still_works_on_is_not_said_to_be_done(destination, destination_subject, journal):
    async with destination(**destination_subject.busy) as it:
        try:
            external_id = await it.destination.push(it.delivery(), journal)
        except TransientError:
            external_id = None  # it waits for the far end before it goes on, which is as good
        if external_id is not None:
            assert (await it.destination.outcome(external_id, journal)).state is State.PENDING
        it.subject.finish(it.app)
        external_id = await it.deliver(it.delivery(), journal)
        assert (await it.destination.outcome(external_id, journal)).state is not State.PENDING


@silver
async def test_a_record_that_the_far_end_refuses_later_is_refused_and_the_reason_says_so(destination, journal):
    async with destination() as it:
        external_id = await it.deliver(it.delivery(), journal)
        it.subject.finish(it.app)
        it.subject.refuse(it.app, external_id)
        outcome = await it.destination.outcome(external_id, journal)
        assert outcome.state is State.REFUSED
        assert outcome.reason


@gold
async def test_a_record_that_cannot_be_read_right_after_it_was_made_is_waited_for(destination, journal):
    async with destination() as it:
        fault = it.strike("status", it.subject.reading, status=404, times=1)
        external_id = await it.deliver(it.delivery(), journal)
        assert it.only.id == external_id
        if not fault.struck:
            pytest.skip("a push does not read the record it has made")


@gold
@pytest.mark.parametrize("status", [405, 501])
async def test_a_creating_call_that_is_not_offered_is_no_verdict_on_the_document(destination, journal, status):
    async with destination() as it:
        it.strike("status", it.subject.creating, status=status)
        with pytest.raises(ConnectorError) as caught:
            await it.destination.push(it.delivery(), journal)
        assert not isinstance(caught.value, RejectedError)
        it.heal()
        assert await it.deliver(it.delivery(), journal) == it.only.id


@gold
async def test_an_address_that_nobody_knows_is_no_verdict_on_the_document(destination, journal):
    async with destination() as it:
        it.strike("status", it.subject.creating, status=404)
        with pytest.raises(ConnectorError) as caught:
            await it.destination.push(it.delivery(), journal)
        assert not isinstance(caught.value, RejectedError)
        assert it.held == []


@silver
async def test_null_is_as_good_as_nothing(destination, journal):
    async with destination() as it:
        delivery = it.delivery(**{it.subject.optional: None})
        it.destination.check(delivery.payload)
        external_id = await it.deliver(delivery, journal)
        assert it.only.id == external_id


@silver
async def test_what_a_person_added_stays_when_an_update_comes(destination, journal):
    async with destination() as it:
        external_id = await it.deliver(it.delivery(), journal)
        it.subject.finish(it.app)
        added = it.subject.add_to(it.app, external_id)
        assert added in it.only.parts
        await it.deliver(it.delivery(**it.correction([Sent(b"%PDF-1.7 route:1")]), replaces=external_id), journal)
        assert added in it.only.parts


@silver
async def test_another_file_of_an_update_is_brought_or_refused(destination, journal):
    async with destination() as it:
        if not it.subject.files:
            pytest.skip("it takes no files")
        external_id = await it.deliver(it.delivery(files=[MAIN]), journal)
        other = Sent(b"%PDF-1.7 another", "other.pdf", "f9")
        try:
            await it.deliver(it.delivery(files=[other], replaces=external_id), journal)
        except RejectedError:
            assert [one.sha256 for one in it.only.files] == [MAIN.sha256]
        else:
            assert other.sha256 in [one.sha256 for one in it.only.files]


@silver
async def test_files_that_an_update_brings_no_more_are_taken_away_or_all_stay(destination, journal):
    async with destination() as it:
        if not it.subject.files:
            pytest.skip("it takes no files")
        external_id = await it.deliver(it.delivery(files=[MAIN, FURTHER]), journal)
        await it.deliver(it.delivery(files=[MAIN], replaces=external_id), journal)
        left = [MAIN] if it.subject.takes_files_away else [MAIN, FURTHER]
        assert sorted(one.sha256 for one in it.only.files) == sorted(one.sha256 for one in left)
