"""Folders at real servers, over HTTP and SSH: what appears there and when, and what is said when it cannot."""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import asyncssh
import pytest

from connectors.contract import State
from connectors.errors import AccessError, TransientError
from connectors.folder import Settings, connect
from connectors.secrets import mask
from tests.connectors.folder.servers import PASSWORD, S3, USER, Sftp
from tests.connectors.memory_journal import MemoryJournal

PUSHER = Path(__file__).with_name("pusher.py")


async def opened(url, options):
    return (await connect("archive", Settings(url=url, options=json.dumps(options)))).destinations["documents"]


@pytest.fixture
def sftp(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    server = Sftp(tmp_path / "server", tmp_path / "home")
    yield server
    server.close()


@pytest.fixture
def s3():
    server = S3()
    yield server
    server.close()


@pytest.fixture(params=["s3", "sftp"])
def far(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
async def archive(far):
    return await opened(far.url, far.options)


def documents(far):
    """Return the names in the only folder that has any, with their bytes."""
    held = far.files()
    assert len({path.rpartition("/")[0] for path in held}) == 1, held
    return {path.rpartition("/")[2]: content for path, content in held.items()}


async def test_files_appear_before_the_sidecar_that_lists_them(far, archive, delivery, source_file, journal):
    files = [source_file(b"%PDF one", "a.pdf"), source_file(b"%PDF two", "b.pdf", "f2")]
    folder = await archive.push(delivery(*files), journal)
    held = documents(far)
    assert {held["a.pdf"], held["b.pdf"]} == {b"%PDF one", b"%PDF two"}
    listed = json.loads(held["document.json"])["files"]
    assert {one["name"]: one["sha256"] for one in listed} == {one.file.name: one.sha256 for one in files}
    assert far.published == [f"{folder}/{name}" for name in ("a.pdf", "b.pdf", "document.json")]
    assert (await archive.outcome(folder, journal)).state is State.ACCEPTED


async def test_a_login_of_this_programs_name_blanks_out_no_sentence_and_its_password_every_one(sftp):
    await opened(sftp.url, sftp.options)
    assert mask(f"run `docferry check` as {USER} with {PASSWORD}") == "run `docferry check` as docferry with ***"


async def test_a_repeat_leaves_the_same_bytes_under_the_same_names(far, archive, delivery, journal):
    await archive.push(delivery(), journal)
    before = far.files()
    journal.steps.pop("written")  # as after a kill
    await (await opened(far.url, far.options)).push(delivery(), journal)
    assert far.files() == before


async def test_a_change_replaces_files_and_removes_those_that_are_no_more(far, archive, delivery, source_file, journal):
    folder = await archive.push(delivery(source_file(b"1", "a.pdf"), source_file(b"2", "b.pdf", "f2")), journal)
    assert await archive.push(delivery(source_file(b"11", "a.pdf"), replaces=folder), journal) == folder
    held = documents(far)
    assert held.keys() == {"a.pdf", "document.json"}
    assert held["a.pdf"] == b"11"


@pytest.mark.parametrize("ending", ["invoice.pdf", "document.json"])
async def test_a_lost_answer_doubles_nothing_and_the_way_there_is_opened_anew(far, archive, delivery, journal, ending):
    far.loses = ending
    try:
        await archive.push(delivery(), journal)  # the driver may have asked again by itself
    except TransientError:
        await archive.push(delivery(), journal)
    assert far.loses is None
    assert documents(far).keys() == {"invoice.pdf", "document.json"}
    assert not far.leftovers()


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "..\\up.pdf", "a/b?c#d%2F.pdf", "con.pdf", "請求書 \x00\n.pdf", ".docferry.part", "x" * 300],
)
async def test_hostile_names_stay_in_the_folder_of_their_document(far, archive, delivery, source_file, journal, name):
    folder = await archive.push(delivery(source_file(b"1", name)), journal)
    held = far.files()
    assert {path.rpartition("/")[0] for path in held} == {folder}
    assert b"1" in held.values()
    listed = json.loads(held[f"{folder}/document.json"])["files"]
    assert listed[0]["original_name"] == name
    assert f"{folder}/{listed[0]['name']}" in held


async def test_wrong_credentials_are_one_sentence_that_does_not_quote_them(far, delivery, journal):
    far.lock()
    await (await opened(far.url, far.options)).push(delivery(), journal)
    archive = await opened(far.url, far.wrong)
    for work in (archive.push(delivery(), MemoryJournal()), archive.outcome("documents/gw-1", journal)):
        with pytest.raises(AccessError) as raised:
            await work
        assert str(raised.value) == (
            "archive: access is refused; check the credentials in the options, and their right to read and write there"
        )


