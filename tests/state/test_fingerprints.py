"""The key of the fingerprints: out of the database, found again, missed when it is gone, and replaced without harm."""

import asyncio
import hmac
import logging
import sqlite3
import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from state import Ledger
from state.errors import RouteBusyError, SettingError, StateError
from state.fingerprints import Fingerprints
from state.vault import Vault

KEY = bytes(range(32))
ONE, OTHER = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def url(file_url):
    """Address a file: only beside one is there a place for a key file. For servers see test_postgres.py."""
    return file_url


async def mark(url, *keys):
    """Open the ledger as a process does and return how it writes "EUR" down."""
    ledger = await Ledger.open(url, vault=Vault(keys) if keys else None)
    try:
        async with ledger.run("route") as run:
            return run.fingerprint("EUR")
    finally:
        await ledger.close()


def key_file(url):
    return Path(url.removeprefix("sqlite:///") + ".key")


@given(text=st.text() | st.binary(max_size=300))
def test_a_fingerprint_is_the_hmac_of_its_text(text):
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    assert Fingerprints(KEY).of(text) == "fp-" + hmac.new(KEY, data, "sha256").hexdigest()[:32]


async def test_every_process_writes_a_value_down_alike_and_every_ledger_differently(url, tmp_path):
    first = await mark(url)
    assert first == await mark(url)
    assert first != await mark(f"sqlite:///{tmp_path}/other.db")
    assert first.startswith("fp-")
    assert len(first) == 35


async def test_processes_that_start_together_agree_on_one_key(url):
    ledgers = await asyncio.gather(*(Ledger.open(url, busy_timeout=10) for _ in range(8)))
    marks = set()
    for ledger in ledgers:
        async with ledger.run("route") as run:
            marks.add(run.fingerprint("EUR"))
        await ledger.close()
    assert len(marks) == 1


async def test_the_key_file_is_for_its_owner_only_and_the_database_does_not_hold_it(url):
    await mark(url)
    assert stat.S_IMODE(key_file(url).stat().st_mode) == 0o600
    with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
        assert key_file(url).read_text() not in "\n".join(database.iterdump())


async def test_a_missing_key_file_stops_with_a_sentence_and_putting_it_back_heals(url):
    before = await mark(url)
    away = key_file(url).rename(key_file(url).with_suffix(".away"))
    with pytest.raises(SettingError, match=r"key file .*ledger\.db\.key is missing; put it back from the backup"):
        await mark(url)
    assert not key_file(url).exists(), "no new one is made in its place"
    away.rename(key_file(url))
    assert await mark(url) == before


@pytest.mark.parametrize(
    ("content", "sentence"), [("", "is damaged"), ("zz", "is damaged"), ("ab" * 32, "belongs to another ledger")]
)
async def test_a_wrong_key_file_stops_with_a_sentence(url, content, sentence):
    await mark(url)
    key_file(url).write_text(content)
    with pytest.raises(SettingError, match=sentence):
        await mark(url)


async def test_the_key_moves_into_the_vault_as_soon_as_there_is_one(url):
    before = await mark(url)
    assert await mark(url, ONE) == before
    assert not key_file(url).exists()
    with pytest.raises(SettingError, match="was used with DOCFERRY_KEYS; set it"):
        await mark(url)
    with pytest.raises(SettingError, match="No key in DOCFERRY_KEYS opens"):
        await mark(url, OTHER)


async def test_a_new_first_key_takes_over_and_then_the_old_one_may_go(url):
    before = await mark(url, ONE)
    assert await mark(url, OTHER, ONE) == before
    assert await mark(url, OTHER) == before


async def test_a_key_that_was_written_before_its_row_is_taken_over(url):
    await mark(url)
    text = key_file(url).read_text()
    with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
        database.execute("DELETE FROM fingerprint_key")  # the process died between the two
    await mark(url)
    assert key_file(url).read_text() == text


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o400, False), (0o644, True), (0o620, True)])
async def test_a_key_file_that_others_can_read_is_warned_of_with_the_command_that_closes_it(url, caplog, mode, warned):
    await mark(url)
    key_file(url).chmod(mode)
    logging.getLogger("state").propagate = True
    await mark(url)
    said = [record.getMessage() for record in caplog.records]
    assert any(f"chmod 600 {key_file(url)}" in line for line in said) == warned


async def test_a_folder_that_takes_no_key_file_is_one_sentence(url):
    await mark(url)
    with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
        database.execute("DELETE FROM fingerprint_key")
    key_file(url).unlink()
    key_file(url).mkdir()
    with pytest.raises(StateError, match=r"key file .* cannot be read"):
        await mark(url)


async def test_a_new_key_drops_what_the_old_one_made_and_marks_what_was_begun(url, now):
    ledger = await Ledger.open(url)
    async with ledger.run("route") as run:
        await run.remember("s", [("a", "1"), ("b", "1")], None, now=now, relist=())
        one, _ = await run.claim(2, now)
        await run.intend(one.id, "create", now)
        run.done(one.id, "create", "far-1", now)
        run.done(one.id, f"party:{run.fingerprint('Acme')}", "added", now)
        run.done(one.id, "attributes", f'{{"currency": "{run.fingerprint("EUR")}"}}', now)
        await run.settle(one.id, status="delivered", at=now, event="delivered", external_id="far-1", payload_digest="d")
        with pytest.raises(RouteBusyError, match="is being run by process"):
            await Ledger.rekey(url)
    await ledger.close()
    key_file(url).unlink()
    assert await Ledger.rekey(url) == 1
    ledger = await Ledger.open(url)
    kept = await ledger.lookup("route", ["a", "b"])
    await ledger.close()
    assert kept["a"].steps.keys() == {"create", "rekeyed"}
    assert (kept["a"].external_id, kept["a"].payload_digest, kept["a"].version) == ("far-1", None, "")
    assert kept["b"].steps == {}
