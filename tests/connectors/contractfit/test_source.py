"""An inbox as a source, against the sandbox: what is listed, what stays open, and who gets in."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.contract import Source
from connectors.contractfit import Settings
from connectors.errors import AccessError, ConnectorError
from connectors.sandbox_faults import Fault
from connectors.settings import SettingsError

LISTED = ("processed", "done", "submitted", "rejected", "failed")
LIST = "GET /inboxes/{}/paginated"


def aged(cursor, **moments):
    """Return a cursor with some of its moments so many hours ago, or taken out (None)."""
    saved = json.loads(cursor)
    for name, hours in moments.items():
        if hours is None:
            saved.pop(name, None)
        else:
            saved[name] = (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
    return json.dumps(saved)


def test_it_is_a_source_and_no_work_queue(account):
    assert isinstance(account.source, Source)
    assert not account.source.drains


async def test_finished_documents_are_listed_once_and_open_ones_not_yet(open_account):
    account = await open_account(200)
    ids = await account.ids()
    assert len(ids) == len(set(ids))
    assert set(ids) == account.expected(*LISTED)


async def test_only_the_last_page_moves_the_cursor(open_account):
    account = await open_account(200)
    pages = [page async for page in account.source.changes(None)]
    assert len(pages) > 2
    assert {page.cursor for page in pages[:-1]} == {None}
    assert pages[-1].cursor
    assert {page.total for page in pages} == {None}


@pytest.mark.parametrize("switches", [
    {"envelope": "array"}, {"past_end": "404"}, {"dates": "Z"}, {"dates": "offset"}, {"mask": "ignored"},
    {"mask": "refused"}, {"order_by": "400"}, {"order_by": "500"}, {"order_by": "ignored", "order": "shuffled"},
    {"largest_page": 20}, {"largest_page": 20, "over_limit": "400"}, {"largest_page": 20, "over_limit": "500"},
    {"short_pages": True}, {"repeat_page": 2}, {"total": "page"}, {"total": "omitted"}, {"novelties": True},
    {"total": "page", "short_pages": True, "past_end": "404"},
    {"drift": "leave", "drift_items": 10}, {"drift": "leave", "drift_items": "all"},
    {"drift": "reorder", "order_by": "ignored"}, {"drift": "enter", "drift_items": 3, "drift_most": 12},
    {"drift": "reopen", "drift_items": 5},
])  # fmt: skip
async def test_no_habit_of_the_server_loses_a_document_that_stays(open_account, switches):
    account = await open_account(260, **switches)
    wanted = account.expected("processed", "rejected", "failed")
    gone = {"leave", "reopen"} & {switches.get("drift")}
    hidden = set()
    found = set()
    cursor = None
    for _ in range(4):
        changes, cursor, page = await account.read(cursor)
        found |= {change.document_id for change in changes}
        hidden = {one for one, shown in account.documents.items() if shown["hidden"]}
        if page.cursor is not None:
            break
    assert wanted - (hidden if gone else set()) <= found


async def test_a_list_that_claims_more_than_it_shows_leaves_the_cursor_where_it_was(open_account):
    account = await open_account(120, phantoms=3)
    pages = [page async for page in account.source.changes(None)]
    assert {page.cursor for page in pages} == {None}
    # both lists claim so: that of the window, and that of what has come in since its end
    assert pages[-1].total == sum(len(page.changes) for page in pages) + 2 * 3
    assert {change.document_id for page in pages for change in page.changes} == account.expected(*LISTED)
    account.app.switches.phantoms = 0
    assert (await account.read())[1]


async def test_the_second_reading_asks_for_the_window_only(open_account):
    account = await open_account(60)
    _, cursor, _ = await account.read()
    for one in account.expected("receiving", "processing", "to_review", "escalated"):
        account.app.act({"delete": one})
    _, cursor, _ = await account.read(cursor)
    new = account.add(received=-7200)
    assert await account.ids(cursor) == [new]
    assert "oldest_open" not in json.loads(cursor)


@pytest.mark.parametrize("received", [-1, 7200])
async def test_what_came_in_just_now_or_by_a_clock_ahead_of_ours_is_seen_at_once_and_again(open_account, received):
    account = await open_account(0)
    _, cursor, _ = await account.read()
    new = account.add(received=account.app.clock.now() + received)
    changes, cursor, _ = await account.read(cursor)
    assert [change.document_id for change in changes] == [new]
    assert await account.ids(cursor) == [new]


async def test_an_open_document_is_listed_as_soon_as_it_is_ready_however_old_it_is(open_account):
    account = await open_account(60)
    _, cursor, _ = await account.read()
    (old, *_) = sorted(account.expected("processing"))
    assert old not in await account.ids(cursor)
    account.app.act({"finish": old})
    ids, cursor, _ = await account.read(cursor)
    assert old in {change.document_id for change in ids}
    assert (await account.source.fetch(old)).not_ready is None


async def test_an_open_document_stays_in_the_window_until_it_is_finished(open_account):
    account = await open_account(0)
    account.add(received=-50 * 24 * 3600, life="done")
    waiting = account.add(received=-40 * 24 * 3600, life="to_review")
    _, cursor, _ = await account.read()
    for _ in range(3):
        changes, cursor, _ = await account.read(cursor)
        assert changes == []
    account.app.act({"review": waiting})
    assert await account.ids(cursor) == [waiting]
    _, cursor, _ = await account.read(cursor)
    assert "oldest_open" not in json.loads(cursor)


async def test_the_triggers_say_what_is_usable(open_account):
    account = await open_account(100, settings={"triggers": "done, to_review"})
    listed = set(await account.ids())
    assert listed == account.expected("done", "to_review", "rejected", "failed")
    assert account.expected("submitted")
    reviewed = min(account.expected("to_review"))
    assert (await account.source.fetch(reviewed)).not_ready is None
    automatic = min(account.expected("processed"))
    assert "processed" in (await account.source.fetch(automatic)).not_ready


@pytest.mark.parametrize(("moments", "seen"), [
    ({}, False), ({"swept": 25}, True), ({"swept_all": 24 * 8}, True), ({"read_to": None}, True),
])  # fmt: skip
async def test_a_daily_and_a_weekly_sweep_find_what_changed_without_being_received_anew(open_account, moments, seen):
    account = await open_account(0)
    moved = account.add(received=-20 * 24 * 3600, inbox="請求書")
    _, cursor, _ = await account.read()
    account.app.act({"move": moved, "inbox": "Invoices"})
    assert (await account.ids(aged(cursor, **moments)) == [moved]) is seen


async def test_only_the_weekly_sweep_looks_at_everything(open_account):
    account = await open_account(0)
    moved = account.add(received=-200 * 24 * 3600, inbox="請求書")
    _, cursor, _ = await account.read()
    account.app.act({"move": moved, "inbox": "Invoices"})
    assert await account.ids(aged(cursor, swept=25)) == []
    assert await account.ids(aged(cursor, swept_all=24 * 8)) == [moved]


async def test_a_sweep_is_made_once_and_then_remembered(open_account):
    account = await open_account(0)
    _, cursor, _ = await account.read()
    _, after, _ = await account.read(aged(cursor, swept=25))
    assert json.loads(after)["swept"] > json.loads(cursor)["swept"]
    assert json.loads(after)["swept_all"] == json.loads(cursor)["swept_all"]


@pytest.mark.parametrize("cursor", ["", "no json", "[]", "{}", '{"read_to": 7}', '{"read_to": null, "swept": "x"}'])
async def test_a_cursor_that_cannot_be_read_lists_everything(account, cursor):
    assert set(await account.ids(cursor)) == account.expected(*LISTED)


async def test_an_inbox_can_be_given_by_name(open_account):
    account = await open_account(settings={"inbox": "Verträge & Belege"})
    ids = await account.ids()
    assert ids
    assert {account.documents[one]["inbox"][-1] for one in ids} == {"2"}
    await account.ids()
    assert account.asked("GET /inboxes") == 1


@pytest.mark.parametrize("inbox", ["invoices", "", "65f0c0ffee0000000000ffff"])
async def test_an_inbox_that_is_not_there_stops_the_connection(open_account, inbox):
    account = await open_account(settings={"inbox": inbox})
    with pytest.raises(ConnectorError) as caught:
        await account.ids()
    assert type(caught.value) is ConnectorError


@pytest.mark.parametrize("settings", [
    {"api_key": None, "username": "gateway", "password": "cf-sandbox-word-9c40"},
    {"api_key": None, "username": "gateway", "password": "cf-sandbox-word-9c40", "login": "basic"},
])  # fmt: skip
async def test_user_and_password_get_in_as_well(open_account, settings):
    account = await open_account(settings=settings)
    assert "holds" in await account.connection.check()
    assert account.asked("POST /auth") == ("login" not in settings)


async def test_a_token_that_ends_in_mid_listing_goes_unnoticed(open_account):
    settings = {"api_key": None, "username": "gateway", "password": "cf-sandbox-word-9c40"}
    account = await open_account(200, settings=settings, token="opaque")
    pages = account.source.changes(None)
    ids = [change.document_id for change in (await anext(pages)).changes]
    account.app.act({"revoke_tokens": True})
    ids += [change.document_id async for page in pages for change in page.changes]
    assert set(ids) == account.expected(*LISTED)


@pytest.mark.parametrize("bad", ["401", "403"])
async def test_a_wrong_key_is_an_access_error(open_account, bad):
    account = await open_account(settings={"api_key": "wrong-key-wrong"}, bad_credentials=bad)
    with pytest.raises(AccessError):
        await account.ids()


@pytest.mark.parametrize("settings", [
    {"api_key": None}, {"api_key": None, "username": "x"}, {"triggers": "ready"}, {"triggers": ","},
    {"login": "digest"},
])  # fmt: skip
async def test_settings_that_cannot_work_are_refused(open_account, settings):
    with pytest.raises(ValueError):  # noqa: PT011 -- pydantic's own error; its words are tested where settings are read
        await open_account(settings=settings)


def test_a_missing_key_is_named(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONTRACTFIT_BASE_URL", "http://127.0.0.1/api")
    with pytest.raises(SettingsError, match="CONTRACTFIT_API_KEY"):
        Settings.load("contractfit")


@pytest.mark.parametrize("fault", [
    Fault("garbled", "GET", "/inboxes/*", times=1), Fault("cut", "GET", "/inboxes/*", times=1),
    Fault("drop", "GET", "/inboxes/*", nth=2), Fault("status", status=429, times=1, headers={"retry-after": "0"}),
    Fault("status", status=503, nth=2),
])  # fmt: skip
async def test_faults_that_pass_are_sat_out(open_account, fault):
    account = await open_account(120, faults=[fault])
    assert set(await account.ids()) == account.expected(*LISTED)


@pytest.mark.parametrize("body", ["{}", '{"id": "65f0c0ffee0000000000d999", "original_filename": "other.pdf"}'])
async def test_an_answer_without_a_document_or_with_another_one_is_not_taken_for_it(open_account, body):
    json = {"content-type": "application/json"}
    fault = Fault("status", "GET", "/documents/*", status=200, body=body, headers=json)
    account = await open_account(faults=[fault])
    with pytest.raises(ConnectorError, match="answered with"):
        await account.source.fetch(next(iter(account.documents)))
