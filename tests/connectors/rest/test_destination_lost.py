"""Lost answers, outages and killed processes: looked up, repeated under a key, or left to a person."""

import json
from datetime import timedelta

import httpx
import pytest

from connectors.errors import ConnectorError, TransientError, UnsettledError
from connectors.rest import Settings, connect
from connectors.rest.sandbox import RestSandbox, Switches
from connectors.sandbox_faults import Fault
from tests.connectors.memory_journal import MemoryJournal
from tests.connectors.rest.conftest import ALL, CREATE, FIND, KEY, until_done

HEADER = "idempotency_header: Idempotency-Key"
HOLD = "unsettled: hold"


@pytest.mark.parametrize("kind", ["act_then_drop", "cut", "garbled", "html", "drop"])
@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
async def test_lost_answers_neither_lose_nor_double_anything(erp, delivery, journal, source_file, kind, method):
    one = await erp()
    one.strike(kind, method, times=2)
    files = [source_file(b"%PDF one"), source_file(b"%PDF two", "b.pdf", "f2")]
    object_id = await until_done(one, delivery(*files), journal)
    assert sorted(file["sha256"] for file in one.only["files"]) == sorted(file.sha256 for file in files)
    await until_done(one, delivery(*files, replaces=object_id, number="4712"), journal)
    assert one.only["fields"]["number"] == "4712"


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_an_outage_is_waited_for(erp, delivery, journal, status):
    one = await erp()
    one.strike("status", "POST", status=status, times=1, headers={"retry-after": "0"})
    await until_done(one, delivery(), journal)
    assert len(one.held) == 1


async def test_a_look_up_that_lags_is_waited_for(erp, delivery, journal):
    one = await erp(settings={"settle_seconds": 60.0}, index_lag=30.0)
    one.strike("act_then_drop", "POST", times=1)
    for _ in range(3):
        with pytest.raises(TransientError):
            await one.objects.push(delivery(), journal)
    one.app.act({"advance": 40})
    journal.now += timedelta(seconds=40)
    assert await one.objects.push(delivery(), journal) == one.only["id"]


async def test_only_the_object_with_exactly_this_key_is_taken(erp, delivery, journal):
    one = await erp(search="prefix")
    other = await one.objects.push(delivery(key="hypatos_to_erp:other"), MemoryJournal())
    one.strike("drop", "POST", times=1)
    mine = await until_done(one, delivery(), journal)
    assert mine != other
    assert {held["externalKey"] for held in one.held.values()} == {"hypatos_to_erp:d1", "hypatos_to_erp:other"}


@pytest.mark.parametrize("kind", ["act_then_drop", "drop"])
async def test_a_list_that_ignores_the_key_proves_that_something_is_there_and_never_that_it_is_not(
    declare, delivery, journal, kind
):
    app = RestSandbox(Switches(search="ignored"))
    transport = FirstRow(app)
    settings = Settings(base_url="http://127.0.0.1/api/v1", streams=declare(*ALL), settle_seconds=0.0, token=app.token)
    connection = await connect("erp", settings, transport=transport)
    objects = connection.destinations["invoices"]
    await objects.push(delivery(key="hypatos_to_erp:other"), MemoryJournal())
    app.shared.faults.append(Fault(kind, "POST", times=1))
    with pytest.raises(TransientError):
        await objects.push(delivery(), journal)
    held = app.requests["POST /invoices"]
    for _ in range(2):
        with pytest.raises(
            UnsettledError, match=r"lists others, whatever key it is asked for.*look for hypatos_to_erp:d1"
        ):
            await objects.push(delivery(), journal)
    assert app.requests["POST /invoices"] == held
    transport.rows = 9
    if kind == "act_then_drop":
        made = await objects.push(delivery(), journal)
        assert app.state()["invoices"][made]["externalKey"] == "hypatos_to_erp:d1"
        assert len(app.invoices) == 2


class FirstRow(httpx.AsyncBaseTransport):
    """The way to a server whose lists have that many rows and no second page."""

    def __init__(self, app):
        self.inner, self.rows = httpx.ASGITransport(app), 1

    async def handle_async_request(self, request):
        response = await self.inner.handle_async_request(request)
        if request.method != "GET":
            return response
        listed = json.loads(await response.aread())
        return httpx.Response(response.status_code, json={"items": listed["items"][: self.rows]})


