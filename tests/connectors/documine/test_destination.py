"""DocuMine as a destination: every file once, under a name that nothing else has, in a template that is in force."""

import asyncio
import re
from collections import Counter
from contextlib import suppress

import pytest

from connectors.contract import Delivery, Destination
from connectors.errors import AccessError, ConnectorError, RejectedError, TransientError, UnsettledError
from connectors.memory import Forgetful
from connectors.sandbox_faults import Fault


async def push_to_the_end(account, journal, delivery):
    """Push as an engine does: later, and later still when something is not settled."""
    for _ in range(8):
        try:
            return await account.destination.push(delivery, journal)
        except UnsettledError as error:
            journal.now = max(journal.now, error.look_again_at)
            await asyncio.sleep(0.21)
        except TransientError:
            continue
    raise AssertionError("it never ended")


async def test_it_is_a_destination(account):
    assert isinstance(account.destination, Destination)


async def test_a_file_gets_into_the_dossier_under_a_name_of_its_own(account, journal, delivery, source_file):
    main, annex = source_file(name="Größe 報告.pdf"), source_file(b"%PDF-1.7 annex", "f2", "annex.pdf", main=False)
    file_id = await account.destination.push(delivery(annex, main), journal)
    by_hash = {one["sha256"]: one for one in account.inbox()}
    assert by_hash.keys() == {main.sha256, annex.sha256}
    assert account.shown["documents"][file_id]["sha256"] == main.sha256
    assert re.fullmatch(r"Größe 報告 \[gw-[0-9a-f]{16}-[0-9a-f]{8}\]\.pdf", by_hash[main.sha256]["name"])
    assert journal.results("sha256:") == {"sha256:f1": main.sha256, "sha256:f2": annex.sha256}


async def test_two_documents_of_the_same_name_do_not_overwrite_each_other(account, new_journal, delivery):
    for number in range(3):
        await account.destination.push(delivery(key=f"r:{number}"), new_journal())
    assert len(account.inbox()) == 3


async def test_the_route_may_set_name_and_dossier(account, journal, delivery):
    await account.destination.push(delivery(name="Contract 4711", dossier="Prüfberichte 2026"), journal)
    names = [one["name"] for one in account.inbox("Prüfberichte 2026")]
    assert any(name.startswith("Contract 4711 [gw-") and name.endswith(".pdf") for name in names)


async def test_pushing_again_changes_nothing(account, journal, delivery):
    file_id = await account.destination.push(delivery(), journal)
    before = account.shown["documents"]
    assert await account.destination.push(delivery(replaces=file_id), journal) == file_id
    assert account.shown["documents"] == before


async def test_changed_bytes_overwrite_the_file_under_its_name(account, journal, delivery, source_file):
    file_id = await account.destination.push(delivery(source_file(b"%PDF-1.7 one")), journal)
    name = account.shown["documents"][file_id]["name"]
    changed = source_file(b"%PDF-1.7 two", name="renamed.pdf")
    assert await account.destination.push(delivery(changed, replaces=file_id), journal) == file_id
    (only,) = account.inbox()
    assert (only["name"], only["sha256"], only["uploads"]) == (name, changed.sha256, 2)
    await account.destination.push(delivery(changed, replaces=file_id), journal)
    assert account.inbox()[0]["uploads"] == 2


@pytest.mark.parametrize("same_file_id", [True, False])
async def test_an_overwriting_whose_answer_is_lost_is_seen_and_not_made_twice(
    open_account, journal, delivery, source_file, same_file_id
):
    account = await open_account(same_file_id=same_file_id)
    file_id = await account.destination.push(delivery(source_file(b"%PDF-1.7 one")), journal)
    account.app.shared.faults.append(Fault("act_then_drop", "POST", "*/files", times=1))
    changed = source_file(b"%PDF-1.7 two")
    await asyncio.sleep(0.01)
    after = await push_to_the_end(account, journal, delivery(changed, replaces=file_id))
    (only,) = account.inbox()
    assert only["sha256"] == changed.sha256
    assert after == next(one for one, it in account.shown["documents"].items() if it["dossier"] == "Inbox")
    assert account.asked("POST D/files") == 2


