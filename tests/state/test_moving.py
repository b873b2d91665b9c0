"""A ledger in a file and out of it: the same rows in every database, whole or not at all."""

import gzip
import hashlib
import json
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from state import Ledger, Vault
from state.errors import RouteBusyError, SettingError
from state.models import metadata
from tests.ledgers import KEY, open_ledger, rows
from tests.postgres import throw_away_schema
from tests.state.moving import care, carry, everything, fill, quietly
from tests.state.runs import deliver

OTHER_KEY = Fernet.generate_key().decode()


@pytest.fixture
def other_url(url: str, tmp_path: Path):
    """Address an empty ledger of the other kind."""
    if url.startswith("sqlite"):
        with throw_away_schema() as there:
            yield there
    else:
        yield f"sqlite:///{tmp_path}/other/ledger.db"


async def test_every_row_is_the_same_in_the_other_database_and_back_again(
    url: str, other_url: str, tmp_path: Path, now: datetime
):
    await (await fill(url, now)).close()
    moved = await carry(url, other_url, tmp_path / "there")
    assert everything(other_url) == everything(url)
    assert all(moved.rows[name] for name in metadata.tables if name not in ("lease", "receipt"))
    back = f"sqlite:///{tmp_path}/back.db"
    await carry(other_url, back, tmp_path / "back")
    assert everything(back) == everything(url)


async def test_the_ledger_goes_on_where_the_file_ends(url: str, other_url: str, tmp_path: Path, now: datetime):
    ledger = await fill(url, now)
    mark = ledger.fingerprint("EUR")
    fence = rows(url, "SELECT max(fence) FROM lease")
    await ledger.close()
    await carry(url, other_url, tmp_path / "file")
    assert rows(other_url, "SELECT max(fence) FROM lease") == fence
    ledger = await open_ledger(other_url, vault=Vault([KEY]))
    assert ledger.fingerprint("EUR") == mark
    assert await ledger.recall("zefort", "tag é \U0001f4c4") == "42"
    assert await ledger.cursor("r", "documents") == '{"after": 1}'
    async with ledger.run("r") as run:
        found = await run.remember("documents", [("a", "1"), ("new", "1")], None, now=now, relist=())
        assert (len(found.new), len(found.known)) == (1, 1)
        assert found.new[0] > 3
        await deliver(run, found.new[0], now, "far-2")
        assert {owed.document_id for owed in await run.outbox.claim(9, now)} == {"a", "new"}
        assert (await ledger.lookup("r", ["a"]))["a"].steps["create"].done_at is None
    await ledger.close()


async def test_a_nul_in_a_file_s_text_keeps_no_ledger_out_of_a_server(
    file_url: str, server_url: str, tmp_path: Path, now: datetime
):
    await (await fill(file_url, now)).close()
    rows(file_url, "UPDATE event SET detail = 'a' || char(0) || 'b'")
    await carry(file_url, server_url, tmp_path / "x.gz")
    ledger = await open_ledger(server_url, vault=Vault([KEY]))
    (found,) = await ledger.find("a")
    assert {event.detail for event in (await ledger.timeline(found.id)).events} == {"a\0b"}
    await ledger.close()


async def test_only_an_empty_ledger_is_filled_unless_the_old_one_may_go(url: str, tmp_path: Path, now: datetime):
    source = f"sqlite:///{tmp_path}/source.db"
    await (await fill(source, now, documents=5)).close()
    await (await fill(url, now, documents=2)).close()
    before = everything(url)
    with pytest.raises(SettingError, match=r"is not empty.*--replace"):
        await carry(source, url, tmp_path / "file")
    assert everything(url) == before
    await carry(source, url, tmp_path / "file", replace=True)
    assert everything(url) == everything(source)


async def test_nothing_is_replaced_under_a_run_and_an_export_says_who_was_at_work(
    url: str, tmp_path: Path, now: datetime
):
    ledger = await fill(url, now)
    async with ledger.run("r"):
        moved = await care(url, KEY).export(tmp_path / "file", quietly)
        assert len(moved.running) == 1
        with pytest.raises(RouteBusyError, match="is in use"):
            await care(url, KEY).import_(tmp_path / "file", quietly, replace=True)
    await ledger.close()


async def test_a_run_that_was_at_work_holds_nothing_in_the_new_ledger(url: str, tmp_path: Path, now: datetime):
    target = f"sqlite:///{tmp_path}/target.db"
    ledger = await fill(url, now)
    async with ledger.run("r"):
        await carry(url, target, tmp_path / "file")
    await ledger.close()
    opened = await open_ledger(target, vault=Vault([KEY]))
    async with opened.run("r") as run:
        assert run.previous
    await opened.close()


