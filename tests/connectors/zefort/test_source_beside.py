"""Signing requests and deadlines: read-only streams beside the contracts."""

from __future__ import annotations

import pytest

from connectors.contract import Feedback, File, Result, Source
from connectors.errors import AccessError, GoneError, RejectedError, TransientError
from connectors.sandbox_faults import Fault


async def read(source, cursor=None):
    """Read once; return what was shown and the cursor."""
    found = {}
    async for page in source.changes(cursor):
        found.update({change.document_id: change.version for change in page.changes})
        cursor = page.cursor or cursor
    return found, cursor


@pytest.fixture
async def open_streams(open_account):
    async def open_one(**options):
        account = await open_account(**options)
        contract = account.app.act({"add": {"files": ["lease.pdf", "terms.pdf"]}})["id"]
        return account.app, account.connection.sources, contract

    return open_one


@pytest.mark.parametrize("name", ["esigns", "activities"])
async def test_they_are_sources_that_cannot_be_told_anything(open_streams, journal, name):
    _, sources, _ = await open_streams()
    source = sources[name]
    assert isinstance(source, Source)
    assert not source.drains
    assert not source.feedback_actions
    await source.report(Feedback("1", Result.DELIVERED, "x", None, {}), journal)
    with pytest.raises(RejectedError):
        source.check_feedback({"note": "x"})
    with pytest.raises(RejectedError):
        await source.report(Feedback("1", Result.DELIVERED, "x", None, {"note": "x"}), journal)


@pytest.mark.parametrize("ids", ["text", "number"])
async def test_a_signing_request_is_shown_whenever_its_status_changes(open_streams, ids):
    app, sources, contract = await open_streams(esign_ids=ids)
    esign = app.act({"esign": contract, "title": "Bitte unterschreiben", "signed_after": 3600})["id"]
    first, cursor = await read(sources["esigns"])
    assert list(first) == [esign]
    assert (await read(sources["esigns"], cursor))[0] == first
    pending = await sources["esigns"].fetch(esign)
    assert pending.fields["contract"] == contract
    assert not pending.files
    app.act({"advance": 3700})
    second, _ = await read(sources["esigns"], cursor)
    assert second[esign] != first[esign]
    signed = await sources["esigns"].fetch(esign)
    assert signed.version != pending.version
    assert [(file.name, file.main) for file in signed.files] == [("lease.pdf", True), ("terms.pdf", False)]
    async with sources["esigns"].open(signed.files[0]) as opened:
        content = b"".join([chunk async for chunk in opened.chunks])
    assert content.endswith(b"% signed\n")


async def test_the_secret_of_a_signer_is_not_among_the_fields(open_streams):
    app, sources, contract = await open_streams()
    esign = app.act({"esign": contract})["id"]
    assert "sign-here" not in repr(await sources["esigns"].fetch(esign))


async def test_old_signing_requests_are_not_asked_for_again(open_streams):
    app, sources, contract = await open_streams(settings={"page_size": 3})
    old = [app.act({"esign": contract})["id"] for _ in range(8)]
    for esign in app.store.esigns.values():
        esign.saved -= 30 * 86_400
    new = app.act({"esign": contract})["id"]
    first, cursor = await read(sources["esigns"])
    assert sorted(first) == sorted([*old, new])
    assert list((await read(sources["esigns"], cursor))[0]) == [new]


@pytest.mark.parametrize("switch", [{"total": "page"}, {"total": "omitted"}, {"repeat_page": 2}, {"past_end": "empty"}])
async def test_signing_requests_are_read_to_the_end_however_totals_are_told(open_streams, switch):
    app, sources, contract = await open_streams(settings={"page_size": 4}, **switch)
    all_of_them = [app.act({"esign": contract})["id"] for _ in range(15)]
    assert sorted((await read(sources["esigns"]))[0]) == sorted(all_of_them)


async def test_a_list_of_signing_requests_that_hides_some_moves_no_cursor(open_streams):
    app, sources, contract = await open_streams(settings={"page_size": 4}, hides_rows=True)
    for _ in range(9):
        app.act({"esign": contract})
    pages = [page async for page in sources["esigns"].changes(None)]
    assert pages[-1].total == 9
    assert all(page.cursor is None for page in pages)


async def test_a_signing_request_that_is_gone_says_so(open_streams):
    _, sources, _ = await open_streams()
    with pytest.raises(GoneError):
        await sources["esigns"].fetch("esgn_none")


async def test_deadlines_are_shown_when_they_come_near_or_are_overdue(open_streams):
    app, sources, contract = await open_streams(settings={"deadline_days": 30})
    far = app.act({"add": {}})["id"]
    near, late = (
        app.act({"deadline": contract, "title": title, "days": days})["id"] for title, days in (("a", 3), ("b", -5))
    )
    app.act({"deadline": far, "days": 90})
    found, cursor = await read(sources["activities"])
    assert sorted(found) == sorted(f"{contract}/{one}" for one in (near, late))
    document = await sources["activities"].fetch(f"{contract}/{near}")
    assert document.fields["contract"] == contract
    assert document.fields["completed"] is False
    assert not document.files
    assert (await read(sources["activities"], cursor))[0] == found


