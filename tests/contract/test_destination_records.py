"""What a destination promises of records and files: whole, exact, kept up to date, watched, and nothing sent in vain."""

import asyncio
import tracemalloc
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from connectors.contract import Attachment, Destination, Download, File, State
from connectors.errors import ConnectorError, RejectedError, TransientError
from tests.contract.account import QUICKLY, Sent
from tests.contract.levels import bronze, gold, platinum, silver

HUGE = 40 << 20
HELD = 16 << 20
"""Bytes that may be held at most while a huge file passes; the sandbox keeps some of them."""
FAR_END = {State.PENDING, State.ACCEPTED, State.ALTERED}


@bronze
async def test_it_is_a_destination(destination):
    async with destination() as it:
        assert isinstance(it.destination, Destination)


@bronze
async def test_a_delivery_arrives_whole(destination, journal):
    async with destination() as it:
        file = Sent(b"%PDF-1.7 \x00\xff\r\n--boundary" * 999)
        external_id = await it.deliver(it.delivery(amount=Decimal("10.50"), files=[file]), journal)
        record = it.only
        assert (record.id, record.title) == (external_id, "Acme 4711")
        assert record.amount == (Decimal("10.50") if it.subject.amounts else None)
        assert [one.sha256 for one in record.files] == [file.sha256] * bool(it.subject.files)
        assert len(record.parts) == it.subject.pieces


@silver
@pytest.mark.parametrize("amount", ["12345678901234567.89", "0.30", "-0.01", "0.1"])
async def test_money_keeps_every_digit(destination, journal, amount):
    async with destination() as it:
        await it.deliver(it.delivery(amount=Decimal(amount)), journal)
        assert it.only.amount == Decimal(amount)
        assert not isinstance(it.only.amount, float)


@bronze
async def test_a_payload_that_can_never_be_is_refused_by_name_before_anything_is_sent(destination, journal):
    async with destination() as it:
        payload, field = it.subject.refused()
        with pytest.raises(RejectedError, match=field):
            it.destination.check(payload)
        assert it.connection.traffic.requests == it.subject.learns


@silver
async def test_a_refused_payload_leaves_nothing_behind(destination, journal):
    async with destination() as it:
        payload, field = it.subject.refused()
        with pytest.raises(RejectedError, match=field):
            await it.destination.push(it.delivery(**payload), journal)
        assert (it.held, it.writes()) == ([], [])


@silver
async def test_a_payload_with_a_key_nobody_knows_is_refused_by_name(destination):
    async with destination() as it:
        with pytest.raises(RejectedError, match="no_such_key"):
            it.destination.check({**it.subject.payload("A", Decimal(1)), "no_such_key": 1})


@bronze
async def test_a_good_payload_is_checked_without_a_request(destination):
    async with destination() as it:
        for _ in range(2):
            it.destination.check(it.subject.payload("Acme 4711", Decimal("10.50")))
        assert it.connection.traffic.requests == it.subject.learns


@silver
@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), "\ud800"], ids=["nan", "infinity", "half"])
async def test_what_cannot_be_written_is_refused_before_anything_is_sent(destination, journal, value):
    async with destination() as it:
        as_title = isinstance(value, str) or not it.subject.amounts
        payload = it.subject.payload(value, Decimal(1)) if as_title else it.subject.payload("A", value)
        with pytest.raises(RejectedError):
            it.destination.check(payload)
        with pytest.raises(RejectedError):
            await it.destination.push(it.delivery(**payload), journal)
        assert it.held == []


@bronze
async def test_an_update_reaches_the_same_record(destination, journal):
    async with destination() as it:
        external_id = await it.deliver(it.delivery(), journal)
        changed = it.correction([Sent(b"%PDF-1.7 route:1")])
        assert await it.deliver(it.delivery(**changed, replaces=external_id), journal) == external_id
        assert it.only.title == changed["title"]
        assert it.only.amount == (changed["amount"] if it.subject.amounts and it.subject.renames else it.only.amount)
        assert [one.sha256 for one in it.only.files] == [one.sha256 for one in changed["files"]][: it.subject.files]


@silver
@pytest.mark.parametrize(
    "title", ["Žluťoučký kůň", "株式会社 山田製作所", "☕ 4711", 'a "b" <c> & \\ {{ d }}', "x" * 200]
)
async def test_titles_of_any_script_arrive_as_they_are(destination, journal, title):
    async with destination() as it:
        await it.deliver(it.delivery(title=title), journal)
        assert it.only.title == it.subject.shown(title)


@silver
@pytest.mark.parametrize(
    "name", ["../../etc/passwd", 'a"; x="b.pdf', "a\r\nX: y.pdf", "請求書.pdf", "x" * 300 + ".pdf", ""]
)
async def test_hostile_file_names_harm_nobody(destination, journal, name):
    async with destination() as it:
        if not it.subject.files:
            pytest.skip("it takes no files")
        file = Sent(b"%PDF-1.7 named", name)
        await it.deliver(it.delivery(files=[file]), journal)
        (held,) = it.only.files
        assert held.sha256 == file.sha256
        assert not set('\r\n"') & set(held.name)
        assert held.name.endswith(".pdf")


@silver
async def test_many_files_arrive_each_once(destination, journal):
    async with destination() as it:
        files = [Sent(f"%PDF-1.7 {n}".encode(), "same name.pdf", f"f{n}", main=n == 1) for n in range(it.subject.files)]
        await it.deliver(it.delivery(files=files), journal)
        assert sorted(one.sha256 for one in it.only.files) == sorted(one.sha256 for one in files)