async def test_a_place_that_is_not_there_is_no_empty_archive(far, archive, delivery, journal):
    folder = await archive.push(delivery(), journal)
    far.vanish()
    for work in (archive.outcome(folder, journal), archive.push(delivery(key="k2"), MemoryJournal())):
        with pytest.raises(TransientError, match="the bucket or folder is not there; make it"):
            await work


async def test_a_server_that_is_down_is_tried_again_later_and_then_reached(far, delivery, journal):
    archive = await opened(far.url, {**far.options, **nowhere(far)})
    with pytest.raises(TransientError) as raised:
        await archive.push(delivery(), journal)
    assert "sandbox" not in str(raised.value)
    assert await (await opened(far.url, far.options)).push(delivery(), journal)


def nowhere(far):
    if "port" in far.options:
        return {"port": 1}
    return {"endpoint_url": "http://127.0.0.1:1", "config_kwargs": {"retries": {"max_attempts": 0}}}


async def test_a_server_that_this_machine_does_not_know_is_not_told_the_password(sftp, delivery, journal):
    sftp.known(None)
    with pytest.raises(AccessError, match="is not known to this machine; add its key"):
        await (await opened(sftp.url, sftp.options)).push(delivery(), journal)
    sftp.known(asyncssh.generate_private_key("ssh-ed25519"))
    with pytest.raises(AccessError, match="shows another key"):
        await (await opened(sftp.url, sftp.options)).push(delivery(), journal)
    sftp.known(None)
    await (await opened(sftp.url, {**sftp.options, "host_key_policy": "auto_add"})).push(delivery(), journal)


@pytest.mark.parametrize(
    "wrong", [{"usrname": "nobody-by-that-name"}, {"key_filename": "/nowhere/id_ed25519", "password": None}]
)
async def test_options_that_cannot_be_right_are_one_sentence(sftp, delivery, journal, wrong):
    with pytest.raises(AccessError, match="the options are not what the driver takes, or name a file"):
        await (await opened(sftp.url, {**sftp.options, **wrong})).push(delivery(), journal)


async def test_without_any_credentials_one_is_told_so(s3, delivery, journal, monkeypatch):
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    archive = await opened(s3.url, {"endpoint_url": s3.endpoint})
    with pytest.raises(AccessError, match="there are no credentials"):
        await archive.push(delivery(), journal)


def pushing(far, size):
    """Push in a process of its own."""
    given = json.dumps({"url": far.url, "options": far.options, "size": size})
    return subprocess.Popen([sys.executable, PUSHER, given], stdout=subprocess.PIPE, text=True)


async def test_killed_in_mid_upload_nothing_of_the_file_is_seen_and_the_next_attempt_is_whole(
    far, archive, delivery, source_file, journal
):
    size = 40 << 20
    with pushing(far, size) as process:
        while not any("small" in name and name.endswith("document.json") for name in far.published):
            await asyncio.sleep(0.02)
            assert process.poll() is None
        start, far.slow = far.pieces, 0.2
        while far.pieces < start + 3:
            await asyncio.sleep(0.02)
            assert process.poll() is None
        assert not any("_big" in path for path in far.files())
        process.kill()
    far.slow = 0.0
    await asyncio.sleep(0.3)  # what was under way comes to its end
    assert not any("_big" in path for path in far.files())
    content = os.urandom(1 << 20)
    folder = await archive.push(delivery(source_file(content, "other.bin"), key="big", title="big"), journal)
    held = {path: one for path, one in far.files().items() if path.startswith(folder)}
    assert held[f"{folder}/other.bin"] == content
    assert len(held) == 2
    assert not far.leftovers()


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the peak of memory is only reset on Linux")
@pytest.mark.parametrize("size", [100 << 20, pytest.param(10**9, marks=[pytest.mark.soak, pytest.mark.timeout(600)])])
async def test_a_large_file_passes_in_bounded_memory(far, size):
    with pushing(far, size) as process:
        told = json.loads(await asyncio.to_thread(process.stdout.readline))
    assert told["growth_mib"] < 64, told
    assert hashlib.sha256(far.files()[f"{told['folder']}/big.bin"]).hexdigest() == told["sha256"]
