"""Tables of an earlier release: who brings them to this one's form, when, and who is told to wait."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, make_url

from state import Ledger, StateError, Vault
from state.care import Care
from state.database import address, connect, writing
from state.errors import RouteBusyError, SettingError
from state.migrations import HEAD, upgrade
from state.postgres import create_schema
from tests.ledgers import KEY, rows
from tests.postgres import throw_away_schema


def old(url: str) -> None:
    """Make tables as the first release did."""
    engine = connect(address(url), busy_timeout=1)
    with writing(engine) as connection, connection.begin():
        if not url.startswith("sqlite"):
            create_schema(connection)
        upgrade(connection, "0001")


def hold(url: str) -> None:
    """Let a run on another machine hold a route."""
    rows(
        url,
        "INSERT INTO lease (name, owner, fence, since, until) VALUES "
        "('r', 'far|boot|1|2|token', 1, '2026-01-01T00:00:00.000000Z', '2999-01-01T00:00:00.000000Z')",
    )


async def test_an_upgrade_is_asked_about_done_once_and_then_nothing_is_left_to_do(url: str):
    care = Care(url, vault=None)
    assert (await care.form()).found is None
    old(url)
    assert ((await care.form()).found, (await care.form()).current) == ("0001", False)
    assert (await care.upgrade()).found == "0001"
    assert (await care.form()).current
    assert (await care.upgrade()).current
    assert rows(url, "SELECT version_num FROM alembic_version") == [(HEAD,)]


def tables(url: str) -> dict[str, list[list[str]]]:
    """Return what the database says of its tables; the order of columns and constraints does not count."""
    engine = connect(address(url), busy_timeout=1)
    looked, schema = inspect(engine), str(make_url(url).query.get("schema", "main"))
    asked = (
        looked.get_columns,
        lambda name, schema: [looked.get_pk_constraint(name, schema)],
        looked.get_unique_constraints,
        looked.get_foreign_keys,
        looked.get_indexes,
    )

    def plain(value: object) -> object:
        return sorted((key, str(plain(one))) for key, one in value.items()) if isinstance(value, dict) else str(value)

    def alike(found: Sequence[Any]) -> list[str]:
        return sorted(str(plain(one)).replace(schema, "") for one in found)

    found = {
        name: [alike(ask(name, schema=schema)) for ask in asked] for name in sorted(looked.get_table_names(schema))
    }
    engine.dispose()
    return found


async def test_a_new_ledger_has_the_tables_that_upgrades_from_the_first_release_come_to(url: str, tmp_path: Path):
    old(url)
    await Care(url, vault=None).upgrade()
    with throw_away_schema() if make_url(url).query else nullcontext(f"sqlite:///{tmp_path}/new.db") as new:
        await (await Ledger.open(new, vault=Vault([KEY]))).close()
        assert tables(url) == tables(new)
        assert len(tables(url)) > 10
        assert rows(new, "SELECT version_num FROM alembic_version") == [(HEAD,)]


async def test_a_new_worker_leaves_the_tables_of_a_server_to_the_workers_that_share_them(server_url: str):
    old(server_url)
    with pytest.raises(StateError, match="docferry state upgrade"):
        await Ledger.open(server_url, vault=Vault([KEY]))
    assert rows(server_url, "SELECT version_num FROM alembic_version") == [("0001",)]
    await Care(server_url, vault=None).upgrade()
    await (await Ledger.open(server_url, vault=Vault([KEY]))).close()


async def test_a_file_is_upgraded_by_whoever_opens_it_first(file_url: str):
    old(file_url)
    await (await Ledger.open(file_url)).close()
    assert rows(file_url, "SELECT version_num FROM alembic_version") == [(HEAD,)]


async def test_nothing_is_upgraded_under_a_run(url: str):
    old(url)
    hold(url)
    with pytest.raises(RouteBusyError, match=r"process 1 on far since 2026-01-01 .*wait for it to end"):
        await Care(url, vault=None).upgrade()
    assert rows(url, "SELECT version_num FROM alembic_version") == [("0001",)]
    rows(url, "UPDATE lease SET until='2026-01-01T00:00:00.000000Z'")
    assert (await Care(url, vault=None).upgrade()).found == "0001"


async def test_a_newer_ledger_is_neither_upgraded_nor_said_to_be_due(url: str):
    old(url)
    rows(url, "UPDATE alembic_version SET version_num='9999'")
    for ask in (Care(url, vault=None).form, Care(url, vault=None).upgrade):
        with pytest.raises(StateError, match="written by a newer docferry"):
            await ask()


async def test_upgrades_called_at_once_are_done_once(url: str):
    old(url)
    found = await asyncio.gather(*(Care(url, vault=None).upgrade() for _ in range(4)))
    assert sorted(str(one.found) for one in found) == ["0001", HEAD, HEAD, HEAD]


async def test_a_pooler_that_drops_the_options_of_a_connection_is_noticed_before_tables_are_made_elsewhere(
    server_url: str,
):
    parsed = make_url(server_url)

    async def drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(parsed.host, parsed.port)

        async def back() -> None:
            while data := await there_reader.read(65_536):
                writer.write(data)

        answering = asyncio.create_task(back())
        try:
            while data := await reader.read(65_536):
                # As a pooler would: the first message goes on without the options.
                short = re.sub(rb"options\0[^\0]*\0", b"", data, count=1) if data[4:8] == b"\0\3\0\0" else data
                there_writer.write(len(short).to_bytes(4, "big") + short[4:] if short != data else data)
        finally:
            answering.cancel()
            there_writer.close()
            writer.close()

    async with await asyncio.start_server(drop, "127.0.0.1", 0) as pooler:
        through = parsed.set(host="127.0.0.1", port=pooler.sockets[0].getsockname()[1])
        url = through.render_as_string(hide_password=False)
        with pytest.raises(SettingError, match="connect to the server itself"):
            await Ledger.open(url, vault=Vault([KEY]))
    schema = parsed.query["schema"]
    assert rows(server_url, f"SELECT 1 FROM pg_tables WHERE schemaname = '{schema}'") == []
