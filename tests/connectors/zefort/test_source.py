"""Contracts as a source: nothing that arrives, changes or is finished late slips past, whatever the lists do."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from connectors.contract import Source
from connectors.errors import AccessError, ConnectorError, GoneError, TransientError
from connectors.sandbox_faults import Fault
from connectors.settings import SettingsError
from connectors.zefort import Settings
from connectors.zefort.sandbox import Switches, ZefortSandbox


class Reader:
    """Reads the stream as the ledger would: it keeps the cursor and the versions."""

    def __init__(self, account):
        self.app = account.app
        self.source = account.connection.sources["contracts"]
        self.cursor = None
        self.versions = {}
        self.proven = True

    async def news(self):
        """Read once; return the ids that are new or changed."""
        news, seen, total = [], set(), None
        async for page in self.source.changes(self.cursor):
            for change in page.changes:
                seen.add(change.document_id)
                if self.versions.get(change.document_id) != change.version:
                    self.versions[change.document_id] = change.version
                    news.append(change.document_id)
            self.cursor = page.cursor or self.cursor
            total = page.total if page.total is not None else total
        self.proven = total is None or len(seen) >= total
        return news

    def add(self, **what):
        return self.app.act({"add": what})["id"]

    def sweeps_again(self):
        """Let the last sweep be long ago."""
        place = json.loads(self.cursor)
        place["swept"] = "2020-01-01T00:00:00Z"
        self.cursor = json.dumps(place)


@pytest.fixture
async def open_reader(open_account):
    async def open_one(**options):
        return Reader(await open_account(**options))

    return open_one


@pytest.fixture
async def reader(open_reader):
    return await open_reader()


async def test_it_is_a_source_that_is_no_work_queue(reader):
    assert isinstance(reader.source, Source)
    assert not reader.source.drains
    assert set(reader.source.feedback_actions) == {"note", "tag", "attributes", "status"}


async def test_the_first_reading_shows_every_contract_of_every_status_and_the_trash(reader):
    ids = reader.app.act({"fill": 60})["id"]
    statuses = {shown["status"] for shown in reader.app.state()["contracts"].values()}
    assert statuses >= {"done", "review", "archived", "limited", "error"}
    assert sorted(await reader.news()) == sorted(ids)
    assert reader.proven
    assert await reader.news() == []


async def test_later_readings_ask_for_the_window_only(reader):
    reader.app.act({"fill": 30})
    await reader.news()
    before = len(reader.app.log)
    new = reader.add()
    assert await reader.news() == [new]
    asked = list(reader.app.log)[before:]
    assert [entry[1] for entry in asked] == ["GET /contracts/"]


async def test_every_list_carries_a_filter(open_reader):
    queries = []

    class Listening:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            queries.append((scope["path"], scope["query_string"].decode()))
            await self.app(scope, receive, send)

    app = ZefortSandbox(Switches())
    reader = await open_reader(app=app, transport=httpx.ASGITransport(Listening(app)))
    await reader.news()
    await reader.news()
    assert queries
    assert all("receive_time=" in query for _, query in queries)
    assert {query.partition("status=")[2].partition("&")[0] for _, query in queries} == {
        "", "queued", "processing", "review", "done", "archived", "error", "limited",
    }  # fmt: skip


async def test_the_window_reaches_back_over_the_time_we_were_away(reader):
    reader.add()
    await reader.news()
    late = reader.add(days_ago=0)
    reader.app.store.contracts[late].received -= 86_400 * 1.5  # it shows up late, before the newest one seen
    assert await reader.news() == [late]
    reader.app.act({"advance": 9 * 86_400})  # nobody reads for nine days
    missed = [reader.add(days_ago=days) for days in (0, 3, 8)]
    assert sorted(await reader.news()) == sorted(missed)


async def test_an_old_contract_that_changes_is_seen_by_the_next_sweep(reader):
    old = reader.add(days_ago=400)
    reader.add()
    await reader.news()
    reader.app.act({"edit": old, "attributes": {"end_date": "2031-01-01"}})
    assert await reader.news() == []
    reader.sweeps_again()
    assert await reader.news() == [old]


@pytest.mark.parametrize("act", ["note", "tag", "deadline", "esign"])
async def test_a_change_beside_the_contract_is_seen_even_if_its_time_of_change_stands_still(open_reader, act):
    reader = await open_reader(beside_moves_modified=False)
    contract = reader.add()
    await reader.news()
    reader.app.act({act: contract, "text": "hello", "name": "vip"})
    assert await reader.news() == [contract]


async def test_a_sweep_comes_when_its_time_has_come_and_not_before(open_reader):
    reader = await open_reader(settings={"sweep_hours": 6})
    await reader.news()
    place = json.loads(reader.cursor)
    for hours, lists in ((5, 1), (7, 9)):
        swept = datetime.now(UTC) - timedelta(hours=hours)
        reader.cursor = json.dumps({**place, "swept": swept.isoformat()})
        before = len(reader.app.log)
        await reader.news()
        assert len(reader.app.log) - before == lists
    always = await open_reader(settings={"sweep_hours": 0})
    await always.news()
    await always.news()
    assert always.app.requests["GET /contracts/trash/"] == 2


async def test_a_contract_in_progress_is_held_back_and_shown_when_it_is_ready(open_reader):
    reader = await open_reader()
    busy = reader.add(status="processing")
    assert await reader.news() == []
    reader.app.act({"status": busy, "to": "review"})
    assert await reader.news() == [busy]


async def test_an_old_contract_in_progress_is_not_forgotten_when_the_window_moves_on(reader):
    busy = reader.add(status="queued", days_ago=30)
    reader.add()
    await reader.news()
    assert json.loads(reader.cursor)["open"] == [busy]
    assert await reader.news() == []
    reader.app.act({"status": busy, "to": "done"})
    assert await reader.news() == [busy]
    assert json.loads(reader.cursor)["open"] == []


async def test_very_many_old_contracts_in_progress_hold_the_window_open_instead(reader):
    busy = [reader.add(status="processing", days_ago=20, files=[]) for _ in range(201)]
    reader.add()
    await reader.news()
    assert json.loads(reader.cursor)["open"] == []
    for contract in busy:
        reader.app.act({"status": contract, "to": "done"})
    assert sorted(await reader.news()) == sorted(busy)


async def test_one_in_progress_that_was_deleted_is_let_go(reader):
    busy = reader.add(status="queued", days_ago=30)
    reader.add()
    await reader.news()
    reader.app.act({"purge": busy})
    assert await reader.news() == []
    assert json.loads(reader.cursor)["open"] == []


@pytest.mark.parametrize("cursor", ["", "nonsense", "[1]", '{"since": 7}', '{"open": "x", "swept": "yesterday"}'])
async def test_a_cursor_that_cannot_be_read_means_reading_everything_again(reader, cursor):
    old = reader.add(days_ago=900)
    reader.cursor = cursor
    assert await reader.news() == [old]


@pytest.mark.parametrize("answer", ["403", "404"])
async def test_an_account_without_a_list_of_the_trash_is_read_without_it(open_reader, answer):
    reader = await open_reader(trash_list=answer)
    shown, _ = reader.add(), reader.add(trashed=True)
    assert await reader.news() == [shown]
    assert reader.cursor


async def test_a_wrong_key_stops_the_reading(open_reader):
    reader = await open_reader(settings={"api_key": "wrong"})
    with pytest.raises(AccessError):
        await reader.news()


async def test_a_failing_list_moves_no_cursor(open_reader):
    reader = await open_reader(faults=[Fault("status", "GET", "/contracts/trash/", status=401)])
    new = reader.add()
    with pytest.raises(AccessError):
        await reader.news()
    assert reader.cursor is None
    reader.app.shared.faults.clear()
    again = await open_reader(app=reader.app)
    assert await again.news() == [new]
    assert again.cursor


# Lists that move or lie


@pytest.mark.parametrize("drift", ["leave", "reopen", "enter", "reorder"])
async def test_lists_that_change_while_they_are_read_lose_nothing(open_reader, drift):
    reader = await open_reader(drift=drift, drift_items=3, drift_most=12, settings={"page_size": 10})
    ids = reader.app.act({"fill": 45})["id"]
    await reader.news()
    reader.app.switches.drift = "none"
    for contract in reader.app.store.contracts.values():
        contract.hidden = False
    await reader.news()
    reader.sweeps_again()
    await reader.news()
    assert set(ids) <= set(reader.versions)


@pytest.mark.parametrize(
    "switch",
    [
        {"total": "page"},
        {"total": "omitted"},
        {"past_end": "empty"},
        {"repeat_page": 2},
        {"repeat_page": 2, "total": "omitted"},
    ],
)
async def test_totals_and_ends_of_lists_may_be_told_in_any_way(open_reader, switch):
    reader = await open_reader(settings={"page_size": 7}, **switch)
    ids = reader.app.act({"fill": 40})["id"]
    assert sorted(await reader.news()) == sorted(ids)
    assert reader.proven
    assert reader.cursor


async def test_a_list_that_counts_more_than_it_shows_is_not_taken_for_whole(open_reader):
    reader = await open_reader(hides_rows=True, settings={"page_size": 10})
    ids = reader.app.act({"fill": 40})["id"]
    await reader.news()
    assert not reader.proven
    assert reader.cursor is None
    reader.app.switches.hides_rows = False
    await reader.news()
    assert reader.proven
    assert set(reader.versions) == set(ids)


class Between(httpx.AsyncBaseTransport):
    """The way to the sandbox, on which something happens there after the first answer."""

    def __init__(self, app):
        self.inner, self.then = httpx.ASGITransport(app), None

    async def handle_async_request(self, request):
        response = await self.inner.handle_async_request(request)
        if self.then is not None:
            happens, self.then = self.then, None
            happens()
        return response


async def test_a_contract_that_gets_ready_while_lists_are_read_is_shown_and_not_looked_for_again(open_reader):
    app = ZefortSandbox(Switches())
    way = Between(app)
    reader = await open_reader(app=app, transport=way)
    busy = reader.add(status="processing", days_ago=30)
    reader.add()
    way.then = lambda: app.act({"status": busy, "to": "done"})
    assert busy in await reader.news()
    assert json.loads(reader.cursor)["open"] == []


async def test_a_contract_that_changes_while_lists_are_read_is_shown_as_it_is_now(open_reader):
    app = ZefortSandbox(Switches())
    way = Between(app)
    reader = await open_reader(app=app, transport=way)
    old = reader.add(days_ago=400)
    way.then = lambda: app.act({"edit": old, "attributes": {"end_date": "2031-01-01"}})
    await reader.news()
    reader.sweeps_again()
    assert await reader.news() == []


async def test_a_contract_of_an_unknown_status_is_listed_and_waits_and_unknown_fields_are_carried_along(open_reader):
    reader = await open_reader(novelties=True)
    contract = reader.add()
    reader.app.act({"status": contract, "to": "triage"})
    assert await reader.news() == [contract]
    document = await reader.source.fetch(contract)
    assert "'triage'" in document.not_ready
    assert document.fields["risk_radar"]["flags"] == [None]


# One contract


async def test_a_contract_is_read_with_tags_by_name_whole_parties_and_exact_amounts(reader):
    contract = reader.add(
        attributes={"title": "売買契約書", "value": 7},
        parties=[{"name": "Beispiel GmbH", "external_id": "erp:1", "role": "supplier"}],
        tags=["vip", "contract"],
        notes=["read me"],
    )
    document = await reader.source.fetch(contract)
    assert document.fields["attributes"]["title"] == "売買契約書"
    assert document.fields["tags"] == ["contract", "vip"]
    assert document.fields["roles"] == ["supplier"]
    assert document.fields["parties"][0]["external_id"] == "erp:1"
    assert document.fields["notes"][0]["content"] == "read me"
    assert document.fields["status"] == "done"
    assert document.not_ready is None


@pytest.mark.parametrize("cover_listed", [True, False])
@pytest.mark.parametrize("download", ["documents", "contract"])
async def test_files_arrive_whole_the_cover_document_first(open_reader, cover_listed, download):
    path = {"documents": "documents/{id}/download/", "contract": "contracts/{contract}/documents/{id}/download/"}
    reader = await open_reader(settings={"download_path": path[download]}, cover_listed=cover_listed, download=download)
    contract = reader.add(files=["Größe.pdf", "請求書.pdf"])
    document = await reader.source.fetch(contract)
    assert [(file.name, file.main, file.media_type) for file in document.files] == [
        ("Größe.pdf", True, "application/pdf"),
        ("請求書.pdf", False, "application/pdf"),
    ]
    held = {file["name"]: file["sha256"] for file in reader.app.state()["contracts"][contract]["files"]}
    for file in document.files:
        async with reader.source.open(file) as opened:
            content = b"".join([chunk async for chunk in opened.chunks])
        assert content.startswith(b"%PDF-")
        assert hashlib.sha256(content).hexdigest() == held[file.name]
        assert opened.name == file.name


async def test_a_wrong_download_path_stops_the_connection_and_names_the_setting(open_reader):
    reader = await open_reader(download="none")
    document = await reader.source.fetch(reader.add())
    with pytest.raises(ConnectorError, match="DOWNLOAD_PATH") as caught:
        async with reader.source.open(document.files[0]):
            pass
    assert not isinstance(caught.value, GoneError)


async def test_a_file_that_is_gone_is_that_documents_fault_only(reader):
    contract = reader.add(files=["a.pdf", "b.pdf"])
    document = await reader.source.fetch(contract)
    first = reader.app.store.contracts[contract].files[0]
    reader.app.store.drop_file(reader.app.store.contracts[contract], first)
    with pytest.raises(GoneError):
        async with reader.source.open(document.files[0]):
            pass


async def test_a_download_that_does_not_know_its_type_has_the_one_of_the_document(reader):
    document = await reader.source.fetch(reader.add())
    plain = {"content-type": "application/octet-stream"}
    reader.app.shared.faults.append(Fault("status", "GET", "/documents/*", status=200, headers=plain, body="%PDF-"))
    async with reader.source.open(document.files[0]) as opened:
        assert opened.media_type == "application/pdf"


async def test_a_web_page_in_a_files_place_is_no_file(reader):
    document = await reader.source.fetch(reader.add())
    reader.app.shared.faults.append(Fault("html", "GET", "/documents/*"))
    with pytest.raises(TransientError):
        async with reader.source.open(document.files[0]):
            pass


@pytest.mark.parametrize("path", ["documents/download/", "documents/{doc}/", "https://elsewhere.invalid/{id}", "{id"])
def test_a_download_path_that_cannot_work_is_refused(path):
    with pytest.raises((SettingsError, ValueError), match="needs a path"):
        Settings(api_key="k", download_path=path)


@pytest.mark.parametrize(
    ("what", "reason"),
    [({"trashed": True}, "trash"), ({"status": "error"}, "error"), ({"status": "queued"}, "waiting")],
)
async def test_what_must_not_be_exported_says_why(reader, what, reason):
    document = await reader.source.fetch(reader.add(**what))
    assert reason in document.not_ready


async def test_a_deleted_contract_is_gone(reader):
    with pytest.raises(GoneError):
        await reader.source.fetch("ct_nothing")


async def test_only_content_makes_a_version(reader):
    contract = reader.add(parties=[{"name": "A", "role": "supplier"}])
    first = (await reader.source.fetch(contract)).version
    reader.app.act({"note": contract, "text": "x"})
    reader.app.act({"status": contract, "to": "archived"})
    assert (await reader.source.fetch(contract)).version == first
    reader.app.act({"tag": contract, "name": "vip"})
    second = (await reader.source.fetch(contract)).version
    assert second != first
    reader.app.act({"edit": contract, "attributes": {"end_date": "2030-01-01"}})
    assert (await reader.source.fetch(contract)).version not in (first, second)


async def test_the_check_warns_of_what_a_key_may_not_see(open_account):
    account = await open_account(sees_all=False)
    for _ in range(2):
        account.app.act({"add": {}})
        account.app.act({"add": {"owner": "user_else"}})
    words = await account.connection.check()
    assert "manage all contracts" in words
    assert "all of one owner" in words
    assert "2 contracts" in words
