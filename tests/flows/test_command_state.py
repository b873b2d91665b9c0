"""The `docferry` command and the key of the state: DOCFERRY_KEYS end to end, and what is said when a key is lost."""

import sqlite3
from pathlib import Path

from cryptography.fernet import Fernet

from tests.flows.test_command import ROUTE, contracts

KEY_FILE = Path(".docferry/state.db.key")


def rows(table):
    with sqlite3.connect(".docferry/state.db") as database:
        return database.execute(f"SELECT * FROM {table}").fetchall()


def held(accounts):
    """Return what a doubled step would change; statuses move by themselves."""
    kept = ("parties", "notes", "files", "tags", "binders")
    return {key: {name: one[name] for name in kept} for key, one in contracts(accounts).items()}


def test_with_keys_the_token_is_kept_encrypted_and_used_again(accounts, docferry, monkeypatch):
    key = Fernet.generate_key().decode()
    monkeypatch.setenv("DOCFERRY_KEYS", key)
    assert docferry("run", ROUTE, "--json").json["complete"]
    ((connection, encrypted, _),) = rows("token")
    assert connection == "hypatos"
    assert len(Fernet(key).decrypt(encrypted.encode())) > 20
    assert not KEY_FILE.exists()
    again = docferry("run", ROUTE, "--json").json
    assert (again["delivered"], again["updated"], again["complete"]) == (0, 0, True)
    monkeypatch.setenv("DOCFERRY_KEYS", Fernet.generate_key().decode())
    wrong = docferry("run", ROUTE)
    assert wrong.code == 2
    assert "put the one it was used with behind the new one" in " ".join(wrong.err.split())
    monkeypatch.delenv("DOCFERRY_KEYS")
    assert docferry("status").code == 2


def test_a_lost_key_file_stops_every_command_and_rekey_goes_on_without_doubling(accounts, docferry):
    assert docferry("run", ROUTE, "--json").json["complete"]
    before = held(accounts)
    KEY_FILE.unlink()
    for words in (("run", ROUTE), ("status",), ("explain", "x"), ("retry", ROUTE)):
        ended = docferry(*words)
        assert (ended.code, "docferry state rekey" in " ".join(ended.err.split())) == (2, True)
    assert docferry("state", "rekey", "--json").json["rekeyed"] > 0
    assert KEY_FILE.exists()
    assert docferry("run", ROUTE, "--json").json["complete"]
    assert held(accounts) == before
