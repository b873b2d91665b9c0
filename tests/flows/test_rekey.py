"""`docferry state rekey`: it changes nothing where the key is there, and asks before it drops what cannot be had back."""

from __future__ import annotations

import io
import sqlite3
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.flows.test_command import ROUTE
from tests.ledgers import KEY

STATE = Path(".docferry/state.db")
KEY_FILE = Path(".docferry/state.db.key")


def held() -> list[str]:
    """Return all rows of the ledger."""
    with sqlite3.connect(STATE) as database:
        return list(database.iterdump())


def count(table: str, what: str = "*") -> int:
    """Return how many rows a table has."""
    with sqlite3.connect(STATE) as database:
        return database.execute(f"SELECT count({what}) FROM {table}").fetchone()[0]


def said(ended) -> str:
    """Return what a command said on stderr, however its lines were broken."""
    return " ".join(ended.err.split())


@pytest.mark.parametrize("keys", ["", KEY])
@pytest.mark.parametrize("words", [(), ("--yes",)])
def test_where_the_key_is_there_nothing_is_changed_and_nothing_is_asked(accounts, docferry, monkeypatch, keys, words):
    if keys:
        monkeypatch.setenv("DOCFERRY_KEYS", keys)
    docferry("run", ROUTE)
    before, file = held(), KEY_FILE.exists() and KEY_FILE.read_text()
    ended = docferry("state", "rekey", *words)
    assert (ended.code, "nothing was changed" in " ".join(ended.out.split())) == (0, True)
    assert docferry("state", "rekey", *words, "--json").json == {"rekeyed": 0, "changed": False}
    assert (held(), KEY_FILE.exists() and KEY_FILE.read_text()) == (before, file)


def test_a_ledger_without_a_key_needs_no_other_one(empty, docferry):
    ended = docferry("state", "rekey", "--json")
    assert (ended.code, ended.json, KEY_FILE.exists()) == (0, {"rekeyed": 0, "changed": False}, False)


@pytest.mark.parametrize("here", [None, Fernet.generate_key().decode()], ids=["missing", "another"])
def test_keys_that_are_missing_only_in_this_shell_cost_nothing_unless_a_person_says_so(
    accounts, docferry, monkeypatch, here
):
    monkeypatch.setenv("DOCFERRY_KEYS", KEY)
    docferry("run", ROUTE)
    before, recorded, begun = held(), count("snapshot"), count("step", "DISTINCT transfer_id")
    assert recorded > begun > 0
    if here:
        monkeypatch.setenv("DOCFERRY_KEYS", here)
    else:
        monkeypatch.delenv("DOCFERRY_KEYS")
    for answer in ("n\n", ""):
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        ended = docferry("state", "rekey")
        assert (ended.code, "nothing was changed; answer y, or give --yes" in said(ended)) == (2, True)
        assert "DOCFERRY_KEYS" in said(ended)
        if not answer:  # else the person's own Enter ends the line
            assert "docferry: nothing was changed; answer y, or give --yes" in ended.err.splitlines()
        assert f"{recorded} recorded documents that no key here opens are dropped" in said(ended)
        assert f"{begun} documents are compared" in said(ended)
        assert held() == before
    monkeypatch.setenv("DOCFERRY_KEYS", KEY)
    again = docferry("run", ROUTE, "--json").json
    assert (again["delivered"], again["updated"]) == (0, 0)


def test_a_person_who_says_so_gets_the_new_key(accounts, docferry, monkeypatch):
    docferry("run", ROUTE)
    KEY_FILE.unlink()
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    ended = docferry("state", "rekey")
    assert (ended.code, "will be compared with the far end anew" in " ".join(ended.out.split())) == (0, True)
    assert KEY_FILE.exists()
    assert docferry("run", ROUTE).code in (0, 1)
    KEY_FILE.unlink()
    again = docferry("state", "rekey", "--yes", "--json").json
    assert (again["changed"], again["rekeyed"] > 0) == (True, True)


def test_a_key_file_that_this_user_may_not_read_is_not_lost(accounts, docferry, monkeypatch):
    docferry("run", ROUTE)
    KEY_FILE.rename(STATE.with_name("aside"))
    KEY_FILE.mkdir()  # root reads every file, but no folder as one
    ended = docferry("state", "rekey", "--yes")
    assert (ended.code, "cannot be read" in said(ended)) == (3, True)
    assert KEY_FILE.is_dir()