async def test_an_empty_list_has_not_proven_that_the_look_up_heeds_its_key(erp, delivery, journal):
    loose = 'find: {path: /invoices, params: {externalKey: "{key}"}, id: "items[0].id"}'
    one = await erp(CREATE, KEY, loose, search="ignored")
    one.strike("drop", "POST", times=1)
    first = await until_done(one, delivery(key="hypatos_to_erp:other"), MemoryJournal())
    one.strike("drop", "POST", times=1)
    for _ in range(2):
        with pytest.raises(ConnectorError):
            await one.objects.push(delivery(), journal)
    assert list(one.held) == [first]


async def test_a_look_up_that_finds_anything_for_anybody_is_not_trusted(erp, delivery, journal):
    loose = 'find: {path: /invoices, params: {externalKey: "{key}"}, id: "items[0].id"}'
    one = await erp(CREATE, KEY, loose, search="ignored")
    await one.objects.push(delivery(key="hypatos_to_erp:other"), MemoryJournal())
    one.strike("drop", "POST", times=1)
    with pytest.raises(ConnectorError):
        await one.objects.push(delivery(), journal)
    with pytest.raises(ConnectorError, match="finds something for a key that nobody has"):
        await one.objects.push(delivery(), journal)
    assert len(one.held) == 1
    exact = await erp(CREATE, KEY, loose)
    exact.strike("act_then_drop", "POST", times=1)
    assert await until_done(exact, delivery(), MemoryJournal()) == exact.only["id"]


async def test_a_list_that_is_not_found_is_no_proof_that_nothing_is_there(erp, delivery, journal):
    one = await erp(CREATE, KEY, FIND.replace("path: /invoices", "path: /invoice"))
    one.strike("act_then_drop", "POST", times=1)
    for _ in range(3):
        with pytest.raises(ConnectorError):
            await one.objects.push(delivery(), journal)
    assert len(one.held) == 1
    with pytest.raises(ConnectorError, match=r"404.*correct find\.path, or put \{key\} into it"):
        await one.connection.check()


async def test_an_api_that_finds_nothing_by_a_404_is_asked_with_the_key_in_the_path(erp, delivery, journal):
    one = await erp(CREATE, KEY, 'find: {path: "/invoices?externalKey={key}", id: "items[0].id"}')
    one.strike("status", "GET", times=1, status=404)
    one.strike("act_then_drop", "POST", times=1)
    assert await one.connection.check()
    assert await until_done(one, delivery(), journal) == one.only["id"]


async def test_an_idempotency_header_lets_the_call_be_repeated(erp, delivery, journal):
    one = await erp(CREATE, HEADER, idempotency=True)
    one.strike("act_then_drop", "POST", times=2)
    object_id = await one.objects.push(delivery(), journal)
    assert one.only["id"] == object_id
    assert one.app.requests["POST /invoices"] == 3


async def test_an_idempotency_header_that_is_too_old_is_not_relied_on(erp, delivery, journal):
    one = await erp(CREATE, HEADER, "idempotency_hours: 0.0000001", HOLD, idempotency=True)
    one.strike("act_then_drop", "POST", times=10)
    with pytest.raises(TransientError):
        await one.objects.push(delivery(), journal)
    one.app.shared.faults.clear()
    with pytest.raises(UnsettledError, match="the answer to its creation was lost and it cannot be looked up"):
        await one.objects.push(delivery(), journal)
    assert len(one.held) == 1


async def test_what_nothing_can_settle_waits_for_a_person_and_goes_on_with_what_that_person_found(
    erp, delivery, journal
):
    one = await erp(CREATE, KEY, HOLD)
    one.strike("act_then_drop", "POST", times=1)
    with pytest.raises(TransientError):
        await one.objects.push(delivery(), journal)
    with pytest.raises(UnsettledError, match="set ERP_CHECKED=hypatos_to_erp:d1=<its id> if it is there") as held:
        await one.objects.push(delivery(), journal)
    assert (held.value.look_again_at - journal.now.now(held.value.look_again_at.tzinfo)) > timedelta(hours=23)
    there = one.only["id"]
    told = await erp(CREATE, KEY, HOLD, app=one.app, settings={"checked": f"hypatos_to_erp:d1={there}, other"})
    assert await told.objects.push(delivery(), journal) == there
    assert len(one.held) == 1


