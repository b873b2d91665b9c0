"""An inbox as a destination: every file becomes one document, whatever happens on the way, and is watched after that."""

import asyncio
from datetime import timedelta

import pytest

from connectors.contract import Destination
from connectors.errors import ConnectorError, RejectedError, TransientError, UnsettledError
from connectors.markers import delivery_marker, file_marker, markers
from connectors.sandbox_faults import Fault
from tests.connectors.memory_journal import MemoryJournal

UPLOAD = "POST /documents/{}"
LOST = Fault("act_then_drop", "POST", "/documents/*", times=1)


def only(account):
    ((document_id, shown),) = account.documents.items()
    return document_id, shown


def test_it_is_a_destination(account):
    assert isinstance(account.destination, Destination)
    assert set(account.destination.schema["properties"]) == {"title", "inbox"}


async def test_a_file_becomes_a_document_that_carries_the_marker_in_its_name(empty, delivery, journal, source_file):
    file = source_file(b"%PDF-1.7 \xc3\xa4", name="größe 1.pdf")
    external_id = await empty.destination.push(delivery(file), journal)
    document_id, shown = only(empty)
    assert external_id == document_id
    assert shown["sha256"] == file.sha256
    assert shown["media_type"] == "application/pdf"
    assert shown["name"].startswith("größe 1 [gw-")
    assert markers([shown["name"]]) == {delivery_marker("route:d1")}
    assert file.opened == 1


async def test_a_title_names_the_file(empty, delivery, journal):
    await empty.destination.push(delivery(title="Acme: INV/17"), journal)
    assert only(empty)[1]["name"].startswith("Acme INV 17 [gw-")
    assert only(empty)[1]["name"].endswith(".pdf")


@pytest.mark.parametrize("reply", ["id", "document_id", "_id", "oid", "string", "text", "document", "list"])
async def test_every_form_of_answer_is_understood(open_account, delivery, journal, reply):
    account = await open_account(0, reply=reply)
    external_id = await account.destination.push(delivery(), journal)
    assert external_id == only(account)[0]
    assert account.asked("GET /inboxes/{}/paginated") == 0


async def test_an_answer_without_an_id_is_looked_for_and_not_repeated(open_account, delivery, journal):
    account = await open_account(0, reply="nothing")
    with pytest.raises(TransientError) as caught:
        await account.destination.push(delivery(), journal)
    assert caught.value.arrived == "maybe"
    assert await account.destination.push(delivery(), journal) == only(account)[0]
    assert account.asked(UPLOAD) == 1


@pytest.mark.parametrize("fault", [
    LOST, Fault("status", "POST", "/documents/*", times=1, status=500, act=True),
    Fault("garbled", "POST", "/documents/*", times=1), Fault("cut", "POST", "/documents/*", times=1),
])  # fmt: skip
@pytest.mark.parametrize("switches", [{}, {"mask": "ignored", "envelope": "array"}, {"order_by": "400", "dates": "Z"}])
async def test_a_lost_answer_never_makes_a_second_document(open_account, delivery, journal, fault, switches):
    fault.seen = fault.struck = 0
    account = await open_account(30, faults=[fault], **switches)
    with pytest.raises(TransientError):
        await account.destination.push(delivery(), journal)
    external_id = await account.destination.push(delivery(), journal)
    assert account.asked(UPLOAD) == 1
    assert delivery_marker("route:d1") in account.documents[external_id]["name"]


async def test_an_upload_that_did_not_arrive_is_repeated_only_after_the_settle_time(open_account, delivery, journal):
    account = await open_account(0, faults=[Fault("drop", "POST", "/documents/*", times=1)])
    with pytest.raises(TransientError):
        await account.destination.push(delivery(), journal)
    for seconds in (0, 60):
        journal.now += timedelta(seconds=seconds)
        with pytest.raises(UnsettledError):
            await account.destination.push(delivery(), journal)
    journal.now += timedelta(seconds=61)
    assert await account.destination.push(delivery(), journal) == only(account)[0]
    assert account.asked(UPLOAD) == 2


async def test_a_document_that_lists_show_late_is_found_in_the_end(open_account, delivery, journal):
    account = await open_account(0, faults=[LOST.__class__("act_then_drop", "POST", times=1)], listing_lag=30.0)
    with pytest.raises(TransientError):
        await account.destination.push(delivery(), journal)
    with pytest.raises(UnsettledError):
        await account.destination.push(delivery(), journal)
    account.app.act({"advance": 31})
    journal.now += timedelta(seconds=121)
    await account.destination.push(delivery(), journal)
    assert len(account.documents) == 1


