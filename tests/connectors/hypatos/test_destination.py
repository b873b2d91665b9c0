"""Documents at Hypatos: each file stored and processed once, whatever answers are lost, and watched to its end."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest

from connectors.contract import Attachment, Delivery, Destination, Download, File, State
from connectors.errors import (
    AccessError,
    ConnectorError,
    GoneError,
    RejectedError,
    TransientError,
    UnsettledError,
)
from connectors.hypatos import Settings, connect
from connectors.hypatos.sandbox import HypatosSandbox, Switches
from connectors.markers import delivery_marker
from connectors.sandbox_faults import Fault

PROJECT = "63e6663823b4c1f5287398b1"
KEY = "zefort_to_hypatos:ct_1"


def attachment(file_id="f1", name="lease.pdf", content=None, *, main=True, media_type="application/pdf", failure=None):
    body = f"%PDF-1.7 {file_id}".encode() if content is None else content

    @asynccontextmanager
    async def open_it():
        async def chunks():
            if failure:
                raise failure
            yield body

        yield Download(chunks(), len(body), None, media_type)

    return Attachment(File(file_id, name, media_type, main=main), open_it)


def delivery(*files, replaces=None, key=KEY, **payload):
    return Delivery(key, {"project": PROJECT, **payload}, files or (attachment(),), replaces)


class KilledError(BaseException):
    """The process died here."""


class Killing(httpx.AsyncBaseTransport):
    """The way to the sandbox, on which the process dies before or after the n-th request (from 1)."""

    def __init__(self, app):
        self.inner = httpx.ASGITransport(app)
        self.count, self.before, self.after = 0, None, None

    async def handle_async_request(self, request):
        self.count += 1
        if self.count == self.before:
            raise KilledError
        response = await self.inner.handle_async_request(request)
        if self.count == self.after:
            raise KilledError
        return response


class Desk:
    """An account at the sandbox with no documents in it yet."""

    def __init__(self, app, connection):
        self.app = app
        self.documents = connection.destinations["documents"]

    @property
    def held(self):
        return self.app.state()["documents"]

    @property
    def only(self):
        (document,) = self.held.values()
        return document

    def asked(self, endpoint):
        return self.app.requests[endpoint]


@pytest.fixture
async def open_desk():
    opened = []

    async def open_one(settings=None, app=None, transport=None, **switches):
        app = app or HypatosSandbox(0, 7, Switches(**{"quota": 0, "applied_after": 0.0, "processing": 0.0, **switches}))
        chosen = {"base_url": "http://127.0.0.1/v2", "verify_within": 0.02, "settle_seconds": 60.0, **app.credentials}
        connection = await connect(
            "hypatos", Settings(**{**chosen, **(settings or {})}), transport=transport or httpx.ASGITransport(app)
        )
        opened.append(connection)
        return Desk(app, connection)

    yield open_one
    for connection in opened:
        await connection.close()


@pytest.fixture
async def desk(open_desk):
    return await open_desk()


async def persist(push, journal, times=5):
    """Push as the engine does: again after what may pass, some minutes later."""
    for _ in range(times):
        try:
            return await push()
        except TransientError:
            journal.now += timedelta(minutes=5)
    return await push()


async def test_it_is_a_destination(desk):
    assert isinstance(desk.documents, Destination)
    assert set(desk.documents.targets) == {"project", "title", "external_data"}


async def test_a_document_is_made_of_the_file_with_key_and_data_in_the_same_call(desk, journal):
    made = await desk.documents.push(delivery(external_data={"contract": "ct_1"}), journal)
    document = desk.held[made]
    assert document["project"] == PROJECT
    assert document["external_id"] == f"gw-{delivery_marker(KEY)}"
    assert document["external_data"] == {"contract": "ct_1", "docferry": KEY}
    assert document["counts"]["external-data"]["effective"] == 0, "it travelled in the creating call"
    (file_id,) = document["files"]
    assert desk.app.store.uploads[file_id].content == b"%PDF-1.7 f1"
    assert desk.app.store.uploads[file_id].name == "lease.pdf"


async def test_pushing_the_same_again_sends_nothing(desk, journal):
    made = await desk.documents.push(delivery(title="Lease"), journal)
    posts = desk.app.requests.total() - sum(n for name, n in desk.app.requests.items() if name.startswith("GET"))
    assert await desk.documents.push(delivery(title="Lease", replaces=made), journal) == made
    again = desk.app.requests.total() - sum(n for name, n in desk.app.requests.items() if name.startswith("GET"))
    assert again == posts
    assert desk.only["title"] == "Lease"


@pytest.mark.parametrize("wanted", ["Verträge & Rahmenverträge", "verträge & RAHMENVERTRÄGE", PROJECT[:-1] + "2"])
async def test_a_project_is_named_by_id_or_name(desk, journal, wanted):
    await desk.documents.push(delivery(project=wanted), journal)
    assert desk.only["project"] == PROJECT[:-1] + "2"


async def test_without_a_project_the_first_of_the_connection_is_used(open_desk, journal):
    desk = await open_desk(settings={"projects": "Logistics 物流, other"})
    desk.documents.check({})
    await desk.documents.push(delivery(project=None), journal)
    assert desk.only["project"] == PROJECT[:-1] + "3"


async def test_where_nothing_names_a_project_the_connection_stops_and_no_document_is_blamed(open_desk, journal):
    desk = await open_desk()
    with pytest.raises(AccessError, match="HYPATOS_PROJECTS") as caught:
        desk.documents.check({})
    assert caught.value.connection == "hypatos"
    with pytest.raises(AccessError, match="HYPATOS_PROJECTS"):
        await desk.documents.push(Delivery(KEY, {"title": "Lease"}, [attachment()]), journal)
    assert desk.app.requests.total() == 0


async def test_a_document_without_a_project_where_the_route_writes_one_is_rejected_alone(desk, journal):
    with pytest.raises(RejectedError, match="`project` is empty"):
        desk.documents.check({"project": None})
    with pytest.raises(RejectedError, match="`project` is empty"):
        await desk.documents.push(delivery(project=None), journal)
    assert not desk.app.store.uploads


async def test_a_project_that_does_not_exist_rejects_before_anything_is_stored(desk, journal):
    with pytest.raises(RejectedError, match="no project"):
        await desk.documents.push(delivery(project="Nowhere"), journal)
    assert not desk.app.store.uploads


@pytest.mark.parametrize("answer", ["403", "404"])
async def test_where_projects_cannot_be_listed_the_id_is_believed(open_desk, journal, answer):
    desk = await open_desk(projects_list=answer)
    await desk.documents.push(delivery(), journal)
    assert desk.only["project"] == PROJECT


@pytest.mark.parametrize("answer", ["400", "404"])
async def test_a_refused_project_rejects_the_document_and_is_not_taken_for_a_vanished_source(
    open_desk, journal, answer
):
    desk = await open_desk(projects_list="403", unknown_project=answer)
    with pytest.raises(RejectedError) as caught:
        await desk.documents.push(delivery(project="Nowhere"), journal)
    assert not isinstance(caught.value, GoneError)
    assert desk.held == {}


@pytest.mark.parametrize("names", ["decoded", "raw"])
@pytest.mark.parametrize(
    "name", ["Größe & Maß.pdf", "請求書.pdf", "長い" * 200 + ".pdf", 'a "b" 50%.pdf', "x\r\ny: z.pdf"]
)
async def test_any_file_name_arrives_and_is_readable_as_the_title(open_desk, journal, names, name):
    desk = await open_desk(file_names=names)
    await desk.documents.push(delivery(attachment(name=name)), journal)
    (upload,) = desk.app.store.uploads.values()
    assert upload.name.endswith(".pdf")
    assert len(upload.name) <= 256
    assert not set('"/:\r\n') & set(upload.name)
    assert desk.only["title"] == name[:256]


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("../../etc/passwd", "_.._etc_passwd.pdf"),
        ("", "document.pdf"),
        ("Contract v1.2 of May", "Contract v1.2 of May.pdf"),
        ("lease 50%.PDF", "lease 50%.PDF"),
    ],
)
async def test_a_name_is_no_path_and_has_an_ending(desk, journal, name, sent):
    await desk.documents.push(delivery(attachment(name=name)), journal)
    (upload,) = desk.app.store.uploads.values()
    assert upload.name == sent


@pytest.mark.parametrize("value", [Decimal("NaN"), "\ud800"], ids=["nan", "half"])
async def test_what_no_text_can_say_is_refused_before_anything_is_sent(desk, journal, value):
    with pytest.raises(RejectedError):
        desk.documents.check({"external_data": {"a": value}})
    with pytest.raises(RejectedError):
        await desk.documents.push(delivery(external_data={"a": value}), journal)
    assert not desk.app.requests.total()


@pytest.mark.parametrize(
    ("said", "name", "sent"),
    [
        ("application/pdf; charset=binary", "a.pdf", "application/pdf"),
        ("application/octet-stream", "a.PDF", "application/pdf"),
        ("image/jpg", "a.jpg", "image/jpeg"),
        ("text/xml", "a.xml", "application/xml"),
    ],
)
async def test_media_types_are_sent_as_hypatos_spells_them(desk, journal, said, name, sent):
    await desk.documents.push(delivery(attachment(name=name, media_type=said)), journal)
    (upload,) = desk.app.store.uploads.values()
    assert upload.media_type == sent


async def test_a_file_of_a_kind_that_is_not_taken_rejects_the_document(desk, journal):
    with pytest.raises(RejectedError, match="not supported"):
        await desk.documents.push(delivery(attachment(name="a.zip", media_type="application/zip")), journal)


async def test_a_document_without_a_file_is_rejected(desk, journal):
    with pytest.raises(RejectedError, match="no file"):
        await desk.documents.push(Delivery(KEY, {"project": PROJECT}, ()), journal)


async def test_what_goes_wrong_at_the_source_is_the_sources_fault(desk, journal):
    gone = GoneError("file gone", connection="zefort", status=404)
    with pytest.raises(GoneError) as caught:
        await desk.documents.push(delivery(attachment(failure=gone)), journal)
    assert caught.value.connection == "zefort"


# Several files


FILES = (
    attachment("f1", "lease.pdf"),
    attachment("f2", "terms.pdf", main=False),
    attachment("f3", "plan.pdf", main=False),
)


async def test_further_files_become_documents_of_their_own_that_name_the_main_one(desk, journal):
    made = await desk.documents.push(delivery(*FILES[1:], FILES[0], external_data={"a": "b"}), journal)
    assert len(desk.held) == 3
    main = desk.held[made]
    assert "mainDocument" not in main["external_data"]
    others = [document for document_id, document in desk.held.items() if document_id != made]
    assert all(other["external_data"] == {"a": "b", "docferry": KEY, "mainDocument": made} for other in others)
    assert len({document["external_id"] for document in desk.held.values()}) == 3
    (file_id,) = main["files"]
    assert desk.app.store.uploads[file_id].name == "lease.pdf"
    assert await desk.documents.push(delivery(*FILES, external_data={"a": "b"}, replaces=made), journal) == made
    assert len(desk.held) == 3


@pytest.mark.parametrize("merges", [True, False])
@pytest.mark.parametrize("answer", ["200", "201", "202"])
async def test_several_files_become_one_case_where_that_is_set(open_desk, journal, merges, answer):
    desk = await open_desk(settings={"cases": True}, case_merges=merges, case_answer=answer)
    made = await desk.documents.push(delivery(*FILES, title="All", external_data={"a": "b"}), journal)
    assert len(desk.held) == (1 if merges else 3)
    main = desk.held[made]
    assert main["external_id"] == f"gw-{delivery_marker(KEY)}"
    assert main["external_data"] == {"a": "b", "docferry": KEY}
    assert main["title"] == "All"
    assert desk.asked("POST /cases/process-file-batch") == 1


async def test_a_case_whose_main_file_is_another_one_is_found_all_the_same(open_desk, journal):
    desk = await open_desk(settings={"cases": True}, case_main="last")
    desk.app.act({"add": {"name": "somebody else's.pdf"}})
    made = await desk.documents.push(delivery(*FILES), journal)
    assert len(desk.held[made]["files"]) == 3
    assert len(desk.held) == 2


async def test_a_case_that_shows_late_is_waited_for_and_never_made_again(open_desk, journal):
    desk = await open_desk(settings={"cases": True}, case_lag=600.0)
    for _ in range(3):
        with pytest.raises(TransientError):
            await desk.documents.push(delivery(*FILES), journal)
        journal.now += timedelta(minutes=5)
    desk.app.act({"advance": 601})
    await desk.documents.push(delivery(*FILES), journal)
    assert desk.asked("POST /cases/process-file-batch") == 1
    assert len(desk.held) == 1


async def test_a_case_of_one_file_is_processed_plainly(open_desk, journal):
    desk = await open_desk(settings={"cases": True})
    await desk.documents.push(delivery(), journal)
    assert desk.asked("POST /cases/process-file-batch") == 0
    assert len(desk.held) == 1


async def test_a_case_cannot_be_given_another_file(open_desk, journal):
    desk = await open_desk(settings={"cases": True})
    made = await desk.documents.push(delivery(*FILES[:2]), journal)
    with pytest.raises(RejectedError, match="other files"):
        await desk.documents.push(delivery(*FILES, replaces=made), journal)


# Lost answers and crashes


@pytest.mark.parametrize("cases", [False, True])
@pytest.mark.parametrize("lag", [0.0, 90.0])
@pytest.mark.parametrize("kind", ["act_then_drop", "drop", "cut"])
@pytest.mark.parametrize(
    "path", ["/files", "/documents/process-file", "/cases/process-file-batch", "/documents/*/title"]
)
async def test_a_lost_answer_makes_no_second_document(open_desk, journal, cases, lag, kind, path):
    desk = await open_desk(
        settings={"cases": cases}, listing_lag=lag, faults=[Fault(kind, "POST", path, times=1)], duplicates="allow"
    )
    wanted = delivery(*FILES[:2], title="Lease")

    async def push():
        desk.app.act({"advance": 100})
        return await desk.documents.push(wanted, journal)

    made = await persist(push, journal)
    assert len(desk.held) == (1 if cases else 2)
    assert desk.held[made]["title"] == "Lease"


async def test_while_the_list_may_lag_nothing_is_sent_again(open_desk, journal):
    desk = await open_desk(
        listing_lag=90.0, faults=[Fault("act_then_drop", "POST", "/documents/process-file", times=1)]
    )
    for _ in range(2):
        with pytest.raises(TransientError):
            await desk.documents.push(delivery(), journal)
    assert desk.asked("POST /documents/process-file") == 1


async def test_of_several_documents_of_one_file_the_oldest_is_kept(open_desk, journal):
    desk = await open_desk(
        listing_lag=600.0,
        duplicates="allow",
        faults=[Fault("act_then_drop", "POST", "/documents/process-file", times=2)],
    )
    for _ in range(2):
        with pytest.raises(TransientError):
            await desk.documents.push(delivery(), journal)
        journal.now += timedelta(minutes=5)
    oldest, second = desk.held
    desk.app.store.records[second].created += 10
    desk.app.act({"advance": 601})
    assert await desk.documents.push(delivery(), journal) == oldest


class DeafTransport(httpx.AsyncBaseTransport):
    """The way to a server that ignores the filter `fileId`."""

    def __init__(self, app):
        self.inner = httpx.ASGITransport(app)

    async def handle_async_request(self, request):
        params = [(name, value) for name, value in request.url.params.multi_items() if name != "fileId"]
        request.url = request.url.copy_with(params=params)
        return await self.inner.handle_async_request(request)


async def test_a_server_that_ignores_the_filter_by_file_does_not_mislead(open_desk, journal):
    app = HypatosSandbox(0, 7, Switches(quota=0, applied_after=0.0))
    app.shared.faults.append(Fault("drop", "POST", "/documents/process-file", times=1))
    desk = await open_desk(app=app, transport=DeafTransport(app))
    for number in range(60):
        app.act({"add": {"name": f"{number}.pdf"}})
    made = await persist(lambda: desk.documents.push(delivery(), journal), journal)
    assert desk.held[made]["external_id"] == f"gw-{delivery_marker(KEY)}"
    assert len(desk.held) == 61


@pytest.mark.parametrize("cases", [False, True])
async def test_a_process_killed_at_any_request_doubles_nothing(open_desk, new_journal, cases):
    for number in range(1, 40):
        died = []
        for when in ("before", "after"):
            app = HypatosSandbox(
                0, 7, Switches(quota=0, applied_after=0.0, processing=0.0, duplicates="allow", token_life=9999)
            )
            transport, journal = Killing(app), new_journal()
            setattr(transport, when, number)
            desk = await open_desk(app=app, transport=transport, settings={"cases": cases, "settle_seconds": 60.0})
            wanted = delivery(*FILES[:2], title="Lease", external_data={"a": "b"})
            try:
                made = await desk.documents.push(wanted, journal)
            except KilledError:
                died.append(when)
                journal.now += timedelta(minutes=5)
                made = await desk.documents.push(wanted, journal)
            assert len(desk.held) == (1 if cases else 2), (number, when)
            assert desk.held[made]["title"] == "Lease"
            assert desk.held[made]["external_data"]["docferry"] == KEY
        if not died:
            return
    raise AssertionError("the sweep never got to its end")


async def test_a_stored_file_that_is_kept_no_more_is_stored_afresh(open_desk, journal):
    desk = await open_desk(faults=[Fault("drop", "POST", "/documents/process-file", times=1)])
    with pytest.raises(TransientError):
        await desk.documents.push(delivery(), journal)
    desk.app.store.uploads.clear()
    journal.now += timedelta(days=200)
    await persist(lambda: desk.documents.push(delivery(), journal), journal)
    assert len(desk.held) == 1
    assert len(desk.app.store.uploads) == 1


# Later


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


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        ({"colour": "red"}, "colour"),
        ({"title": "x" * 257}, "title"),
        ({"title": 7}, "title"),
        ({"project": ""}, "project"),
        ({"external_data": []}, "external_data"),
        ({"external_data": {"a": "1", "A": "2"}}, "upper and lower"),
        ({"external_data": {"DocFerry": "1"}}, "ours"),
        ({"external_data": {"k" * 51: "1"}}, "key 1"),
        ({"external_data": {"k": "v" * 1000}}, "value 1"),
        ({"external_data": {"k": {"n": 1}}}, "value 1"),
        ({"external_data": {str(number): "1" for number in range(20)}}, "20 pairs"),
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
