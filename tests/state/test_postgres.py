"""A ledger in PostgreSQL: several in one database, a server that goes away, and commits whose answers are lost."""

import asyncio
import functools
import secrets
import time
from collections.abc import Callable
from datetime import datetime
from typing import cast

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from state import Ledger, StateError, Vault, database
from state import postgres as state_postgres
from state.errors import SettingError
from state.session import Outage, Session
from tests import postgres
from tests.ledgers import open_ledger, rows


async def test_without_keys_it_is_refused_with_the_command_that_makes_one(server_url: str):
    with pytest.raises(SettingError, match=r"needs DOCFERRY_KEYS; make a key with `openssl rand"):
        await Ledger.open(server_url)


async def test_every_process_writes_a_value_down_alike_and_only_the_right_keys_open_it(server_url: str):
    key, other = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    marks = set()
    for keys in ([key], [key], [other, key], [other]):
        ledger = await Ledger.open(server_url, vault=Vault(keys))
        marks.add(ledger.fingerprint("EUR"))
        await ledger.close()
    assert len(marks) == 1
    with pytest.raises(
        SettingError, match=r"No key in DOCFERRY_KEYS opens the ledger postgres on 127\.0\.0\.1, schema test_"
    ):
        await Ledger.open(server_url, vault=Vault([key]))


@pytest.mark.parametrize("schema", ["Two Words", 'x"; DROP SCHEMA public; --', "x" * 64])
async def test_a_schema_is_one_plain_name(schema: str):
    with pytest.raises(SettingError, match="must be one name of small letters"):
        await Ledger.open(f"{postgres.SERVER}?schema={schema}")


async def test_a_server_that_is_not_there_is_one_sentence_without_the_password():
    with pytest.raises(StateError, match=r"cannot be reached .*refused.*check that the server runs") as caught:
        await Ledger.open(
            "postgresql://someone:hunter2@127.0.0.1:1/nothing", vault=Vault([Fernet.generate_key().decode()])
        )
    assert "hunter2" not in str(caught.value)


