"""What lies in the folder after a delivery, a repeat, a change, a fault."""

import errno
import hashlib
import json
import resource
import traceback
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from connectors.contract import Attachment, Delivery, Download, File, State
from connectors.errors import AccessError, RejectedError, TransientError
from connectors.folder import Settings, connect
from connectors.folder.destination import Folders
from connectors.folder.local import explained
from connectors.folder.remote import RemotePlace
from connectors.settings import SettingsError


def tree(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


async def test_a_document_becomes_a_folder_with_its_files_and_a_sidecar(anywhere, delivery, journal, source_file):
    first, second = source_file(b"%PDF one", "a.pdf"), source_file(b"%PDF two", "b.pdf", "f2")
    folder = await anywhere.push(delivery(first, second), journal)
    assert folder.startswith("documents/gw-")
    assert folder.endswith("_Müller_&_Söhne_発票_4711")
    assert await anywhere.names(folder) == {"a.pdf", "b.pdf", "document.json"}
    told = json.loads(await anywhere.place.read(f"{folder}/document.json"))
    assert [(one["name"], one["size"], one["sha256"]) for one in told["files"]] == [
        ("a.pdf", 8, first.sha256),
        ("b.pdf", 8, second.sha256),
    ]
    assert told["key"] == "hypatos_to_archive:d1"
    assert await anywhere.place.read(f"{folder}/b.pdf") == b"%PDF two"
    assert (await anywhere.outcome(folder, journal)).state is State.ACCEPTED


async def test_amounts_keep_every_digit(archive, delivery, journal, root):
    folder = await archive.push(delivery(), journal)
    text = (root / folder / "document.json").read_bytes()
    assert msgspec.json.Decoder(float_hook=Decimal).decode(text)["payload"]["amount"] == Decimal("12345678901234567.89")


async def test_what_json_cannot_say_is_refused_before_anything_is_written(archive, root):
    with pytest.raises(RejectedError):
        archive.check({"amount": Decimal("NaN")})
    assert not tree(root)


async def test_a_repeat_leaves_the_same_bytes_under_the_same_names(archive, delivery, journal, root):
    await archive.push(delivery(), journal)
    before = tree(root)
    journal.steps.pop("written")  # as after a kill
    await archive.push(delivery(), journal)
    assert tree(root) == before


async def test_a_folder_is_found_again_when_even_its_name_was_lost(anywhere, delivery, journal):
    folder = await anywhere.push(delivery(), journal)
    journal.steps = {"folder": (journal.now, None)}
    assert await anywhere.push(delivery(title="Another title"), journal) == folder


async def test_a_change_replaces_files_and_removes_those_that_are_no_more(anywhere, delivery, journal, source_file):
    old = [source_file(b"1", "a.pdf"), source_file(b"2", "b.pdf", "f2")]
    folder = await anywhere.push(delivery(*old), journal)
    new = delivery(source_file(b"11", "a.pdf"), replaces=folder, title="New title")
    assert await anywhere.push(new, journal) == folder
    assert await anywhere.names(folder) == {"a.pdf", "document.json"}
    assert await anywhere.place.read(f"{folder}/a.pdf") == b"11"


async def test_what_people_put_beside_the_files_stays(archive, delivery, journal, root, source_file):
    folder = await archive.push(delivery(), journal)
    (root / folder / "note.txt").write_text("paid")
    await archive.push(delivery(source_file(b"1", "c.pdf"), replaces=folder), journal)
    assert {path.name for path in (root / folder).iterdir()} == {"c.pdf", "document.json", "note.txt"}


@pytest.mark.parametrize(
    "failure", [TransientError("cut", connection="hypatos"), RejectedError("no such file", connection="hypatos")]
)
async def test_a_fault_of_the_source_leaves_the_folder_as_it_was(
    archive, delivery, journal, root, source_file, failure
):
    folder = await archive.push(delivery(source_file(b"old", "a.pdf")), journal)
    before = tree(root)
    broken = delivery(source_file(b"new", "a.pdf"), source_file(b"xy" * 2**20, "b.pdf", "f2", failure=failure))
    with pytest.raises(type(failure)) as raised:
        await archive.push(replace(broken, replaces=folder), journal)
    assert raised.value.connection == "hypatos"
    assert tree(root) == before


async def test_a_folder_that_somebody_deleted_is_gone_but_not_for_sure(archive, delivery, journal, root):
    folder = await archive.push(delivery(), journal)
    (root / folder / "document.json").unlink()
    outcome = await archive.outcome(folder, journal)
    assert (outcome.state, outcome.sure) == (State.GONE, False)


async def test_a_disk_that_is_not_mounted_is_no_empty_archive(tmp_path, delivery, journal):
    archive = (await connect("archive", Settings(url=str(tmp_path / "mnt")))).destinations["documents"]
    for work in (archive.push(delivery(), journal), archive.outcome("documents/gw-1", journal)):
        with pytest.raises(TransientError, match="is not there; mount or make it"):
            await work
    assert not (tmp_path / "mnt").exists()
    (tmp_path / "mnt").mkdir()  # the mount's place, empty
    with pytest.raises(TransientError, match="is not there; mount or make it"):
        await archive.outcome("documents/gw-1", journal)


async def test_a_full_disk_is_one_sentence_and_leaves_nothing_behind(archive, delivery, journal, root, source_file):
    big = source_file(b"x" * 3_000_000, "big.pdf")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))  # stands for the end of the disk
    try:
        with pytest.raises(TransientError) as raised:
            await archive.push(delivery(big), journal)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert str(raised.value) == "archive: the disk failed (File too large)"
    assert raised.value.arrived == "no"
    assert not tree(root)
    await archive.push(delivery(big), journal)
    assert len(tree(root)) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
