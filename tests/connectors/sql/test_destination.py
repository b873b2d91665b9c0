"""What stands in the tables after a delivery, a repeat, a change, a kill."""

import asyncio
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from connectors.contract import Attachment, Delivery, File, State
from connectors.errors import AccessError, RejectedError, TransientError
from connectors.sql import Settings, connect
from connectors.sql.database import Database
from connectors.sql.declared import TableStream
from connectors.sql.destination import Rows


async def test_a_document_becomes_a_row_and_its_lists_child_rows(store, invoices, delivery, journal):
    invoices.check(delivery().payload)
    external_id = await invoices.push(delivery(), journal)
    (row,) = store.rows(columns="id, docferry_key, number, supplier, paid, pieces, currency")
    assert row == (int(external_id), "hypatos_to_dwh:d1", "4711", "Müller & Söhne 発票", True, 3, "EUR")
    assert store.rows(columns="CAST(amount AS TEXT)") in ([("1234567890.10",)], [("1234567890.1",)])
    assert store.rows(columns="CAST(due AS TEXT)") == [("2026-12-31",)]
    assert str(store.rows(columns="seen_at")[0][0]).startswith("2026-11-25 11:00:00")
    assert store.rows(columns="CAST(raw AS TEXT)")[0][0].replace(" ", "") == '{"total":0.1000000000000000055}'
    assert store.rows("invoice_lines", "position, text", "position") == [(1, "one"), (2, "two")]
    assert (await invoices.outcome(external_id, journal)).state is State.ACCEPTED


async def test_a_repeat_changes_nothing(store, invoices, delivery, journal, new_journal):
    first = await invoices.push(delivery(), journal)
    before = store.rows(), store.rows("invoice_lines")
    assert await invoices.push(delivery(), new_journal()) == first
    assert (store.rows(), store.rows("invoice_lines")) == before


async def test_a_change_replaces_the_child_rows_and_empties_only_what_we_had_filled(store, invoices, delivery, journal):
    first = await invoices.push(delivery(), journal)
    store.execute("UPDATE invoices SET approved_by = 'somebody'")
    changed = delivery(replaces=first, without=("supplier", "due"), pieces=4, lines=[{"text": "three"}])
    assert await invoices.push(changed, journal) == first
    assert store.rows(columns="supplier, due, pieces, approved_by") == [(None, None, 4, "somebody")]
    assert store.rows("invoice_lines", "position, text", "position") == [(1, "three")]


async def test_a_row_somebody_deleted_is_gone_but_not_for_sure_and_comes_back_with_a_change(
    store, invoices, delivery, journal
):
    first = await invoices.push(delivery(), journal)
    store.execute("DELETE FROM invoice_lines")
    store.execute("DELETE FROM invoices")
    outcome = await invoices.outcome(first, journal)
    assert (outcome.state, outcome.sure) == (State.GONE, False)
    again = await invoices.push(delivery(replaces=first), journal)
    assert (await invoices.outcome(again, journal)).state is State.ACCEPTED


@pytest.mark.parametrize("external_id", ["x", "", "999", "9" * 30])
async def test_an_id_of_no_row_is_gone(invoices, journal, external_id):
    assert (await invoices.outcome(external_id, journal)).state is State.GONE


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"nmber": "1"}, r"nmber is no column of invoices \(did you mean number\?\)"),
        ({"docferry_key": "x"}, "docferry_key is filled by docferry"),
        ({"number": "x" * 11}, "number has 11 characters, and the column takes 10"),
        ({"number": None}, "number is null, and the column must not be"),
        ({"amount": Decimal("1.005")}, "amount has 3 decimals, and the column keeps 2"),
        ({"amount": Decimal("12345678901.00")}, "amount has 11 digits before the point, and the column takes 10"),
        ({"amount": "12.00"}, "amount is text, and the column takes a number"),
        ({"amount": Decimal("NaN")}, "amount is not a finite number"),
        ({"due": "31.12.2026"}, "due is text, and the column takes a day"),
        ({"due": "2026-02-30"}, "due is a day that does not exist"),
        ({"seen_at": "2026-11-25T12:00:00"}, "seen_at is no instant with its offset"),
        ({"seen_at": "0001-01-01T00:00:00+02:00"}, "seen_at is beyond the calendar"),
        ({"paid": "yes"}, "paid is text, and the column takes true or false"),
        ({"pieces": Decimal("1.5")}, "pieces has decimals"),
        ({"pieces": True}, "pieces is true or false, and the column takes a whole number"),
        ({"pieces": 2**63}, "pieces is a number too large"),
        ({"supplier": {"name": "x"}}, "supplier is an object"),
        ({"supplier": "a\0b"}, "supplier contains a character"),
        ({"lines": [{"text": "ok"}, {"txt": "x"}]}, r"lines\[1\].txt is no column of invoice_lines .did you mean text"),
        ({"lines": [{"position": 7, "text": "x"}]}, r"lines\[0\].position is filled by docferry"),
        ({"lines": {"text": "x"}}, "lines is not a list of objects"),
    ],
)
async def test_what_does_not_fit_is_refused_by_name_before_anything_is_sent(store, invoices, delivery, changes, words):
    with pytest.raises(RejectedError, match=words) as refused:
        invoices.check(delivery(**changes).payload)
    assert refused.value.connection == "dwh"
    assert not store.rows()