async def test_a_database_that_does_not_exist_is_named():
    with pytest.raises(StateError, match='database "no_such_one" does not exist'):
        await open_ledger(postgres.SERVER.rpartition("/")[0] + "/no_such_one")


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
async def test_a_database_that_cannot_hold_every_letter_is_refused_with_the_statement_that_makes_another(encoding: str):
    name = f"test_{secrets.token_hex(6)}"
    with postgres.connect() as connection:
        connection.execute(
            f"CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        )
        try:
            with pytest.raises(
                SettingError, match=f"has the encoding {encoding}, .* ENCODING 'UTF8' TEMPLATE template0"
            ):
                await open_ledger(postgres.SERVER.rpartition("/")[0] + f"/{name}")
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def test_what_holds_a_lock_is_spoken_of_and_nothing_is_lost(server_url: str, now: datetime):
    ledger = await open_ledger(server_url, busy_timeout=0.3)
    async with ledger.run("r") as run:
        (this,) = (await run.remember("s", [("a", "1")], None, now=now, relist=())).new
        with postgres.connect(server_url) as other, other.transaction():
            other.execute("LOCK TABLE step")
            with pytest.raises(StateError, match="is locked by another session; end what holds the lock"):
                await run.intend(this, "create", now)
        await run.intend(this, "create", now)
    await ledger.close()


async def test_a_row_s_values_are_in_no_error(server_url: str, now: datetime):
    ledger = await open_ledger(server_url)
    async with ledger.run("r") as run:
        with pytest.raises(StateError, match="foreign key") as caught:
            await run.intend(424_242, "the-payload", now)
    assert "424242" not in str(caught.value)
    await ledger.close()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_commit_whose_answer_is_lost_is_neither_lost_nor_done_twice(server_url: str, now: datetime, when: str):
    async with postgres.bad_line(server_url) as line:
        ledger = await open_ledger(line.url)
        async with ledger.run("r") as run:
            ids = (await run.remember("s", [("a", "1"), ("b", "1")], None, now=now, relist=())).new
            line.cut_at_commit = when
            await asyncio.gather(
                *(run.settle(id_, status="delivered", at=now, event="delivered", tell="delivered") for id_ in ids)
            )
            line.cut_at_commit = when
            assert len((await run.remember("s", [("c", "1")], "1", now=now, relist=())).new) == 1
            assert line.commits == 2
        await ledger.close()
    assert rows(server_url, "SELECT kind, count(*) FROM event GROUP BY kind ORDER BY kind") == [
        ("delivered", 2),
        ("new", 3),
    ]
    assert rows(server_url, "SELECT count(*), max(seq) FROM feedback") == [(2, 1)]


async def test_a_transaction_that_a_crash_swept_away_was_not_committed_though_another_one_has_its_id_now(
    server_url: str, now: datetime
):
    ledger = await open_ledger(server_url)
    async with ledger.run("r") as run:
        await run.remember("s", [("a", "1")], None, now=now, relist=())
    await ledger.close()
    ((session, number),) = rows(server_url, "SELECT session, number FROM receipt")
    ((xid, later),) = rows(server_url, "SELECT xmin::text, (xmin::text::bigint + 1000)::text FROM receipt")
    with database.connect(database.address(server_url), busy_timeout=1.0).connect() as connection:

        def committed(its_number: int, its_xid: str) -> bool | None:
            return state_postgres.committed(connection, state_postgres.Receipt(session, its_number, its_xid))

        assert committed(number, xid) is True
        assert committed(number + 1, xid) is False  # the id is another transaction's, which was committed
        assert committed(number + 1, later) is False  # the server knows nothing of it


async def test_a_line_that_is_cut_is_opened_again_for_questions_and_writes(server_url: str, now: datetime):
    async with postgres.bad_line(server_url) as line:
        ledger = await open_ledger(line.url)
        async with ledger.run("r") as run:
            for number in range(5):
                line.cut()
                assert await ledger.routes() == ["r"]
                line.cut()
                await run.remember("s", [(str(number), "1")], str(number), now=now, relist=())
            assert await run.pending_count() == 5
        await ledger.close()


async def test_whoever_slept_for_longer_than_its_patience_still_connects_again(server_url: str):
    await (await open_ledger(server_url)).close()  # makes the tables, one of which takes the receipts
    session = Session(database.connect(database.address(server_url), busy_timeout=1.0), outage=Outage(0.3), writes=True)
    slept = []

    def work(connection: Connection) -> int:
        if not slept:
            slept.append(connection.scalar(text("SELECT pg_backend_pid()")))
            time.sleep(0.5)
            with postgres.connect(server_url) as other:
                other.execute("SELECT pg_terminate_backend(%s)", slept)
        return cast("int", connection.scalar(text("SELECT 1")))

    assert session.transact(work) == 1
    assert slept
    session.close()


async def test_a_server_that_stays_away_ends_the_run_with_a_sentence(server_url: str, now: datetime):
    async with postgres.bad_line(server_url) as line:
        ledger = await open_ledger(line.url, busy_timeout=0.5)
        async with ledger.run("r") as run:
            (this,) = (await run.remember("s", [("a", "1")], None, now=now, relist=())).new
    with pytest.raises(StateError, match="cannot be reached"):
        await run.intend(this, "create", now)
    await ledger.close()


def test_a_server_that_was_waited_for_in_vain_is_asked_but_not_waited_for_until_it_has_answered(
    server_url: str, monkeypatch: pytest.MonkeyPatch
):
    away, tries = True, 0
    engine = database.connect(database.address(server_url), busy_timeout=1.0)

    def connect(connect_: Callable[[Engine], Connection], to: Engine) -> Connection:
        nonlocal tries
        tries += 1
        return connect_(dead if away else to)

    dead = database.connect(database.address("postgresql://127.0.0.1:1/nothing"), busy_timeout=1.0)
    for name in ("reading", "writing"):
        monkeypatch.setattr(f"state.session.{name}", functools.partial(connect, getattr(database, name)))
    outage = Outage(0.5)
    writer, reader = (Session(engine, outage=outage, writes=writes) for writes in (True, False))

    def tries_of(session: Session) -> int:
        nonlocal tries
        tries = 0
        with pytest.raises(OperationalError):
            session.transact(lambda connection: connection.execute(text("SELECT 1")).scalar())
        return tries

    assert tries_of(writer) > 1  # waited for
    assert (tries_of(writer), tries_of(reader)) == (1, 1)  # what winds up does not wait anew, with either connection
    away = False
    assert reader.transact(lambda connection: connection.execute(text("SELECT 1")).scalar()) == 1
    reader.close()
    away = True
    assert tries_of(writer) > 1


async def test_a_run_outlives_a_server_that_is_killed_and_started_again(now: datetime):
    with postgres.private_server() as server:
        if server is None:
            pytest.skip("the server's programs are not installed here, so it cannot be stopped")
        ledger = await open_ledger(server.url)
        written, stop = 0, asyncio.Event()

        async def write() -> None:
            nonlocal written
            async with ledger.run("r") as run:
                while not stop.is_set():
                    await run.remember("s", [(str(written), "1")], str(written), now=now, relist=())
                    written += 1
                    await asyncio.sleep(0.005)

        writing = asyncio.create_task(write())
        for _ in range(2):
            await asyncio.sleep(0.3)
            before = written
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
            while written < before + 10:
                await asyncio.sleep(0.05)
                assert not writing.done()
        stop.set()
        await writing
        await ledger.close()
        assert rows(server.url + "?schema=docferry", "SELECT count(*), count(DISTINCT document_id) FROM transfer") == [
            (written, written)
        ]
        assert rows(server.url + "?schema=docferry", "SELECT count(*) FROM event WHERE kind = 'new'") == [(written,)]