async def test_no_space_left_is_said_in_words_for_a_person(archive):
    def fill():
        with explained("archive"), Path("/dev/full").open("wb", buffering=0) as full:
            full.write(b"x")

    with pytest.raises(TransientError, match="the disk is full; free some space"):
        fill()
    with pytest.raises(AccessError), explained("archive"):
        raise OSError(errno.EROFS, "Read-only file system")


def test_a_fault_does_not_quote_the_path_and_with_it_a_title():
    with pytest.raises(TransientError) as raised, explained("archive"):
        raise OSError(errno.EIO, "Input/output error", "gw-1_Acme_4711/invoice.pdf")
    assert "4711" not in "".join(traceback.format_exception(raised.value))


async def test_a_hundred_megabytes_pass_in_bounded_memory(archive, journal, root):
    piece, count = b"p" * 2**18, 400

    async def chunks():
        for _ in range(count):
            yield piece

    @asynccontextmanager
    async def open_it():
        yield Download(chunks(), len(piece) * count, None, "application/pdf")

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    folder = await archive.push(
        Delivery("k", {"title": "big"}, [Attachment(File("f", "big.pdf", "application/pdf"), open_it)]), journal
    )
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert (root / folder / "big.pdf").stat().st_size == 100 * 2**20
    assert grown < 20 * 2**10, f"{grown} KiB more"


class Cutting(MemoryFileSystem):
    """A driver that loses the end of every file."""

    cachable = False

    def put_file(self, lpath, rpath, **_):
        self.pipe_file(rpath, Path(lpath).read_bytes()[:-1])


async def test_a_cut_upload_is_noticed(delivery, journal):
    archive = Folders(RemotePlace("archive", Cutting, "/cut", renames=False), "documents", ["title"])
    with pytest.raises(TransientError, match="bytes were sent and"):
        await archive.push(delivery(), journal)


async def test_settings_are_read_and_wrong_ones_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, value in {"URL": "s3://bucket/x", "OPTIONS": "[1]"}.items():
        monkeypatch.setenv(f"ARCHIVE_{name}", value)
    with pytest.raises(SettingsError, match="ARCHIVE_OPTIONS is wrong: must be a JSON object"):
        Settings.load("archive")
    with pytest.raises(SettingsError, match="install smbprotocol"):
        await connect("archive", Settings(url="smb://host/share"))
    with pytest.raises(SettingsError, match="cannot be opened"):
        await connect("archive", Settings(url="nonsense://x"))


async def test_check_tells_whether_the_folder_is_there(root, tmp_path):
    assert "the folder is there" in await (await connect("archive", Settings(url=str(root)))).check()
    assert "still empty" in await (await connect("archive", Settings(url="memory://nowhere-yet"))).check()
    with pytest.raises(TransientError):
        await (await connect("archive", Settings(url=str(tmp_path / "no")))).check()


async def test_the_id_is_short_and_without_blanks_since_sources_keep_it(archive, delivery, journal):
    folder = await archive.push(delivery(title="A very  long\ttitle, " * 20), journal)
    assert len(folder) < 100
    assert not any(sign.isspace() for sign in folder)
    bare = await archive.push(delivery(key="k2", title=None), type(journal)())
    assert bare == f"documents/gw-{hashlib.sha256(b'k2').hexdigest()[:16]}"