async def test_what_a_person_did_not_find_is_sent_again(erp, delivery, journal):
    one = await erp(CREATE, KEY, HOLD)
    one.strike("drop", "POST", times=1)
    with pytest.raises(TransientError):
        await one.objects.push(delivery(), journal)
    told = await erp(CREATE, KEY, HOLD, app=one.app, settings={"checked": "hypatos_to_erp:d1"})
    assert await told.objects.push(delivery(), journal) == one.only["id"]


async def test_a_lost_file_that_nothing_can_settle_waits_for_a_person(erp, delivery, journal, source_file):
    plain = 'file: {path: "/invoices/{id}/files"}'
    one = await erp(CREATE, FIND, KEY, plain, HOLD)
    one.strike("act_then_drop", "POST", "*/files", times=1)
    for _ in range(3):
        with pytest.raises(TransientError) as held:
            await one.objects.push(delivery(source_file(b"%PDF")), journal)
    assert "a file's upload to object" in str(held.value)
    marker = str(held.value).partition("ERP_CHECKED=")[2].partition("=")[0]
    told = await erp(CREATE, FIND, KEY, plain, HOLD, app=one.app, settings={"checked": f"{marker}=there"})
    await told.objects.push(delivery(source_file(b"%PDF")), journal)
    assert len(one.only["files"]) == 1


async def test_files_that_are_set_by_name_need_no_look_up(erp, delivery, journal, source_file):
    one = await erp(CREATE, FIND, KEY, 'file: {method: PUT, path: "/invoices/{id}/files/{name}"}')
    one.strike("act_then_drop", "PUT", times=2)
    await until_done(one, delivery(source_file(b"%PDF")), journal)
    assert [file["sha256"] for file in one.only["files"]] == [source_file(b"%PDF").sha256]


async def test_a_document_that_changed_while_its_creation_was_in_doubt_is_shown_as_it_is_now(erp, delivery, journal):
    one = await erp()
    one.strike("act_then_drop", "POST", times=1)
    one.strike("drop", "GET", times=10)
    with pytest.raises(TransientError):
        await one.objects.push(delivery(), journal)
    one.app.shared.faults.clear()
    await one.objects.push(delivery(number="4712"), journal)
    assert one.only["fields"]["number"] == "4712"


class KilledError(BaseException):
    """The process died here."""


class Killing(httpx.AsyncBaseTransport):
    """The way to the ERP, on which the process dies before or after the n-th request."""

    def __init__(self, app, fatal, *, after):
        self.inner, self.left, self.after = httpx.ASGITransport(app), fatal, after

    async def handle_async_request(self, request):
        self.left -= 1
        if not self.left and not self.after:
            raise KilledError
        response = await self.inner.handle_async_request(request)
        if not self.left:
            raise KilledError
        return response


@pytest.mark.parametrize("after", [False, True])
async def test_a_process_that_dies_at_any_request_is_finished_by_the_next_one(declare, delivery, source_file, after):
    settings = Settings(
        base_url="http://127.0.0.1/api/v1", streams=declare(*ALL), settle_seconds=0.0, token=RestSandbox.token
    )
    files = [source_file(b"%PDF one"), source_file(b"%PDF two", "b.pdf", "f2")]
    fatal = 0
    while True:
        fatal += 1
        app, journal = RestSandbox(Switches()), MemoryJournal()
        dying = await connect("erp", settings, transport=Killing(app, fatal, after=after))
        try:
            await dying.destinations["invoices"].push(delivery(*files), journal)
            break
        except KilledError:
            whole = await connect("erp", settings, transport=httpx.ASGITransport(app))
            await whole.destinations["invoices"].push(delivery(*files, number="4712"), journal)
        (invoice,) = app.state()["invoices"].values()
        assert invoice["fields"]["number"] == "4712"
        assert sorted(file["sha256"] for file in invoice["files"]) == sorted(file.sha256 for file in files)
    assert fatal == 4