@pytest.mark.parametrize("kind", ["act_then_drop", "drop", "cut", "garbled"])
@pytest.mark.parametrize("path", ["*/files", "*/dossiers"])
async def test_after_any_lost_answer_there_is_one_file_in_one_dossier(open_account, journal, delivery, kind, path):
    account = await open_account(faults=[Fault(kind, "POST", path, times=1)])
    await push_to_the_end(account, journal, delivery(dossier="Made by the gateway"))
    names = Counter(one["name"] for one in account.shown["dossiers"].values())
    assert names["Made by the gateway"] == 1
    (only,) = account.inbox("Made by the gateway")
    assert only["uploads"] == 1


async def test_an_upload_that_shows_late_is_waited_for(open_account, journal, delivery):
    account = await open_account(listing_lag=0.1, faults=[Fault("act_then_drop", "POST", "*/files", times=1)])
    await push_to_the_end(account, journal, delivery())
    assert account.asked("POST D/files") == 1


@pytest.mark.parametrize("upload_answer", ["fileIds", "fileId", "id", "empty"])
async def test_every_answer_to_an_upload_leads_to_the_id(open_account, journal, delivery, upload_answer):
    account = await open_account(upload_answer=upload_answer)
    file_id = await account.destination.push(delivery(), journal)
    assert account.shown["documents"][file_id]["dossier"] == "Inbox"
    assert len(account.inbox()) == 1


async def test_one_dossier_is_made_for_many_documents_at_once(open_account, new_journal, delivery):
    account = await open_account(latency=0.01)
    deliveries = [delivery(key=f"r:{number}", dossier="New") for number in range(6)]
    await asyncio.gather(*(account.destination.push(one, new_journal()) for one in deliveries))
    assert [one["name"] for one in account.shown["dossiers"].values()].count("New") == 1
    assert len(account.inbox("New")) == 6


async def test_a_dossier_that_another_document_has_asked_for_is_waited_for(open_account, new_journal, delivery):
    memory = Forgetful()
    account = await open_account(
        taken_name="201", listing_lag=0.1, faults=[Fault("act_then_drop", "POST", "*/dossiers", times=1)], memory=memory
    )
    with pytest.raises(TransientError):
        await account.destination.push(delivery(key="r:1", dossier="New"), new_journal())
    other = await open_account(app=account.app, memory=memory)
    await push_to_the_end(other, new_journal(), delivery(key="r:2", dossier="New"))
    assert [one["name"] for one in account.shown["dossiers"].values()].count("New") == 1


def twins(app):
    """Give the inbox a dossier of the same name; return that."""
    return app.store.dossier(next(iter(app.store.templates.values())), "Inbox")


async def test_two_dossiers_of_one_name_in_the_settings_are_a_persons_matter(open_account, journal, source_file):
    account = await open_account(settings={"dossier": "Inbox"})
    twins(account.app)
    with pytest.raises(AccessError, match=r"'Inbox' is there 2 times.*ids"):
        await account.destination.push(Delivery("k", {}, [source_file().attachment()]), journal)


async def test_two_dossiers_of_one_name_in_a_payload_concern_that_document_and_an_id_settles_it(
    account, journal, delivery
):
    twin = twins(account.app)
    with pytest.raises(RejectedError, match=r"is there 2 times") as refused:
        await account.destination.push(delivery(), journal)
    assert "Inbox" not in str(refused.value)
    await account.destination.push(delivery(dossier=twin.id), journal)
    assert len(twin.files) == 1


async def test_an_archived_dossier_takes_no_files(account, open_account, new_journal, delivery, source_file):
    with pytest.raises(RejectedError, match="archived"):
        await account.destination.push(delivery(dossier="Archive 2024"), new_journal())
    account = await open_account(settings={"dossier": "Archive 2024"})
    with pytest.raises(AccessError, match="'Archive 2024' is archived"):
        await account.destination.push(Delivery("k", {}, [source_file().attachment()]), new_journal())