async def test_a_completed_deadline_is_shown_once_more_although_its_contract_left_the_list(open_streams):
    app, sources, contract = await open_streams()
    one = app.act({"deadline": contract})["id"]
    found, cursor = await read(sources["activities"])
    app.act({"complete": one})
    later, cursor = await read(sources["activities"], cursor)
    assert later[f"{contract}/{one}"] != found[f"{contract}/{one}"]
    assert (await sources["activities"].fetch(f"{contract}/{one}")).fields["completed"] is True
    assert (await read(sources["activities"], cursor))[0] == {}


async def test_a_deadline_of_a_contract_that_went_away_hurts_nobody(open_streams):
    app, sources, contract = await open_streams()
    one = app.act({"deadline": contract})["id"]
    _, cursor = await read(sources["activities"])
    with pytest.raises(GoneError):
        await sources["activities"].fetch(f"{contract}/act_none")
    app.act({"purge": contract})
    assert (await read(sources["activities"], cursor))[0] == {}
    with pytest.raises(GoneError):
        await sources["activities"].fetch(f"{contract}/{one}")
    with pytest.raises(GoneError):
        async with sources["activities"].open(File("f", "f", "application/pdf")):
            pass


async def deadlines(open_streams, number=3, **options):
    """Open an account with a deadline on each of a few contracts; return it, its stream, and contracts and deadlines."""
    app, sources, first = await open_streams(**options)
    contracts = [first, *(app.act({"add": {}})["id"] for _ in range(number - 1))]
    return app, sources["activities"], {one: app.act({"deadline": one, "days": 3})["id"] for one in contracts}


@pytest.mark.parametrize("status", [400, 403, 405, 500])
async def test_one_contract_whose_deadlines_cannot_be_read_stops_no_other_and_stays_to_be_read(open_streams, status):
    app, stream, made = await deadlines(open_streams)
    odd = next(iter(made))
    app.shared.faults.append(Fault("status", "GET", f"/contracts/{odd}/activities/", status=status))
    pages = [page async for page in stream.changes(None)]
    seen = {change.document_id for page in pages for change in page.changes}
    assert seen == {f"{one}/{own}" for one, own in made.items() if one != odd}
    assert odd in pages[-1].unseen
    app.shared.faults.clear()
    app.act({"complete": made[odd]})  # so that no list shows its contract any more
    assert f"{odd}/{made[odd]}" in (await read(stream, pages[-1].cursor))[0]


async def test_an_unread_contract_that_has_left_the_lists_stays_to_be_read_too(open_streams):
    app, stream, made = await deadlines(open_streams)
    _, cursor = await read(stream)
    odd = next(iter(made))
    app.act({"complete": made[odd]})
    app.shared.faults.append(Fault("status", "GET", f"/contracts/{odd}/activities/", status=500))
    _, cursor = await read(stream, cursor)
    app.shared.faults.clear()
    assert f"{odd}/{made[odd]}" in (await read(stream, cursor))[0]


async def test_credentials_that_end_stop_the_reading_of_deadlines(open_streams):
    app, stream, made = await deadlines(open_streams)
    fault = Fault("status", "GET", f"/contracts/{next(iter(made))}/activities/", status=401)
    app.shared.faults.append(fault)
    with pytest.raises(AccessError):
        await read(stream)
    assert fault.struck


async def test_a_right_that_is_missing_everywhere_stops_the_reading_of_deadlines(open_streams):
    app, stream, made = await deadlines(open_streams)
    fault = Fault("status", "GET", "/contracts/*/activities/", status=403)
    app.shared.faults.append(fault)
    with pytest.raises(AccessError):
        await read(stream)
    assert fault.struck == len(made)


async def test_many_failures_in_a_row_stop_the_reading_of_deadlines_and_refusals_do_not(open_streams, monkeypatch):
    monkeypatch.setattr("connectors.retry.FIRST_WAIT", 0.01)
    app, stream, made = await deadlines(open_streams, 14)
    fault = Fault("status", "GET", "/contracts/*/activities/", status=400, first=2)
    app.shared.faults.append(fault)
    pages = [page async for page in stream.changes(None)]
    assert "and 10 more" in pages[-1].unseen
    assert fault.struck == len(made) - 1
    app.shared.faults[:] = [Fault("status", "GET", "/contracts/*/activities/", status=500, first=2)]
    with pytest.raises(TransientError):
        await read(stream)


async def test_deadlines_of_contracts_that_plain_lists_leave_out_are_shown(open_streams):
    app, stream, made = await deadlines(open_streams)
    archived = next(iter(made))
    app.act({"status": archived, "to": "archived"})
    found, _ = await read(stream)
    assert sorted(found) == sorted(f"{one}/{own}" for one, own in made.items())