async def test_everything_that_is_wrong_is_said_at_once_and_no_value_with_it(invoices, delivery):
    with pytest.raises(RejectedError) as refused:
        invoices.check(delivery(without=("number",), supplier=["Secret Ltd"], due="tomorrow").payload)
    assert "number is missing" in str(refused.value)
    assert "supplier is a list" in str(refused.value)
    assert "Secret" not in str(refused.value)
    assert "tomorrow" not in str(refused.value)


async def test_a_broken_rule_of_the_database_is_a_refusal_that_quotes_nothing(store, invoices, delivery, new_journal):
    await invoices.push(delivery(), new_journal())
    with pytest.raises(RejectedError, match="the database refuses the row") as refused:
        await invoices.push(delivery("hypatos_to_dwh:d2"), new_journal())
    assert "number" in str(refused.value)
    assert "4711" not in str(refused.value)
    assert len(store.rows()) == 1


async def test_a_transaction_that_fails_at_a_child_leaves_the_row_as_it_was(store, invoices, delivery, journal):
    first = await invoices.push(delivery(), journal)
    store.execute("DROP TABLE invoice_lines")
    store.execute(
        "CREATE TABLE invoice_lines "
        "(invoice_id BIGINT, position INTEGER, amount NUMERIC, text TEXT CONSTRAINT no_two CHECK (text <> 'two'))"
    )
    with pytest.raises(RejectedError, match="no_two"):
        await invoices.push(delivery(replaces=first, pieces=9), journal)
    assert store.rows(columns="pieces") == [(3,)]


async def test_exact_amounts_that_the_column_cannot_keep_are_refused_not_rounded(store, journal):
    plain = (await store.open(streams=None)).destinations["plain"]
    exact = Decimal("12345678901234567890.123456789")
    await plain.push(Delivery("k", {"exact": exact}), journal)
    assert Decimal(store.rows("plain", "exact")[0][0]) == exact
    with pytest.raises(RejectedError, match="docferry_key has 21 characters"):
        await plain.push(Delivery("k" * 21, {"exact": exact}), journal)


async def test_files_are_not_dropped_silently(invoices, journal):
    @asynccontextmanager
    async def nothing():
        yield None

    with pytest.raises(RejectedError, match="files: none"):
        await invoices.push(Delivery("k", {}, [Attachment(File("f", "a.pdf", "x"), nothing)]), journal)


async def test_tables_that_are_not_as_they_must_be_stop_the_connection_with_the_next_step(store, journal):
    connection = await store.open(streams=None)
    for stream, words in {
        "invoice": r"no table invoice, or this user may not see it \(did you mean invoices\?\)",
        "invoice_lines": "has no column docferry_key to hold the delivery's key",
        "unkeyed": "must be unique.*CREATE UNIQUE INDEX unkeyed_docferry_key ON unkeyed",
    }.items():
        with pytest.raises(AccessError, match=words):
            connection.destinations[stream].check({})
        with pytest.raises(AccessError, match=words):
            await connection.destinations[stream].push(Delivery("k", {}), journal)


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
async def test_a_wrong_user_is_for_a_person_and_a_dead_server_is_not(store, delivery, journal):
    wrong = await connect("dwh", Settings(url=store.url.replace("root@", "nobody:secret@"), streams=store.streams))
    with pytest.raises(AccessError, match='role "nobody" does not exist'):
        await wrong.check()
    with pytest.raises(AccessError):
        wrong.destinations["invoices"].check({})
    dead = await connect("dwh", Settings(url="postgresql://x@127.0.0.1:1/x", streams=store.streams))
    dead.destinations["invoices"].check({"what": "ever"})  # cannot be known now; nothing is sent either
    with pytest.raises(TransientError, match="does not answer"):
        await dead.destinations["invoices"].push(delivery(), journal)


async def test_a_database_without_an_encoding_takes_every_letter(unencoded, delivery, journal):
    connection = await unencoded.open()
    await connection.destinations["invoices"].push(delivery(), journal)
    await connection.close()
    assert unencoded.rows(columns="supplier") == [("Müller & Söhne 発票",)]


async def test_a_lost_commit_is_written_again_to_the_same_end(store, delivery, journal):
    class Losing(Database):
        """Loses the answer to the first commit of rows."""

        lost = False

        async def do(self, work):
            result = await super().do(work)
            if not self.lost and isinstance(result, str):
                self.lost = True
                raise TransientError("the connection broke", connection="dwh", arrived="maybe")
            return result

    rows = Rows(Losing("dwh", store.url), TableStream(), "invoices", "docferry_key")
    with pytest.raises(TransientError):
        await rows.push(delivery(without=("lines",)), journal)
    await rows.push(delivery(without=("lines",)), journal)
    assert len(store.rows()) == 1


async def test_two_processes_that_write_the_same_document_end_in_one_row(store, delivery, new_journal):
    connections = [await store.open() for _ in range(4)]
    pushes = [
        connection.destinations["invoices"].push(delivery(pieces=number), new_journal())
        for number, connection in enumerate(connections)
    ]
    ids = await asyncio.gather(*pushes)
    assert len(set(ids)) == 1
    assert len(store.rows()) == 1
    assert len(store.rows("invoice_lines")) == 2
