"""Rows that do not tell where their documents stand: nothing is held back for it, and nothing forgotten."""

import pytest

from connectors.contractfit.sandbox import ContractfitSandbox, Switches
from connectors.sandbox_faults import Fault

REQUIRED = ("id", "inbox", "original_filename", "page_count")
DAY = 24 * 3600
CUTS = {
    "only what is required": lambda row: {name: row.get(name) for name in REQUIRED},
    "no times": lambda row: {name: value for name, value in row.items() if name != "timings"},
    "times that are null": lambda row: {**row, "timings": None},
    "an object full of nulls": lambda row: {**row, "timings": dict.fromkeys(row["timings"])},
    "no flags": lambda row: {name: value for name, value in row.items() if name != "status_data"},
    "no end of the work": lambda row: {
        **row, "timings": {name: at for name, at in row["timings"].items() if name != "done_time"}
    },
}  # fmt: skip


@pytest.fixture
async def silent(open_account, rewriting):
    app = ContractfitSandbox(0, 7, Switches())
    way = rewriting(app)
    account = await open_account(app=app, transport=way, settings={"triggers": "done"})
    account.way = way
    return account


@pytest.mark.parametrize("cut", CUTS)
async def test_a_document_whose_row_is_silent_is_listed_when_it_is_ready(silent, cut):
    silent.way.row = CUTS[cut]
    ready = silent.add(life="done", received=-40 * DAY)
    waiting = silent.add(life="processing", received=-40 * DAY)
    changes, cursor, _ = await silent.read()
    assert [change.document_id for change in changes] == [ready]
    silent.app.act({"finish": waiting})
    _, cursor, _ = await silent.read(cursor)
    silent.app.act({"review": waiting})
    assert waiting in await silent.ids(cursor)
    assert (await silent.source.fetch(waiting)).not_ready is None


@pytest.mark.parametrize("cut", ["only what is required", "no flags"])
async def test_what_changes_behind_a_silent_row_is_seen(silent, cut):
    silent.way.row = CUTS[cut]
    document_id = silent.add(life="done")
    (before,), cursor, _ = await silent.read()
    silent.app.act({"reopen": document_id})
    assert await silent.ids(cursor) == []
    silent.app.act({"review": document_id})
    (after,), _, _ = await silent.read(cursor)
    assert after.version != before.version


async def test_a_document_that_tells_nothing_itself_is_read_and_looked_for_again(silent):
    silent.way.row = CUTS["only what is required"]
    silent.way.document = lambda body: {name: body.get(name) for name in ("_id", *REQUIRED)}
    document_id = silent.add(life="done", received=-40 * DAY)
    (before,), cursor, _ = await silent.read()
    assert (await silent.source.fetch(document_id)).not_ready is not None
    (same,), cursor, _ = await silent.read(cursor)
    assert same == before
    silent.way.document = None
    (after,), _, _ = await silent.read(cursor)
    assert after.version != before.version
    assert (await silent.source.fetch(document_id)).not_ready is None


@pytest.mark.parametrize("status", [404, 422, 500])
async def test_a_silent_row_whose_document_cannot_be_read_now_is_listed_all_the_same(silent, status):
    silent.way.row = CUTS["only what is required"]
    document_id = silent.add(life="processing", received=-40 * DAY)
    silent.app.switches.faults = [Fault("status", "GET", "/documents/*", status=status)]
    changes, cursor, _ = await silent.read()
    assert [change.document_id for change in changes] == [document_id]
    silent.app.switches.faults = []
    silent.app.act({"review": document_id})
    assert await silent.ids(cursor) == [document_id]


async def test_a_result_shows_that_the_work_has_ended_where_no_times_are_stated(silent):
    silent.way.row = CUTS["no times"]
    silent.way.document = CUTS["no times"]
    failed, open_ = silent.add(life="failed"), silent.add(life="processed")
    assert await silent.ids() == [failed]
    assert (await silent.source.fetch(failed)).fields["status"] == "failed"
    assert (await silent.source.fetch(open_)).fields["status"] == "processed"