async def test_a_dossier_that_may_not_be_made_concerns_the_documents_that_are_to_go_there(
    open_account, new_journal, delivery
):
    account = await open_account(faults=[Fault("status", "POST", "*/dossiers", status=400)])
    for _ in range(2):
        with pytest.raises(RejectedError, match="cannot be made"):
            await account.destination.push(delivery(dossier="New"), new_journal())
    await account.destination.push(delivery(), new_journal())
    assert len(account.inbox()) == 1


@pytest.mark.parametrize(
    ("template", "why"), [("Old rules", "INACTIVE"), ("Expired rules", "validity"), ("?", "no template")]
)
async def test_a_template_must_be_there_active_and_valid_now(open_account, journal, delivery, template, why):
    account = await open_account(settings={"template": template})
    with pytest.raises(AccessError, match=why):
        await account.destination.push(delivery(), journal)
    assert account.asked("POST D/files") == 0


@pytest.mark.parametrize(
    ("name", "media_type"), [("a.csv", "application/octet-stream"), ("a.txt", "text/csv"), ("b.ZIP", "application/zip")]
)
async def test_csv_and_zip_are_refused_before_anything_is_sent(
    account, journal, delivery, source_file, name, media_type
):
    bad = source_file(b"a;b", "f2", name, main=False, media_type=media_type)
    with pytest.raises(RejectedError, match=r"CSV|ZIP"):
        await account.destination.push(delivery(source_file(), bad), journal)
    assert account.connection.traffic.requests == 0


@pytest.mark.parametrize("title", ["list.csv", "all of them.ZIP"])
async def test_a_title_brings_no_ending_that_is_refused(account, journal, delivery, source_file, title):
    file = source_file(b"a;b", name="a.bin", media_type="application/octet-stream")
    with pytest.raises(RejectedError, match="is not uploaded"):
        await account.destination.push(delivery(file, name=title), journal)
    assert account.inbox() == []
    await account.destination.push(delivery(file, name="list"), journal)
    assert len(account.inbox()) == 1


async def test_csv_is_uploaded_where_the_operator_allows_it(open_account, journal, delivery, source_file):
    account = await open_account(settings={"refuse": "zip"}, csv="document")
    await account.destination.push(delivery(source_file(b"a;b", name="a.csv", media_type="text/csv")), journal)
    assert len(account.inbox()) == 1


async def test_a_file_that_is_too_large_is_refused(open_account, journal, delivery, source_file):
    account = await open_account(settings={"max_upload_mb": 1})
    with pytest.raises(RejectedError, match="larger than 1 MB"):
        await account.destination.push(delivery(source_file(b"%PDF" + b"x" * (1 << 20))), journal)
    assert account.inbox() == []


async def test_a_document_without_a_file_is_rejected(account, journal):
    with pytest.raises(RejectedError, match="no file"):
        await account.destination.push(Delivery("k", {}), journal)


@pytest.mark.parametrize("payload", [{"title": "x"}, {"name": 7}, {"name": "x" * 201}, {"name": "\ud800"}])
async def test_a_payload_that_can_never_be_taken_is_refused_at_once(account, payload):
    with pytest.raises(RejectedError):
        account.destination.check(payload)


async def test_a_payload_needs_a_dossier_from_somewhere(open_account):
    account = await open_account(settings={"dossier": None})
    account.destination.check({"dossier": "Inbox"})
    with pytest.raises(RejectedError, match="dossier"):
        account.destination.check({"name": "x"})


@pytest.mark.parametrize("lost", [
    {"kind": "act_then_drop"}, {"kind": "status", "status": 302, "act": True}, {"kind": "status", "status": 502, "act": True},
])  # fmt: skip
async def test_a_file_whose_upload_was_not_answered_is_known_by_its_bytes_and_not_analysed_twice(
    open_account, journal, delivery, lost
):
    account = await open_account(faults=[Fault(method="POST", path="*/files", times=1, **lost)])
    with suppress(ConnectorError):
        await account.destination.push(delivery(), journal)
    file_id = await push_to_the_end(account, journal, delivery())
    assert await push_to_the_end(account, journal, delivery(replaces=file_id, name="another title")) == file_id
    assert account.asked("POST D/files") == 1