async def test_one_reading_of_the_inbox_serves_all_who_have_lost_an_answer(open_account, delivery, source_file):
    account = await open_account(0, faults=[Fault("act_then_drop", "POST", "/documents/*")], latency=0.01)
    journals = [MemoryJournal() for _ in range(12)]
    parcels = [delivery(source_file(b"%%PDF %d" % number), key=f"route:d{number}") for number in range(12)]

    async def push_all():
        pairs = zip(parcels, journals, strict=True)
        return await asyncio.gather(*(account.destination.push(*pair) for pair in pairs), return_exceptions=True)

    assert all(isinstance(lost, TransientError) for lost in await push_all())
    found = await push_all()
    assert set(found) == set(account.documents)
    assert len(account.documents) == 12
    assert account.asked("GET /inboxes/{}/paginated") <= 4


async def test_a_list_that_hides_documents_settles_nothing(open_account, delivery, journal):
    account = await open_account(0, faults=[Fault("drop", "POST", "/documents/*", times=1)], phantoms=2)
    with pytest.raises(TransientError):
        await account.destination.push(delivery(), journal)
    journal.now += timedelta(seconds=500)
    with pytest.raises(TransientError, match="does not hold still"):
        await account.destination.push(delivery(), journal)
    assert account.documents == {}


async def test_the_process_may_die_anywhere_and_every_file_is_there_once(
    open_account, delivery, journal, source_file, killing, killed
):
    for moment in ("before", "after"):
        for number in range(1, 4):
            journal.steps.clear()
            account = await open_account(0)
            way = killing(account.app)
            dying = await open_account(app=account.app, transport=way)
            setattr(way, moment, number)
            files = [source_file(b"%PDF a", "a"), source_file(b"%PDF b", "b", main=False)]
            try:
                await dying.destination.push(delivery(*files), journal)
            except killed:
                journal.now += timedelta(seconds=121)
            external_id = await account.destination.push(delivery(*files), journal)
            shown = account.documents
            assert sorted(one["sha256"] for one in shown.values()) == sorted(file.sha256 for file in files)
            assert shown[external_id]["sha256"] == files[0].sha256


async def test_further_files_become_further_documents_with_markers_of_their_own(empty, delivery, journal, source_file):
    files = [source_file(b"%PDF b", "b", "terms.pdf", main=False), source_file(b"%PDF a", "a")]
    external_id = await empty.destination.push(delivery(*files), journal)
    assert empty.documents[external_id]["sha256"] == files[1].sha256
    found = {mark for shown in empty.documents.values() for mark in markers([shown["name"]])}
    assert found == {delivery_marker("route:d1"), file_marker("route:d1", "b")}
    await empty.destination.push(delivery(*files), journal)
    assert empty.asked(UPLOAD) == 2


@pytest.mark.parametrize(("switches", "media"), [({"largest_file": 3}, "application/pdf"), ({}, "text/csv")])
async def test_a_file_that_is_not_taken_is_the_documents_fault(
    open_account, delivery, journal, source_file, switches, media
):
    account = await open_account(0, **switches)
    file = source_file()
    file.file = type(file.file)("f1", "x.csv", media, main=True)
    parcel = delivery(file)
    if media == "text/csv":
        account.app.switches.faults = [Fault("status", "POST", "/documents/*", status=415)]
    with pytest.raises(RejectedError):
        await account.destination.push(parcel, journal)
    assert journal.steps.get("upload") is None


async def test_a_document_without_a_file_is_refused_before_anything_is_sent(empty, delivery, journal):
    parcel = delivery()
    with pytest.raises(RejectedError, match="no file"):
        await empty.destination.push(type(parcel)(parcel.key, {}, []), journal)
    assert empty.app.requests.total() == 0


@pytest.mark.parametrize("payload", [{"titel": "x"}, {"title": 7}, {"inbox": ["x"]}])
def test_a_payload_that_can_never_be_taken_is_refused(account, payload):
    with pytest.raises(RejectedError):
        account.destination.check(payload)


async def test_the_payload_may_name_another_inbox(empty, delivery, journal):
    await empty.destination.push(delivery(inbox="請求書"), journal)
    assert only(empty)[1]["inbox"].endswith("a003")


@pytest.mark.parametrize(("settings", "payload", "kind"), [
    ({}, {"inbox": "nowhere"}, RejectedError), ({}, {"inbox": "65f0c0ffee0000000000ffff"}, RejectedError),
    ({"inbox": "nowhere"}, {}, ConnectorError), ({"inbox": "65f0c0ffee0000000000ffff"}, {}, ConnectorError),
])  # fmt: skip
async def test_an_inbox_that_is_not_there_is_the_documents_fault_only_if_the_document_names_it(
    open_account, delivery, journal, settings, payload, kind
):
    account = await open_account(0, settings=settings)
    with pytest.raises(ConnectorError) as caught:
        await account.destination.push(delivery(**payload), journal)
    assert type(caught.value) is kind
