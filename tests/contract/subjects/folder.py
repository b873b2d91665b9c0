"""Folders for the contract suite: on a disk, and at an object store whose driver loses answers."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import uuid
import weakref
from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem

from connectors.answer import decode_json
from tests.contract.elsewhere import WIRE, Elsewhere
from tests.contract.subject import DestinationSubject, Held, HeldFile

SIDECAR = "document.json"
BY_HAND = "seen by hand.txt"
STORES = weakref.WeakValueDictionary()
"""The object stores that are open, by the name of their bucket."""
FREE = "a sidecar takes any keys"
TAKEN_AWAY = (
    "a folder does not tell a person from a program that took a document away: import folders are emptied by whoever "
    "reads them, and a change has to come again"
)
NO_SEARCH = "a folder shows what is in it at once; there is no search that could lag"
NO_DRIVER = (
    "there is nothing between docferry and the disk that could lose an answer; power cuts are tests of their own"
)


class Disk(Elsewhere):
    """A folder on this machine."""

    def __init__(self):
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        weakref.finalize(self, shutil.rmtree, self.root)

    @property
    def credentials(self):
        return {"url": str(self.root)}

    def state(self):
        """Show every file's bytes by its path."""
        files = (path for path in self.root.rglob("*") if path.is_file())
        return {"files": {path.relative_to(self.root).as_posix(): path.read_bytes() for path in files}}

    def remove(self, folder):
        shutil.rmtree(self.root / folder)


class Store(Disk):
    """A bucket, kept on a disk. Its driver fails where the faults say so, and quotes what it was given."""

    secret = "sandbox-store-secret-2e9c"

    def __init__(self):
        super().__init__()
        self.bucket = uuid.uuid4().hex
        STORES[self.bucket] = self

    @property
    def credentials(self):
        options = json.dumps({"bucket": self.bucket, "secret": self.secret})
        return {"url": f"staged://{self.bucket}", "options": options, "secret": self.secret}

    def failure(self, fault):
        kind = {401: PermissionError, 403: PermissionError, 404: FileNotFoundError}.get(fault.status, ConnectionError)
        return kind(fault.body or f"the store failed, called with {self.secret}")


class Driver(fsspec.AbstractFileSystem):
    """The driver of `staged://`, whose operations pass the store they belong to."""

    protocol = "staged"
    cachable = False

    def __init__(self, *, bucket, secret):
        super().__init__()
        assert secret == Store.secret
        self.store = STORES[bucket]
        self.disk = LocalFileSystem(auto_mkdir=True)

    def put_file(self, lpath, rpath):
        method = "PUT" if self._path(rpath).exists() else "POST"
        self._pass(f"{method} /{_kind(rpath)}", rpath, lambda path: self.disk.put_file(lpath, path))

    def cat_file(self, path):
        return self._pass(f"GET /{_kind(path)}", path, self.disk.cat_file)

    def info(self, path):
        return self._pass(f"GET /{_kind(path)}/size", path, self.disk.info)

    def ls(self, path, detail):
        return self._pass("GET /folder", path, lambda place: self.disk.ls(place, detail=detail))

    def rm_file(self, path):
        self._pass(f"DELETE /{_kind(path)}", path, self.disk.rm_file)

    def exists(self, path):
        return self._pass("GET /root", path, self.disk.exists)

    def makedirs(self, path, exist_ok):
        """Do nothing: an object store has no folders."""

    def _path(self, path):
        return self.store.root / path.removeprefix(self.store.bucket).strip("/")

    def _pass(self, endpoint, path, act):
        return self.store.passing(endpoint, lambda: act(str(self._path(path))))


def _kind(path):
    return "sidecar" if path.endswith(f"/{SIDECAR}") else "content"


fsspec.register_implementation("staged", Driver)


class _Folders(DestinationSubject):
    """What the two have in common."""

    provider = "folder"
    reading, creating = "GET /sidecar", "POST /sidecar"
    optional = "lines"
    takes_files_away = writes_again = True
    exempt = WIRE | {
        "test_a_payload_with_a_key_nobody_knows_is_refused_by_name": FREE,
        "test_a_record_that_a_person_dropped_is_not_made_again_by_an_update": TAKEN_AWAY,
        "test_a_search_that_lags_doubles_nothing": NO_SEARCH,
    }

    def payload(self, title, amount):
        return {"title": title, "amount": amount, "lines": [{"text": "one"}, {"text": "two"}]}

    def refused(self):
        return {"number": object()}, "number"

    def held(self, app):
        files = app.state()["files"]
        folders = sorted({path.rpartition("/")[0] for path in files if "/.docferry/" not in path})
        return [_held(folder, files) for folder in folders if f"{folder}/{SIDECAR}" in files]

    def finish(self, app):
        """Nothing is to be finished: what is published is there."""

    def add_to(self, app, external_id):
        (app.root / external_id / BY_HAND).write_text("seen")
        return BY_HAND

    def trash(self, app, external_id):
        app.remove(external_id)

    def lag(self, app, seconds):
        del app, seconds  # nothing here could lag


def _held(folder, files):
    inside = {path.rpartition("/")[2]: content for path, content in files.items() if path.startswith(f"{folder}/")}
    told = decode_json(inside.pop(SIDECAR))
    parts = [BY_HAND] if inside.pop(BY_HAND, None) else []
    held = [HeldFile(name, len(content), hashlib.sha256(content).hexdigest()) for name, content in inside.items()]
    assert {(one["name"], one["size"], one["sha256"]) for one in told["files"]} == {
        (one.name, one.size, one.sha256) for one in held
    }
    payload = told["payload"]
    return Held(folder, payload["title"], payload["amount"], held, (folder, repr(told), repr(held)), parts)


class OnDisk(_Folders):
    """A folder on a disk of this machine."""

    stream = "disk"
    exempt = _Folders.exempt | dict.fromkeys(
        (
            "test_a_lost_answer_doubles_nothing_whatever_call_it_was",
            "test_a_process_that_dies_at_any_request_loses_and_doubles_nothing",
            "test_a_provider_that_is_down_gets_the_document_later",
            "test_a_push_goes_on_where_it_stopped_whatever_step_failed",
            "test_a_read_that_fails_is_no_verdict_on_the_record",
            "test_a_lasting_fault_of_the_server_is_transient_and_ends",
            "test_an_update_whose_answers_are_lost_reaches_the_same_record_once",
            "test_errors_and_logs_tell_neither_secrets_nor_what_the_provider_echoes",
            "test_every_answer_may_be_lost_in_one_push",
            "test_every_request_is_counted",
            "test_many_calls_at_once_stay_within_the_limit",
            "test_one_404_is_no_proof_that_a_record_is_gone",
            "test_a_record_that_cannot_be_read_right_after_it_was_made_is_waited_for",
        ),
        NO_DRIVER,
    )

    def sandbox(self):
        return Disk()


class AtAStore(_Folders):
    """A folder in a bucket."""

    stream = "store"

    def sandbox(self):
        return Store()


SUBJECTS = (OnDisk(), AtAStore())
