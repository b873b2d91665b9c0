"""Opening a database: fresh, old, newer, foreign, or not one at all."""

import asyncio
import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from state import Ledger, StateError
from state.database import address, connect, password
from state.errors import SettingError
from state.migrations import HEAD, config
from state.models import metadata
from state.upgrading import prepare
from tests import postgres
from tests.ledgers import open_ledger, rows

ELSEWHERE_THAN_WINDOWS = pytest.mark.skipif(os.name == "nt", reason="there it is an address")


def test_the_migrations_build_exactly_the_tables_the_code_works_with(url: str):
    engine = connect(address(url), busy_timeout=1)
    prepare(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert ScriptDirectory.from_config(config()).get_current_head() == HEAD


async def test_several_starts_at_once_make_one_database(url: str):
    ledgers = await asyncio.gather(*(open_ledger(url, busy_timeout=10) for _ in range(6)))
    for number, ledger in enumerate(ledgers):
        await ledger.save_token(f"c{number}", "t")
        await ledger.close()
    assert rows(url, "SELECT count(*) FROM token") == [(6,)]
    assert rows(url, "SELECT version_num FROM alembic_version") == [(HEAD,)]


async def test_a_migration_that_fails_leaves_nothing_behind(file_url: str):
    engine = connect(address(file_url), busy_timeout=1)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num TEXT NOT NULL)")
        connection.exec_driver_sql("CREATE TABLE step (id INTEGER)")  # in the way of the last table
        connection.commit()
    with pytest.raises(StateError, match="already exists"):
        prepare(engine)
    with engine.connect() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type='table'").scalars().all()
    assert sorted(names) == ["alembic_version", "step"]


async def test_a_newer_database_is_left_alone(url: str):
    await (await open_ledger(url)).close()
    rows(url, "UPDATE alembic_version SET version_num='9999'")
    with pytest.raises(StateError, match=r"written by a newer docferry .*9999.*install that release"):
        await open_ledger(url)


async def test_another_program_s_database_is_left_alone(url: str, tmp_path: Path):
    (tmp_path / "state").mkdir()
    if not url.startswith("sqlite"):
        with postgres.connect() as connection:
            connection.execute(f"CREATE SCHEMA {url.rpartition('=')[2]}")
    rows(url, "CREATE TABLE customers (id INTEGER)")
    with pytest.raises(StateError, match="not a docferry ledger"):
        await open_ledger(url)


def test_a_file_that_is_no_database_is_left_alone(file_url: str, tmp_path: Path):
    (tmp_path / "state").mkdir()
    file = Path(file_url.removeprefix("sqlite:///"))
    file.write_text("a letter to a friend, long enough to be taken for a header\n" * 50)
    with pytest.raises(StateError, match="is not a database"):
        asyncio.run(Ledger.open(file_url))
    assert file.read_text().startswith("a letter")


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match=r"folder .*file/state cannot be created"):
        await Ledger.open(f"sqlite:///{tmp_path}/file/state/ledger.db")


async def test_a_folder_in_the_file_s_place_is_named(tmp_path: Path):
    (tmp_path / "ledger.db").mkdir()
    with pytest.raises(StateError, match=r"ledger.db cannot be opened"):
        await Ledger.open(f"sqlite:///{tmp_path}/ledger.db")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("", "not a database address"),
        ("ledger.db", "not a database address"),
        ("postgresql://user@host:hunter2/db", "not a database address"),
        ("mysql://user:hunter2@host/db", "names mysql, which docferry does not speak"),
        ("postgresql+asyncpg://user:hunter2@host/db", "names postgresql.asyncpg, which docferry does not speak"),
        ("postgresql://user:hunter2@host", "names no database"),
        ("sqlite://", "in memory forgets"),
        ("sqlite:///:memory:", "in memory forgets"),
        ("sqlite:///file:x?mode=memory&uri=true", "in memory forgets"),
        pytest.param("sqlite:///C:\\x\\state.db", "a place on Windows", marks=ELSEWHERE_THAN_WINDOWS),
        pytest.param("sqlite:///c:/x/state.db", "a place on Windows", marks=ELSEWHERE_THAN_WINDOWS),
    ],
)
async def test_an_address_that_cannot_hold_a_ledger_is_refused_with_an_example(wrong: str, sentence: str):
    with pytest.raises(StateError, match=f"{sentence}.*write it like sqlite:///") as caught:
        await Ledger.open(wrong)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("server", [False, True])
async def test_an_option_of_the_address_that_nothing_understands_is_refused_with_what_is_allowed(
    server: bool, file_url: str, tmp_path: Path
):
    start = "postgresql://user:hunter2@127.0.0.1:1/db" if server else file_url
    allowed = "it takes schema, options, sslmode" if server else "a SQLite file takes none"
    for option in ("nonsense=hunter2", "timeout=hunter2", "autocommit=1", "plugin=x"):
        with pytest.raises(
            SettingError, match=f"DOCFERRY_STATE_URL has the option {option.partition('=')[0]}, .*{allowed}"
        ) as caught:
            await Ledger.open(f"{start}?{option}")
        assert "hunter2" not in str(caught.value)
    assert not (tmp_path / "state").exists()


async def test_what_is_left_of_a_password_that_was_not_escaped_is_not_shown_as_an_option():
    with pytest.raises(SettingError, match="in a password write @") as caught:
        await Ledger.open("postgresql://user:hun@ter/2?hunter=2@127.0.0.1/db")
    assert "hunter" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "sentence"), [("sslmode=disable&sslmode=prefer", "sslmode twice"), ("port=x", "must be a number")]
)
async def test_an_option_that_cannot_be_meant_so_is_a_wrong_setting(options: str, sentence: str):
    with pytest.raises(SettingError, match=sentence):
        await Ledger.open(f"postgresql://user@127.0.0.1:1/db?{options}")


def test_a_password_among_the_options_is_kept_out_of_sight_like_any():
    assert password("postgresql://user@host/db?password=hunter2") == "hunter2"


async def test_looking_at_a_ledger_waits_for_no_lock_and_writing_says_who_is_in_the_way(file_url: str):
    await (await Ledger.open(file_url)).close()
    other = sqlite3.connect(file_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ledger = await Ledger.open(file_url, busy_timeout=0.1)
    assert await ledger.routes() == []
    with pytest.raises(StateError, match="is locked by another program"):
        await ledger.retry("r", document_ids=None, at=datetime.now(UTC), note="")
    other.close()
    await ledger.close()
