"""A ledger on its way that is cut, altered, given up or killed: whole or not at all."""

import asyncio
import gzip
import os
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from state.errors import StateError
from tests.ledgers import KEY, rows
from tests.state.moving import care, carry, everything, files, fill, quietly


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.7, 0.999])
async def test_a_file_that_is_cut_leaves_the_ledger_as_it_was(url: str, tmp_path: Path, now: datetime, keep: float):
    await (await fill(url, now)).close()
    file = tmp_path / "file"
    await care(url, KEY).export(file, quietly)
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * keep)])
    before = everything(url)
    with pytest.raises(StateError, match=r"is damaged|is not a ledger"):
        await care(url, KEY).import_(file, quietly, replace=True)
    assert everything(url) == before


async def test_whatever_is_altered_in_a_file_is_noticed(tmp_path: Path, now: datetime):
    url, target = f"sqlite:///{tmp_path}/a.db", f"sqlite:///{tmp_path}/b.db"
    await (await fill(url, now)).close()
    file, bad = tmp_path / "file", tmp_path / "bad"
    await care(url, KEY).export(file, quietly)
    lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    for number in range(1, len(lines)):
        altered = [*lines[:number], lines[number].replace(b"a", b"e", 1), *lines[number + 1 :]]
        dropped = [*lines[:number], *lines[number + 1 :]]
        for some in (altered, dropped):
            if some == lines:
                continue
            bad.write_bytes(gzip.compress(b"".join(some)))
            with pytest.raises(StateError):
                await care(target, KEY).import_(bad, quietly, replace=False)
    assert not rows(target, "SELECT 1 FROM transfer")
    whole = bytearray(file.read_bytes())
    for place in range(30, len(whole), max(1, len(whole) // 40)):
        spoilt = bytes(whole[:place]) + bytes([whole[place] ^ 0x55]) + bytes(whole[place + 1 :])
        bad.write_bytes(spoilt)
        with pytest.raises(StateError):
            await care(target, KEY).import_(bad, quietly, replace=False)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b'"table":"transfer"', b'"table":""'),
        (b'"document_id"', b'""'),
        (b'"document_id"', b"7"),
        (b"\n[1,", b"\n[123456789012345678901234567890,"),
        (b"\n[1,", b"\n[" + b"[" * 100_000 + b"]" * 100_000 + b","),
        (b'"d0"', b'"\\ud800"'),
        (b'"kinds":["plain",', b'"kinds":["plain","bytes","bytes","bytes","bytes","bytes","bytes",'),
    ],
)
async def test_nothing_is_made_of_a_file_before_it_is_known_to_be_whole(
    url: str, tmp_path: Path, now: datetime, was: bytes, becomes: bytes
):
    await (await fill(url, now)).close()
    file = tmp_path / "file"
    await care(url, KEY).export(file, quietly)
    text = gzip.decompress(file.read_bytes())
    assert was in text
    file.write_bytes(gzip.compress(text.replace(was, becomes, 1)))
    before = everything(url)
    with pytest.raises(StateError, match="is damaged"):
        await care(url, KEY).import_(file, quietly, replace=True)
    assert everything(url) == before


async def test_an_import_that_is_given_up_leaves_an_empty_ledger(url: str, tmp_path: Path, now: datetime):
    source = f"sqlite:///{tmp_path}/source.db"
    await (await fill(source, now, documents=5000)).close()
    await care(source, KEY).export(tmp_path / "file", quietly)
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    importing = asyncio.create_task(
        care(url, KEY).import_(tmp_path / "file", lambda *_: loop.call_soon_threadsafe(begun.set), replace=False)
    )
    await begun.wait()
    importing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await importing
    assert not rows(url, "SELECT 1 FROM transfer")
    await carry(source, url, tmp_path / "file")
    assert everything(url) == everything(source)


_IMPORT = """
import asyncio, os, signal, sys
from pathlib import Path
from state import Vault
from state.care import Care
seen = 0
def die(done, of):
    global seen
    seen += 1
    if seen == 2:
        os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(Care(sys.argv[1], vault=Vault([sys.argv[3]])).import_(Path(sys.argv[2]), die, replace=False))
"""


async def test_an_import_that_is_killed_leaves_an_empty_ledger(url: str, tmp_path: Path, now: datetime):
    source = f"sqlite:///{tmp_path}/source.db"
    await (await fill(source, now, documents=6000)).close()
    file = tmp_path / "file"
    await care(source, KEY).export(file, quietly)
    killed = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", _IMPORT, url, str(file), KEY], check=False, env=os.environ
    )
    assert killed.returncode == -signal.SIGKILL
    assert not rows(url, "SELECT 1 FROM transfer")
    await care(url, KEY).import_(file, quietly, replace=False)
    assert everything(url) == everything(source)


async def test_an_export_that_cannot_be_finished_leaves_the_old_file(tmp_path: Path, now: datetime):
    url = f"sqlite:///{tmp_path}/a.db"
    await (await fill(url, now)).close()
    file = tmp_path / "file"
    file.write_text("yesterday's")

    def stop(_done: int, _of: int) -> None:
        raise StateError("enough")

    with pytest.raises(StateError, match="enough"):
        await care(url, KEY).export(file, stop)
    assert file.read_text() == "yesterday's"
    assert files(tmp_path) == ["file"]
    await care(url, KEY).export(file, quietly)
    assert file.stat().st_mode & 0o777 == 0o600
