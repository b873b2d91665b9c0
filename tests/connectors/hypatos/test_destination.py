"""Documents at Hypatos: each file stored and processed once, whatever answers are lost, and watched to its end."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.contract import Delivery, Destination
from connectors.errors import (
    AccessError,
    GoneError,
    RejectedError,
)
from connectors.markers import delivery_marker
from tests.connectors.hypatos.desk import KEY, PROJECT, attachment, delivery


async def test_it_is_a_destination(desk):
    assert isinstance(desk.documents, Destination)
    assert set(desk.documents.schema["properties"]) == {"project", "title", "external_data"}


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
    assert desk.only["title"] == name.replace("\r\n", " ")[:256]


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