async def test_a_newer_file_and_one_that_is_none_are_refused_in_a_sentence(url: str, tmp_path: Path, now: datetime):
    await (await fill(url, now)).close()
    file = tmp_path / "file"
    await care(url, KEY).export(file, quietly)
    first, _, rest = gzip.decompress(file.read_bytes()).partition(b"\n")
    for change, words in (
        ({"format": 2}, "in a newer form"),
        ({"form": "9999"}, "newer docferry"),
        ({"kind": "x"}, "is not a"),
    ):
        file.write_bytes(gzip.compress(json.dumps(json.loads(first) | change).encode() + b"\n" + rest))
        with pytest.raises(SettingError, match=words):
            await care(url, KEY).import_(file, quietly, replace=True)
    file.write_text("a letter to a friend\n")
    with pytest.raises(SettingError, match="is not a ledger that"):
        await care(url, KEY).import_(file, quietly, replace=True)
    with pytest.raises(SettingError, match="cannot be read"):
        await care(url, KEY).import_(tmp_path / "absent", quietly, replace=True)


async def test_a_file_of_an_earlier_release_is_brought_to_this_form(url: str, tmp_path: Path):
    columns = {
        "transfer": ["id", "route", "document_id", "version", "status", "attempts", "asked", "key"],
        "event": ["id", "transfer_id", "at", "kind"],
    }
    data = {
        "transfer": [7, "r", "a", "1", "delivered", 0, False, "r:a"],
        "event": [9, 7, "2026-01-01T00:00:00.000000Z", "new"],
    }
    head = {
        "kind": "docferry ledger",
        "format": 1,
        "form": "0001",
        "key": "none",
        "made_at": "",
        "rows": 2,
        "running": [],
    }

    lines = [head]
    for table, names in columns.items():
        kinds = ["bool" if name == "asked" else "plain" for name in names]
        lines += [{"table": table, "names": names, "kinds": kinds}, data[table]]
    text = "".join(json.dumps(line) + "\n" for line in lines).encode()
    end = json.dumps({"end": 2, "sha256": hashlib.sha256(text).hexdigest()}).encode() + b"\n"
    file = tmp_path / "file"
    file.write_bytes(gzip.compress(text + end))
    await care(url, KEY).import_(file, quietly, replace=False)
    ledger = await open_ledger(url, vault=Vault([KEY]))
    found = (await ledger.lookup("r", ["a"]))["a"]
    assert (found.id, found.status, found.tried_under) == (7, "delivered", None)
    await ledger.close()


async def test_the_key_of_a_ledger_without_keys_stays_in_its_file_and_goes_along_by_hand(
    tmp_path: Path, server_url: str, now: datetime
):
    source, target = f"sqlite:///{tmp_path}/source.db", f"sqlite:///{tmp_path}/target.db"
    ledger = await Ledger.open(source)
    mark = ledger.fingerprint("EUR")
    await ledger.keep("c", "n", "v")
    await ledger.close()
    file, key = tmp_path / "file", tmp_path / "source.db.key"
    assert (await care(source).export(file, quietly)).key == "beside"
    assert key.read_bytes() not in gzip.decompress(file.read_bytes())
    with pytest.raises(SettingError, match="set DOCFERRY_KEYS, export again"):
        await care(server_url, KEY).import_(file, quietly, replace=False)
    with pytest.raises(SettingError, match=r"target.db.key is missing"):
        await care(target).import_(file, quietly, replace=False)
    assert not rows(target, "SELECT 1 FROM memory")
    (tmp_path / "target.db.key").write_bytes(key.read_bytes())
    await care(target).import_(file, quietly, replace=False)
    ledger = await Ledger.open(target)
    assert ledger.fingerprint("EUR") == mark
    await ledger.close()
    # With a key the same ledger goes to a server.
    assert (await care(source, KEY).export(file, quietly)).key == "inside"
    await care(server_url, KEY).import_(file, quietly, replace=False)
    ledger = await open_ledger(server_url)
    assert ledger.fingerprint("EUR") == mark
    await ledger.close()


async def test_other_keys_than_the_export_had_are_refused_and_nothing_is_kept(url: str, tmp_path: Path, now: datetime):
    source = f"sqlite:///{tmp_path}/source.db"
    await (await fill(source, now)).close()
    await care(source, KEY).export(tmp_path / "file", quietly)
    with pytest.raises(SettingError, match="No key in DOCFERRY_KEYS opens"):
        await care(url, OTHER_KEY).import_(tmp_path / "file", quietly, replace=False)
    with pytest.raises(SettingError, match="was exported with DOCFERRY_KEYS"):
        await care(url).import_(tmp_path / "file", quietly, replace=False)
    assert not rows(url, "SELECT 1 FROM transfer")