@silver
@pytest.mark.parametrize("size", [3000, 3 << 20], ids=["small", "large"])
async def test_a_file_whose_size_nobody_knows_arrives_whole(destination, journal, size):
    async with destination() as it:
        file = Sent(b"%PDF-1.7" + bytes(size), announced=None)
        await it.deliver(it.delivery(files=[file]), journal)
        assert [one.sha256 for one in it.only.files] == [file.sha256] * bool(it.subject.files)


@gold
@pytest.mark.parametrize("size", [3000, 3 << 20], ids=["small", "large"])
@pytest.mark.parametrize("lie", [-100, 100])
async def test_a_file_whose_source_lies_about_its_size_is_never_delivered_in_part(destination, journal, size, lie):
    async with destination({"timeout": 1.0}) as it:
        if not it.subject.files:
            pytest.skip("it takes no files")
        file = Sent(bytes(size), announced=size + lie)
        with pytest.raises(ConnectorError):
            await it.destination.push(it.delivery(files=[file]), journal)
        assert not [one for record in it.held for one in record.files]


@gold
@pytest.mark.parametrize("size", [3000, 3 << 20], ids=["small", "large"])
async def test_a_file_that_breaks_off_at_its_source_is_sent_again_from_the_start(destination, journal, size):
    async with destination() as it:
        if not it.subject.files:
            pytest.skip("it takes no files")
        file = Sent(b"%PDF-1.7" + bytes(size), breaks=TransientError("the source broke off", connection="source"))
        with pytest.raises(TransientError):
            await it.destination.push(it.delivery(files=[file]), journal)
        file.breaks = None
        await it.deliver(it.delivery(files=[file]), journal)
        assert [one.sha256 for one in it.only.files] == [file.sha256]


@silver
async def test_an_empty_file_arrives_empty_or_is_refused(destination, journal):
    async with destination() as it:
        try:
            await it.deliver(it.delivery(files=[Sent(b"")]), journal)
        except RejectedError:
            assert it.held == []
        else:
            assert [one.size for one in it.only.files] == [0] * bool(it.subject.files)


@platinum
async def test_a_huge_file_passes_in_little_memory(destination, journal):
    async with destination() as it:
        if not it.subject.files:
            pytest.skip("it takes no files")
        attachment = Attachment(File("f1", "huge.pdf", "application/pdf", main=True), poured)
        delivery = it.delivery()
        tracemalloc.start()
        try:
            await it.destination.push(type(delivery)(delivery.key, delivery.payload, [attachment]), journal)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert [one.size for one in it.only.files] == [HUGE]
        assert peak < HELD


@asynccontextmanager
async def poured():
    """Open a file that nobody holds: its bytes are made while they are read."""

    async def chunks():
        yield b"%PDF-1.7"
        for _ in range(HUGE // (64 << 10) - 1):
            yield bytes(64 << 10)
        yield bytes((64 << 10) - 8)

    yield Download(chunks(), HUGE, "huge.pdf", "application/pdf")


@bronze
async def test_a_delivered_record_is_pending_and_then_there(destination, journal):
    async with destination() as it:
        external_id = await it.deliver(it.delivery(), journal)
        assert (await it.destination.outcome(external_id, journal)).state in FAR_END
        it.subject.finish(it.app)
        assert (await it.destination.outcome(external_id, journal)).state in FAR_END - {State.PENDING}


@silver
async def test_a_record_that_a_person_dropped_is_gone_and_the_reason_says_so(destination, journal):
    async with destination() as it:
        external_id = await it.deliver(it.delivery(), journal)
        it.subject.finish(it.app)
        it.subject.trash(it.app, external_id)
        outcome = await it.destination.outcome(external_id, journal)
        assert outcome.state is State.GONE
        assert outcome.reason


@silver
async def test_a_record_that_a_person_dropped_is_not_made_again_by_an_update(destination, journal):
    async with destination() as it:
        external_id = await it.deliver(it.delivery(), journal)
        it.subject.finish(it.app)
        it.subject.trash(it.app, external_id)
        count = len(it.held)
        with pytest.raises(RejectedError):
            await it.deliver(it.delivery(title="Acme 4712", replaces=external_id), journal)
        assert len(it.held) == count


@gold
async def test_one_404_is_no_proof_that_a_record_is_gone(destination, journal):
    async with destination() as it:
        external_id = await it.deliver(it.delivery(), journal)
        it.subject.finish(it.app)
        it.strike("status", it.subject.reading, status=404, times=1)
        outcome = await it.destination.outcome(external_id, journal)
        assert outcome.state is not State.GONE or not outcome.sure
        it.heal()
        assert (await it.destination.outcome(external_id, journal)).state in FAR_END


@gold
async def test_a_read_that_fails_is_no_verdict_on_the_record(destination, journal):
    async with destination() as it:
        external_id = await it.deliver(it.delivery(), journal)
        it.strike("status", it.subject.reading, status=503, headers=QUICKLY)
        with pytest.raises(TransientError):
            await it.destination.outcome(external_id, journal)


@silver
async def test_what_was_dropped_lately_can_be_asked_for(destination, journal):
    async with destination() as it:
        external_id = await it.deliver(it.delivery(), journal)
        assert [one async for one in it.destination.dropped()] == []
        it.subject.finish(it.app)
        it.subject.trash(it.app, external_id)
        async with asyncio.timeout(5):
            assert {one async for one in it.destination.dropped()} <= {external_id}
